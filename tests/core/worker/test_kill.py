"""A worker that is killed at any moment, and the run that is resumed every time."""

import random
import time
from collections import Counter

import pytest

from core.data.dataset import FieldMapping
from core.data.readers import read
from core.lm.connection import LMConfig
from core.runs.config import RunConfig
from core.runs.events import ExampleScored
from core.runs.scores import best_candidate
from core.runs.state import RunState
from core.search.budget import Budget
from core.storage.location import open_store
from tests.forked import Nursery
from tests.providers.openai_server import Latency, respond_by_hash, serving

CONCURRENCY = 8
KILLS = 10


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDIO_DB", f"sqlite:///{tmp_path / 'studio.db'}")
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    return open_store()


def config(store, base):
    rows = "\n".join(f"Is item {i} fine?,{'yes' if i % 2 else 'no'}" for i in range(100))
    dataset = read("items.csv", f"question,answer\n{rows}\n".encode())
    model = LMConfig(model="test-model", api_base=base)
    return RunConfig(
        name="killed",
        program="classification",
        dataset=store.put_dataset(dataset),
        dataset_name=dataset.name,
        mapping=FieldMapping(inputs={"question": "question"}, outputs={"answer": "answer"}),
        metric="exact_match",
        budget=Budget(
            name="exact", instructions=3, demo_sets=4, trials=12, minibatch=10, full_every=4
        ),
        task_model=model,
        prompt_model=model,
        concurrency=CONCURRENCY,
    )


@pytest.fixture(scope="module")
def nursery():
    with Nursery() as started:
        yield started


def kill_after_more_events(nursery, pid, store, run_id, events):
    """kill -9 once the log has grown; what is in flight then is lost."""
    target = store.run(run_id).seq + events
    while store.run(run_id).seq < target and nursery.ended(pid) is None:
        time.sleep(0.005)
    nursery.kill(pid)


def test_killed_ten_times_a_run_finishes_and_pays_only_for_what_was_in_flight(store, nursery):
    with serving(respond_by_hash, latency=Latency(median=0.01, sigma=0.5)) as (base, server):
        run_id = store.create(config(store, base))
        moments = random.Random(4)
        for _ in range(KILLS):
            process = nursery.worker(run_id)
            kill_after_more_events(nursery, process, store, run_id, moments.randint(2, 40))
            _forget_heartbeat(store, run_id)
        assert nursery.wait(nursery.worker(run_id), timeout=120) == 0
        asked = Counter(server.seen.requests)

    records = store.since(run_id, 0)
    state = RunState().fold(records)
    assert state.status == "finished"
    assert best_candidate(state) is not None
    scored = Counter((e.candidate, e.example) for _, e in records if isinstance(e, ExampleScored))
    assert max(scored.values()) == 1
    repeated = sum(count - 1 for count in asked.values())
    assert repeated <= KILLS * CONCURRENCY
    assert state.usage.calls + state.usage.cached <= sum(asked.values()) + state.usage.cached


def test_a_killed_worker_leaves_every_finished_result(store, nursery):
    with serving(respond_by_hash, latency=Latency(median=0.01)) as (base, _):
        run_id = store.create(config(store, base))
        process = nursery.worker(run_id)
        kill_after_more_events(nursery, process, store, run_id, 30)
        before = store.since(run_id, 0)
        _forget_heartbeat(store, run_id)
        assert nursery.wait(nursery.worker(run_id), timeout=120) == 0
    assert store.since(run_id, 0)[: len(before)] == before


def test_a_second_worker_leaves_a_living_run_alone(store, nursery):
    with serving(respond_by_hash, latency=Latency(median=0.05)) as (base, _):
        run_id = store.create(config(store, base))
        first = nursery.worker(run_id)
        while store.run(run_id).heartbeat is None:
            time.sleep(0.01)
        assert nursery.wait(nursery.worker(run_id)) == 1
        assert nursery.wait(first, timeout=120) == 0
    assert RunState().fold(store.since(run_id, 0)).status == "finished"


def _forget_heartbeat(store, run_id):
    """Stand in for waiting until the dead worker's heartbeat is old."""
    with store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET heartbeat = 0 WHERE id = ?", (run_id,))
