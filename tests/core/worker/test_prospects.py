import numpy as np

from core.runs.snapshot import LevelEffect
from core.search.pool import Choices
from core.search.space import SearchSpace
from core.search.surrogate import Surrogate
from core.worker.prospects import ALL_CELLS, CELLS, CONSIDERED, considered, grids


def space_of(predictors=2, instructions=3, demo_sets=3):
    names = tuple(f"p{number}" for number in range(predictors))
    return SearchSpace(
        predictors=names,
        instructions={name: tuple(f"i{n}" for n in range(instructions)) for name in names},
        demo_sets={name: tuple(f"d{n}" for n in range(demo_sets)) for name in names},
    )


def learnt(space, tried=20):
    """A surrogate for which instruction 1 of the last predictor is better than the others."""
    surrogate, rng = Surrogate(len(space.sizes)), np.random.default_rng(0)
    seen = set()
    for _ in range(tried):
        levels = tuple(int(rng.integers(size)) for size in space.sizes)
        seen.add(levels)
        for example in range(10):
            good = levels[-2] == 1
            surrogate.observe(levels, str(example), float(rng.random() < (0.9 if good else 0.4)))
    surrogate.fit(sweeps=8)
    return surrogate, seen


def effects_of(space, surrogate):
    found = []
    for each in surrogate.effects(space.sizes):
        part = "demo_set" if each.variable % 2 else "instruction"
        name = space.predictors[each.variable // 2]
        ids = (space.demo_sets if each.variable % 2 else space.instructions)[name]
        found.append(
            LevelEffect(predictor=name, part=part, id=ids[each.level], mean=each.mean, sd=each.sd)
        )
    return found


def made_grids(space, best=None):
    surrogate, _ = learnt(space)
    best = best or (0,) * len(space.sizes)
    return surrogate, grids(surrogate, space, best, effects_of(space, surrogate))


def test_a_cell_is_the_prediction_for_the_recommended_candidate_with_these_two_choices():
    space = space_of()
    surrogate, found = made_grids(space, best=(2, 1, 1, 0))
    grid = next(each for each in found if each.predictor == "p0")
    predicted = surrogate.predict([(0, 2, 1, 0)])
    assert abs(grid.mean[0][2] - predicted.mean[0]) < 0.001
    assert abs(grid.sd[0][2] - predicted.sd[0]) < 0.001


def test_the_predictor_with_the_largest_effects_comes_first():
    _, found = made_grids(space_of())
    assert [each.predictor for each in found] == ["p1", "p0"]


def test_a_predictor_without_a_choice_has_no_grid():
    assert made_grids(space_of(instructions=1, demo_sets=1))[1] == ()


def test_large_grids_keep_their_largest_effects_and_the_recommended_choices():
    space = space_of(predictors=1, instructions=60, demo_sets=30)
    surrogate, (grid,) = made_grids(space, best=(37, 23))
    assert len(grid.instructions) * len(grid.demo_sets) <= CELLS
    assert not grid.complete
    assert "i37" in grid.instructions
    assert "d23" in grid.demo_sets
    effects = {(each.part, each.id): abs(each.mean) for each in effects_of(space, surrogate)}
    largest = max(space.instructions["p0"], key=lambda id_: effects["instruction", id_])
    assert largest in grid.instructions


def test_all_grids_together_stay_small():
    _, found = made_grids(space_of(predictors=12, instructions=18, demo_sets=18))
    assert sum(len(each.instructions) * len(each.demo_sets) for each in found) <= ALL_CELLS


def test_what_is_considered_was_not_tried_is_permitted_and_comes_most_promising_first():
    space = space_of()
    surrogate, seen = learnt(space)
    choices = Choices(sizes=space.sizes, bans=frozenset({((0, 0),)}))
    found = considered(surrogate, space, choices, seen)
    levels = [space.levels(each.candidate) for each in found]
    assert len(found) == CONSIDERED
    assert not seen & set(levels)
    assert all(choices.allows(each) for each in levels)
    reach = [each.predicted.mean + 1.64 * each.predicted.sd for each in found]
    assert all(a >= b - 0.001 for a, b in zip(reach, reach[1:], strict=False))
    assert levels[0][2] == 1


def test_a_large_space_is_searched_for_promising_candidates_too():
    space = space_of(predictors=3, instructions=12, demo_sets=12)
    surrogate, seen = learnt(space, tried=60)
    found = considered(surrogate, space, Choices(sizes=space.sizes), seen)
    assert len(found) == CONSIDERED
    assert space.levels(found[0].candidate)[4] == 1


def test_nothing_is_considered_where_nothing_is_permitted():
    space = space_of(predictors=1, instructions=2, demo_sets=2)
    surrogate, seen = learnt(space, tried=2)
    closed = Choices(sizes=space.sizes, bans=frozenset({((0, 0),), ((0, 1),)}))
    assert considered(surrogate, space, closed, seen) == ()
