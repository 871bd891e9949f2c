"""Refusals that come from load are told from those that come whatever the load."""

import pytest

from core.lm.refusals import Refusals


def slid(*, limit, every, requests=2000):
    """Refuses one request in `every`; (refusals, lowest limit, limit it came back to)."""
    refusals = Refusals()
    for sent in range(every, requests, every):
        refusals.count(sent, sent)
        top = refusals.top(sent, limit)
        if top is not None:
            return refusals, limit, top
        if refusals.are_too_many(sent, held=False):
            refusals.fell(sent, limit)
            limit = max(1, limit - 1)
    return refusals, limit, None


def test_a_share_that_stays_while_the_limit_falls_is_usual_and_the_limit_returns():
    refusals, lowest, top = slid(limit=40, every=20)
    assert top == 39, "the first fall may have been a right one"
    assert 30 <= lowest <= 34
    assert refusals.usual == pytest.approx(0.05)
    assert not refusals.are_too_many(2000, held=False)


def test_the_larger_the_share_the_further_the_limit_falls_before_it_is_believed():
    lowest = [slid(limit=40, every=every)[1] for every in (5, 10, 20)]
    assert lowest == sorted(set(lowest))


def test_half_of_all_requests_refused_is_never_usual():
    refusals, lowest, top = slid(limit=40, every=2)
    assert (refusals.usual, lowest, top) == (0.0, 1, None)


def test_where_nothing_gets_through_is_a_wall_and_no_share():
    refusals = Refusals()
    for sent in range(1, 5):
        refusals.count(sent, sent)
        assert refusals.are_too_many(sent, held=False)
        refusals.fell(sent, 10)
    assert refusals.meet_a_wall(4)
    assert not refusals.meet_a_wall(4), "it begins anew"


def test_a_limit_that_holds_for_long_begins_anew():
    refusals = Refusals()
    for sent in range(50, 2000, 50):
        refusals.count(sent, sent)
        assert refusals.top(sent, 3) is None
        refusals.fell(sent, 3)
        refusals.ended()
    assert refusals.usual == 0.0


def test_usual_refusals_that_fail_to_come_are_usual_no_more():
    refusals = Refusals(usual=0.05)
    refusals.count(150, 150)
    assert refusals.usual == 0.05
    refusals.count(400, 400)
    assert refusals.usual == 0.0
