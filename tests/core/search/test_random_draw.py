import itertools
from collections import Counter

from core.search.observation import Observation
from core.search.pool import Choices
from core.search.random_draw import draw_candidate

SIZES = (2, 3)
EVERY = frozenset(itertools.product(range(2), range(3)))


def test_every_candidate_is_equally_likely_whatever_was_observed():
    seen = [Observation(levels=(0, 0), mean=1.0)]
    drawn = Counter(draw_candidate(SIZES, seen, seed=seed) for seed in range(1200))
    assert set(drawn) == EVERY
    assert max(drawn.values()) < 1.4 * min(drawn.values())


def test_an_exhausted_candidate_is_never_drawn():
    left = (1, 2)
    for seed in range(20):
        assert draw_candidate(SIZES, [], exhausted=EVERY - {left}, seed=seed) == left


def test_an_exhausted_space_has_no_next_candidate():
    assert draw_candidate(SIZES, [], exhausted=EVERY, seed=0) is None


def test_the_last_candidate_of_a_large_space_is_found():
    sizes = (40, 40)
    every = frozenset(itertools.product(range(40), range(40)))
    assert draw_candidate(sizes, [], exhausted=every - {(7, 9)}, seed=3) == (7, 9)


def test_only_what_may_be_chosen_is_drawn_each_as_often():
    choices = Choices(sizes=SIZES, bans=frozenset({((0, 0), (1, 2)), ((1, 0),)}))
    drawn = Counter(draw_candidate(SIZES, [], choices=choices, seed=seed) for seed in range(900))
    assert set(drawn) == {(0, 1), (1, 1), (1, 2)}
    assert max(drawn.values()) < 1.4 * min(drawn.values())


def test_a_huge_space_of_which_almost_all_is_frozen_is_not_listed():
    sizes = (30,) * 8
    choices = Choices(sizes=sizes, pins=dict.fromkeys(range(7), 4))
    assert draw_candidate(sizes, [], choices=choices, seed=0)[:7] == (4,) * 7


def test_a_huge_space_in_which_nothing_is_found_has_no_next_candidate():
    sizes = (30,) * 8
    bans = frozenset(((0, one), (1, two)) for one in range(30) for two in range(30))
    assert draw_candidate(sizes, [], choices=Choices(sizes=sizes, bans=bans), seed=0) is None
