import itertools
from collections import Counter

from core.search.observation import Observation
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
