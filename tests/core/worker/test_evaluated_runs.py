"""Real workers that evaluate more, on the offline model and on a served one."""

import pytest

from core.results.noise import own_noise
from core.runs.authoring import requested_evaluation
from core.runs.branching import branch
from core.runs.decisions import StopRequested
from core.runs.events import ExampleRepeated, ExampleScored, TrialStarted
from core.search.budget import Budget
from core.storage.location import open_store
from core.storage.memory import MemoryStore
from core.worker.session import work
from tests.providers.openai_server import Latency, respond_by_hash, serving
from tests.run_log import iris_config, replay
from tests.served_run import served_config
from tests.studio_home import forget_heartbeat

BUDGET = Budget(name="exact", instructions=3, demo_sets=3, trials=4, minibatch=8, val_cap=20)


def asked(state, *candidates, **said):
    return requested_evaluation(state, candidates or [state.baseline], by="Ada", **said)


@pytest.fixture(scope="module")
def finished():
    """A store with a finished run at a temperature at which the offline model wavers."""
    store = MemoryStore()
    settings = iris_config(store, budget=BUDGET, concurrency=4)
    model = settings.task_model.model_copy(update={"temperature": 1.0})
    run_id = store.create(settings.model_copy(update={"task_model": model}))
    assert work(run_id, store, cache=None).status == "finished"
    return store, run_id


def test_a_finished_run_is_taken_up_and_ends_again_with_repeats_and_their_noise(finished):
    store, run_id = finished
    before = replay(store, run_id)
    other = next(c for c in before.candidates if c not in before.test_results)
    store.append(run_id, [asked(before, other, before.baseline, part="test", repeats=4)])
    state = work(run_id, store, cache=None)
    assert (state.status, state.best) == ("finished", before.best)
    assert len(state.test_results[other]) == state.sizes[2]
    assert state.prompt_usage == before.prompt_usage
    (evaluation,) = state.steering.evaluations
    assert evaluation.calls == state.task_usage.calls - before.task_usage.calls
    assert evaluation.runs == evaluation.missing == state.sizes[2] * 7
    noise = own_noise(state, state.baseline, "test")
    assert (noise.examples, noise.runs) == (state.sizes[2], 4 * state.sizes[2])
    assert noise.sd > 0
    (example, *_) = state.repeats[other, "test"]
    key = f"repeat/{other}/{example}/3"
    assert '"prompts"' in store.traces(run_id, [key])[key]
    new = branch(store, run_id, by="Bob")
    assert replay(store, new).repeats == state.repeats
    assert set(store.traces(new, [key])) == {key}
    left = store.snapshot(run_id)
    assert (left.summary.status, left.remaining_calls) == ("finished", 0)


def test_a_stopped_run_is_stopped_again(finished):
    store, run_id = finished
    first_trial = next(seq for seq, e in store.since(run_id, 0) if isinstance(e, TrialStarted))
    new = branch(store, run_id, by="Bob", upto=first_trial)
    store.append(new, [StopRequested(by="Bob")])
    before = work(new, store, cache=None)
    assert before.status == "stopped"
    store.append(new, [asked(before, part="test", examples=5)])
    state = work(new, store, cache=None)
    assert (state.status, state.best, state.wish) == ("stopped", before.best, "stop")
    assert len(state.test_results[state.baseline]) >= 5
    assert state.task_usage.calls - before.task_usage.calls <= 5


@pytest.mark.usefixtures("home")
def test_a_worker_killed_while_it_evaluates_goes_on_where_it_was(nursery):
    store = open_store()
    with serving(respond_by_hash, latency=Latency(median=0.02)) as (base, server):
        run_id = store.create(served_config(store, base, items=100, budget=BUDGET, concurrency=8))
        assert nursery.wait(nursery.worker(run_id), timeout=120) == 0
        before = replay(store, run_id)
        asks = asked(before, *list(before.candidates)[:3], part="test", repeats=4)
        store.append(run_id, [asks])
        counted = len(server.seen.requests)
        for _ in range(3):
            nursery.kill_after(nursery.worker(run_id), store, run_id, 12)
            forget_heartbeat(run_id)
        assert nursery.wait(nursery.worker(run_id), timeout=120) == 0
        asked_for = len(server.seen.requests) - counted
    state = replay(store, run_id)
    assert (state.status, state.best) == ("finished", before.best)
    (evaluation,) = state.steering.evaluations
    assert (evaluation.end, evaluation.runs) == ("done", evaluation.missing)
    runs = [
        (each.candidate, each.example, getattr(each, "repeat", 0))
        for _, each in store.since(run_id, before.seq)
        if isinstance(each, ExampleScored | ExampleRepeated)
    ]
    assert len(set(runs)) == len(runs) == evaluation.missing
    assert evaluation.missing <= asked_for <= evaluation.missing + 3 * 8
