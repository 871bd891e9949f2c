"""Every template optimized end to end with the offline model on its bundled data."""

import pytest

from core.programs.registry import templates
from core.runs.events import ExampleScored
from core.runs.preparation import prepare
from core.runs.scores import test_scores as held_out_scores
from core.runs.scores import val_scores
from core.search.budget import Budget
from core.storage.memory import MemoryStore
from core.worker.session import work
from tests.exported_runs import config_of

TINY = Budget(
    name="exact", instructions=2, demo_sets=2, trials=2, minibatch=6, full_every=2, val_cap=10
)
GAINS = ["classification", "extraction", "iris", "iris_typo", "routing", "summarization"]
"""Programs that even the offline matcher gets better at with a few demos."""


def optimized(name, **changes):
    store = MemoryStore()
    settings = {"budget": TINY, "concurrency": 1, **changes}
    config = config_of(store, name, **settings)
    task = prepare(config, store)
    config = config.model_copy(update={"max_calls": task.estimate(config).total})
    run_id = store.create(config)
    return work(run_id, store, cache=None), task, config, (run_id, store)


def calls_of_examples(run_id, store):
    """LM calls of each scored example, those answered from the cache included."""
    events = [record.event for record in store.since(run_id, 0)]
    return [e.usage.calls + e.usage.cached for e in events if isinstance(e, ExampleScored)]


def mean(scores):
    return sum(scores.values()) / len(scores)


@pytest.mark.parametrize("name", templates())
def test_every_program_is_optimized_from_start_to_end_within_its_announced_calls(name):
    state, task, config, (run_id, store) = optimized(name)
    assert state.status == "finished", state.message
    results = [r for own in state.results.values() for r in own.values()]
    assert all(result.failure is None for result in results)
    assert state.usage.calls <= task.estimate(config).total
    assert max(calls_of_examples(run_id, store)) <= task.template.calls_per_run
    assert state.best is not None
    assert {info.name for info in task.predictors} == set(state.candidates[state.best].choices)
    program = store.traces(run_id, ["program"])["program"]
    assert "Source:" in program
    assert "class " in program


@pytest.mark.parametrize("name", GAINS)
def test_a_tiny_search_finds_something_better_on_held_out_examples(name):
    budget = TINY.model_copy(update={"demo_sets": 3, "trials": 4, "val_cap": 20})
    state, *_ = optimized(name, budget=budget)
    baseline, best = (held_out_scores(state, each) for each in (state.baseline, state.best))
    assert mean(best) > mean(baseline) + 0.1


def test_summaries_can_be_scored_by_a_judge_whose_calls_are_paid_and_bounded():
    rubric = {"rubric": "Full marks for the news and nothing else.", "model": {}}
    state, task, config, run = optimized(
        "summarization", metric="judge", metric_parameters=rubric, threshold=0.5
    )
    assert state.status == "finished", state.message
    assert task.template.calls_per_run == 2
    assert [stage.kind for stage in task.template.stages] == ["predictor", "judge"]
    assert state.usage.calls <= config.max_calls
    results = [r for own in state.results.values() for r in own.values()]
    assert all(result.score is not None for result in results)
    assert set(calls_of_examples(*run)) == {2}
    assert len({round(score, 1) for score in val_scores(state, state.baseline).values()}) > 1
