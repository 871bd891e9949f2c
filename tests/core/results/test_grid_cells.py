import pytest

from core.results.run_results import run_results
from core.runs.snapshot import Belief, Grid, RunSummary, Snapshot
from core.storage.memory import MemoryStore
from tests import run_log

PLAN = run_log.Plan()


@pytest.fixture(scope="module")
def state():
    return run_log.state_of(run_log.events(PLAN, "search"))


def results_with(state, recommended):
    config = run_log.iris_config(MemoryStore(), PLAN)
    belief = Belief(recommended=recommended, near_best=0.5)
    snapshot = Snapshot(seq=1, summary=RunSummary(status="running"), belief=belief)
    return run_results(state, config, snapshot)


def grid_of(state):
    name = "answer.predict"
    instructions, demo_sets = tuple(state.instructions[name]), tuple(state.demo_sets[name])
    numbers = tuple((0.5,) * len(demo_sets) for _ in instructions)
    return Grid(
        predictor=name, instructions=instructions, demo_sets=demo_sets, mean=numbers, sd=numbers,
        complete=True,
    )  # fmt: skip


def test_a_cell_is_the_recommended_candidate_with_two_choices_changed(state):
    results, grid = results_with(state, state.baseline), grid_of(state)
    candidate = results.candidate_at(grid, 2, 1)
    own = state.candidates[state.baseline].choices
    assert candidate.choices["ask.predict"] == own["ask.predict"]
    assert candidate.choices["answer.predict"].instruction == grid.instructions[2]
    assert candidate.choices["answer.predict"].demo_set == grid.demo_sets[1]
    assert results.grid_ids(grid)[2][1] == candidate.id


def test_a_cell_counts_the_examples_of_its_own_candidate_only(state):
    results, grid = results_with(state, state.baseline), grid_of(state)
    counts, ids = results.grid_counts(grid), results.grid_ids(grid)
    assert ids[0][0] == state.baseline
    assert counts[0][0] == len(PLAN.val)
    for row, own in zip(counts, ids, strict=True):
        for count, candidate in zip(row, own, strict=True):
            assert count == len(state.results.get(candidate, {}))


def test_without_a_recommended_candidate_no_cell_has_one(state):
    results, grid = results_with(state, None), grid_of(state)
    for asked in (results.grid_ids, results.grid_counts, lambda it: results.candidate_at(it, 0, 0)):
        with pytest.raises(KeyError):
            asked(grid)
