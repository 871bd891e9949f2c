"""Branches of real runs on the offline model: what is carried over is not paid for again."""

import pytest

from core.runs.branching import branch
from core.runs.decisions import ProposalsRequested, SpansLocked
from core.runs.preparation import prepare
from core.runs.state import RunState
from core.search.budget import Budget
from core.storage.memory import MemoryStore
from core.worker.session import work
from tests.run_log import iris_config, replay

BUDGET = Budget(name="exact", instructions=3, demo_sets=3, trials=4, minibatch=8, val_cap=20)


@pytest.fixture(scope="module")
def store():
    return MemoryStore()


@pytest.fixture(scope="module")
def parent(store):
    """A finished run with decisions in its log."""
    config = iris_config(store, budget=BUDGET, concurrency=4)
    (info,) = prepare(config, store).predictors
    span = info.instruction.partition(",")[0]
    run_id = store.create(config)
    decisions = [
        SpansLocked(by="ben", predictor=info.name, spans=(span,)),
        ProposalsRequested(by="ben", predictor=info.name, count=1, hint="Be brief.", learn=True),
    ]
    store.append(run_id, decisions)
    assert work(run_id, store, cache=None).status == "finished"
    return run_id


def results(state):
    """Everything that was paid for at the task model, by what it answers."""
    scored = {("val", each, row) for each, own in state.results.items() for row in own}
    tested = {("test", each, row) for each, own in state.test_results.items() for row in own}
    return scored | tested | {("train", row) for row in state.traces}


def paid(store, run_id):
    """What the run itself asked the task model, in order."""
    found = []
    for event in (record.event for record in store.since(run_id, 0)):
        if event.kind == "example_scored" and event.usage.calls + event.usage.cached:
            found.append((event.candidate, event.example))
        if event.kind == "trace_bootstrapped" and event.usage.calls + event.usage.cached:
            found.append(("teacher", event.example))
    return found


def test_a_real_run_can_be_folded_from_a_branch_at_every_event(store, parent):
    records, before = store.since(parent, 0), RunState()
    for last in range(len(records) + 1):
        before.fold(records[:last][-1:])
        state = replay(store, new := branch(store, parent, by="anna", upto=last))
        if state.instructions:
            assert results(state) == results(before)
            assert state.fully_evaluated == before.fully_evaluated
        assert (state.usage.calls, state.usage.cached, state.status) == (0, 0, "queued")
        store.delete(new)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_a_branch_finishes_and_repeats_nothing_that_was_paid_for(store, parent, share):
    whole = replay(store, parent)
    new = branch(store, parent, by="anna", upto=int(share * store.run(parent).seq))
    known = results(replay(store, new))
    state = work(new, store, cache=None)
    assert state.status == "finished"
    asked = paid(store, new)
    assert len(asked) == len(set(asked)) == len(results(state)) - len(known)
    if share > 0.0:
        assert state.task_usage.calls < whole.task_usage.calls
    if share == 1.0:
        assert state.usage.calls + state.usage.cached == 0
        assert state.best == whole.best


def test_a_branch_with_another_optimizer_and_more_trials_costs_only_what_is_new(store, parent):
    budget = BUDGET.model_copy(update={"trials": 8})
    new = branch(store, parent, by="anna", optimizer="program_opro", budget=budget)
    known = results(replay(store, new))
    state = work(new, store, cache=None)
    assert state.status == "finished"
    assert len(state.rounds) == 8
    assert len(paid(store, new)) == len(results(state)) - len(known) > 0
    fresh = store.create(store.run(new).config)
    assert state.task_usage.calls < work(fresh, store, cache=None).task_usage.calls


def test_every_text_behind_a_branch_is_there(store, parent):
    new = branch(store, parent, by="anna")
    old_keys = set(store._runs[parent].traces)
    new_keys = {key.removeprefix(f"carried/{parent}/") for key in store._runs[new].traces}
    assert new_keys == old_keys


def test_what_was_asked_of_the_proposer_in_the_branch_lies_beside_what_was_carried_over(
    store, parent
):
    new = branch(store, parent, by="anna")
    name = replay(store, new).predictors[0].name
    store.append(new, [ProposalsRequested(by="anna", predictor=name, count=2, learn=True)])
    state = work(new, store, cache=None)
    requests = [each.request for each in state.instructions[name].values()]
    texts = [each.trace for each in state.instructions[name].values() if each.trace]
    assert 1 in requests
    assert len(store.traces(new, texts)) == len(set(texts)) == len(texts)
    learnt = [each for each in state.instructions[name].values() if each.request == 1]
    for each in learnt:
        assert {"previous_instructions", "mistakes"} <= set(each.grounding)
