import numpy as np
import pytest

from core.search.additive import Layout
from core.search.pool import Choices, large_pool, latin_hypercube

SIZES = (6, 9, 6, 9)


def pool_of(choices, *, seed=0, visited=()):
    layout, rng = Layout(choices.sizes), np.random.default_rng(seed)
    functions = rng.normal(0, 1, (13, layout.width))
    return large_pool(choices, layout, functions, list(visited), rng), layout, functions


def test_a_large_pool_holds_distinct_candidates_of_the_space():
    visited = [(0, 0, 0, 0), (1, 1, 1, 1)]
    pool, _, _ = pool_of(Choices(sizes=SIZES), visited=visited)

    assert pool[:2] == visited
    assert len(pool) == len(set(pool))
    assert 40 <= len(pool) <= 160
    assert all(0 <= level < size for c in pool for level, size in zip(c, SIZES, strict=True))


def test_a_large_pool_holds_a_peak_of_the_mean_and_what_is_one_change_away():
    pool, layout, functions = pool_of(Choices(sizes=SIZES))
    scores = functions[0, layout.entries(np.array(pool))].sum(axis=1)
    peak = pool[int(scores.argmax())]
    one_change = [c for c in pool if sum(a != b for a, b in zip(c, peak, strict=True)) == 1]

    assert len(one_change) >= 20


def test_pins_and_bans_hold_in_pools_designs_and_lists():
    bans = frozenset({((1, 4),), ((2, 0), (3, 0))})
    choices = Choices(sizes=SIZES, pins={0: 3}, bans=bans)
    design = latin_hypercube(choices, 18, np.random.default_rng(0))
    for candidate in [*pool_of(choices)[0], *design, *choices.every()]:
        assert candidate[0] == 3
        assert candidate[1] != 4
        assert not (candidate[2] == 0 and candidate[3] == 0)
    assert choices.count == 8 * 6 * 9
    assert len(choices.every()) == 8 * 6 * 9 - 8


@pytest.mark.parametrize(
    ("candidate", "allowed"),
    [((3, 0, 0), True), ((2, 0, 0), False), ((3, 1, 0), False), ((3, 0, 9), False)],
)
def test_a_candidate_is_allowed_inside_the_space_within_the_pins_and_not_banned(candidate, allowed):
    choices = Choices(sizes=(4, 3, 3), pins={0: 3}, bans=frozenset({((1, 1),)}))
    assert choices.allows(candidate) is allowed


def test_a_latin_hypercube_has_every_level_about_equally_often():
    design = latin_hypercube(Choices(sizes=(6, 12)), 12, np.random.default_rng(0))
    assert sorted(levels[1] for levels in design) == list(range(12))
    assert all(sum(levels[0] == level for levels in design) == 2 for level in range(6))
