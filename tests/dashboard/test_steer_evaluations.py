"""Requests to evaluate and ratings, as the dashboard writes them."""

import pytest

from core.errors import ConfigError
from core.worker import launcher
from dashboard import services, steer
from tests import run_log


@pytest.fixture
def started(monkeypatch):
    """Runs for which a worker was started."""
    found = []
    monkeypatch.setattr(launcher, "start", lambda run, *_, **__: found.append(run))
    return found


def test_an_ended_run_is_taken_up_for_a_request_and_its_search_stays_ended(store, started):
    run, *_ = run_log.iris_run(store)
    state = run_log.replay(store, run)
    assert steer.evaluate(run, [state.baseline], "test", examples=5, repeats=2) == 0
    assert steer.evaluate(run, [state.best], "validation", max_calls=30) == 1
    assert started == [run, run]
    state = run_log.replay(store, run)
    assert (state.status, state.returns_to.status) == ("queued", "finished")
    view = services.run_view(run).results.steering
    assert [each.end for each in view.evaluations] == [None, None]
    assert [(each.part, each.max_calls) for each in view.evaluations] == [
        ("test", None),
        ("validation", 30),
    ]
    assert [each.undo for each in view.decisions[-2:]] == ["possible", "possible"]
    for each in view.evaluations:
        assert steer.undo(run, each.seq)
    assert run_log.replay(store, run).status == "finished"
    assert not steer.undo(run, view.evaluations[0].seq)
    view = services.run_view(run).results.steering
    assert [each.end for each in view.evaluations] == ["cancelled", "cancelled"]


def test_a_running_run_needs_no_other_worker(store, started):
    run, *_ = run_log.iris_run(store, "search")
    assert steer.evaluate(run, [run_log.replay(store, run).baseline], "test") == 0
    assert started == []


def test_a_run_that_is_taken_up_is_reopened_for_its_search(store, started):
    run, *_ = run_log.iris_run(store)
    steer.evaluate(run, [run_log.replay(store, run).baseline], "test", repeats=2)
    steer.reopen(run)
    state = run_log.replay(store, run)
    assert (state.returns_to, state.phase) == (None, "search")
    assert started == [run, run]


def test_what_cannot_be_evaluated_is_refused_and_nothing_is_written(store, started):
    run, *_ = run_log.iris_run(store)
    before = store.run(run).seq
    with pytest.raises(ConfigError, match="no candidate 'nobody'"):
        steer.evaluate(run, ["nobody"], "test")
    assert (store.run(run).seq, started) == (before, [])


def test_an_answer_is_rated_rated_again_and_the_rating_taken_back(store, started):
    run, *_ = run_log.iris_run(store)
    state = run_log.replay(store, run)
    example = next(iter(state.test_results[state.best]))

    def rated():
        return [
            (each.thumbs, each.score, each.comment)
            for each in services.run_view(run).results.steering.ratings.values()
        ]

    steer.rate(run, state.best, example, "test", thumbs="up", comment="  Right. ")
    assert rated() == [("up", None, "Right.")]
    steer.rate(run, state.best, example, "test", score=0.5)
    assert rated() == [(None, 0.5, "")]
    decisions = services.run_view(run).results.steering.decisions
    assert [each.undo for each in decisions[-2:]] == ["no longer in force", "possible"]
    assert steer.undo(run, decisions[-1].seq)
    assert rated() == [("up", None, "Right.")]
    steer.rate(run, state.best, example, "test")
    assert rated() == []
    assert started == []
    assert run_log.replay(store, run).status == "finished"
    with pytest.raises(ConfigError, match="has no answer"):
        steer.rate(run, state.best, "no such", "test", thumbs="up")
