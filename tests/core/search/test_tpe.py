import itertools
from collections import Counter

import numpy as np
import optuna
import pytest

from core.search.pool import Choices
from core.search.tpe import STARTUP, Observation, suggest

SIZES = (4, 5)
SPACE = list(itertools.product(*map(range, SIZES)))


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def quality(levels):
    """Best at (3, 2); each level counts by itself."""
    return 0.2 * (levels[0] == 3) + 0.3 * (levels[1] == 2) + 0.1 * (levels[0] == 2)


def observed(count, seed=0):
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(len(SPACE))[:count]
    return [Observation(levels=SPACE[i], mean=quality(SPACE[i])) for i in drawn]


def test_the_answer_depends_on_the_arguments_alone():
    seen = observed(15)
    answers = {
        suggest(SIZES, seen, pending=[(0, 0)], exhausted=frozenset({(1, 1)}), seed=5)
        for _ in range(3)
    }
    assert len(answers) == 1


def test_other_seeds_give_other_answers():
    assert len({suggest(SIZES, [], seed=seed) for seed in range(20)}) > 5


@pytest.mark.parametrize("seed", range(5))
def test_every_level_of_the_space_can_be_named(seed):
    levels = suggest(SIZES, observed(3, seed), seed=seed)
    assert levels in SPACE


def test_a_space_of_one_candidate_that_is_exhausted_ends_the_search():
    assert suggest((1, 1), [], seed=0) == (0, 0)
    seen = [Observation(levels=(0, 0), mean=0.5)]
    assert suggest((1, 1), seen, exhausted=frozenset({(0, 0)}), seed=0) is None


def test_the_last_candidate_that_is_left_is_named_and_then_none():
    last = (2, 3)
    exhausted = frozenset(SPACE) - {last}
    assert suggest(SIZES, observed(20), exhausted=exhausted, seed=1) == last
    assert suggest(SIZES, observed(20), exhausted=frozenset(SPACE), seed=1) is None


def test_a_fully_evaluated_candidate_is_never_named_again_however_good_it_is():
    best = (3, 2)
    named = [
        suggest(SIZES, observed(20), exhausted=frozenset({best}), seed=seed) for seed in range(15)
    ]
    assert best not in named


def test_good_levels_are_named_more_often_than_chance_once_there_is_something_to_learn():
    named = Counter(suggest(SIZES, observed(18), seed=seed) for seed in range(40))
    good = sum(count for levels, count in named.items() if levels[1] == 2 or levels[0] == 3)
    assert good / 40 > 8 / 20 + 0.15


def test_the_first_ten_candidates_are_drawn_at_random():
    few = observed(STARTUP - 1)
    named = {suggest(SIZES, few, seed=seed) for seed in range(25)}
    worst = [levels for levels in named if quality(levels) == 0.0]
    assert len(worst) >= 3


def test_what_is_being_tried_is_counted_as_poor_meanwhile():
    seen = observed(18)
    favourite = Counter(suggest(SIZES, seen, seed=s) for s in range(30)).most_common(1)[0][0]
    alone = sum(suggest(SIZES, seen, seed=s) == favourite for s in range(30))
    crowd = [favourite] * 8
    busy = sum(suggest(SIZES, seen, pending=crowd, seed=s) == favourite for s in range(30))
    assert busy < alone


def test_asking_changes_neither_the_observations_nor_the_callers_random_numbers():
    seen = observed(12)
    before, state = list(seen), np.random.get_state()[1].copy()
    suggest(SIZES, seen, seed=3)
    assert seen == before
    assert (np.random.get_state()[1] == state).all()


NARROW = Choices(
    sizes=SIZES, bans=frozenset({((1, 0),), ((0, 3), (1, 2)), ((0, 3), (1, 4))}), pins={0: 3}
)
"""Only (3, 1) and (3, 3)."""


@pytest.mark.parametrize("count", [0, 18])
def test_only_what_may_be_chosen_is_named(count):
    named = {suggest(SIZES, observed(count), choices=NARROW, seed=seed) for seed in range(30)}
    assert named == {(3, 1), (3, 3)}


def test_what_is_left_of_what_may_be_chosen_is_named_and_then_none():
    one, two = frozenset({(3, 1)}), frozenset({(3, 1), (3, 3)})
    assert suggest(SIZES, observed(18), choices=NARROW, exhausted=one, seed=0) == (3, 3)
    assert suggest(SIZES, observed(18), choices=NARROW, exhausted=two, seed=0) is None


def test_where_every_level_is_ruled_out_nothing_is_named():
    closed = Choices(sizes=SIZES, bans=frozenset(((0, level),) for level in range(4)))
    assert suggest(SIZES, observed(18), choices=closed, seed=0) is None


def test_what_was_learnt_is_used_where_some_of_it_is_ruled_out():
    """Level 3 of the first variable is closed; level 2 of the second remains the best."""
    some = Choices(sizes=SIZES, bans=frozenset({((0, 3),)}))
    named = Counter(suggest(SIZES, observed(18), choices=some, seed=seed) for seed in range(40))
    assert all(levels[0] != 3 for levels in named)
    assert sum(count for levels, count in named.items() if levels[1] == 2) > 40 / 5 + 4


def test_it_beats_random_search_on_average_at_the_same_number_of_trials():
    sizes, trials = (6, 6, 6), 40

    def value(levels):
        return sum(level == best for level, best in zip(levels, (1, 4, 2), strict=True)) / 3

    def best_after(seed, learns):
        rng = np.random.default_rng(seed)
        seen = {}
        for trial in range(trials):
            levels = (
                suggest(
                    sizes,
                    [Observation(levels=k, mean=v) for k, v in seen.items()],
                    seed=1000 * seed + trial,
                )
                if learns
                else tuple(int(rng.integers(size)) for size in sizes)
            )
            seen[levels] = value(levels)
        return max(seen.values())

    learnt = np.mean([best_after(seed, True) for seed in range(6)])
    random = np.mean([best_after(seed, False) for seed in range(6)])
    assert learnt > random
