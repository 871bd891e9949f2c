"""A worker that is killed at any moment, and the run that is resumed every time."""

import random
from collections import Counter

import pytest

from core.runs.events import ExampleScored
from core.runs.scores import best_candidate
from core.search.budget import Budget
from core.storage.location import open_store
from tests.providers.openai_server import Latency, respond_by_hash, serving
from tests.run_log import replay
from tests.served_run import served_config
from tests.studio_home import forget_heartbeat
from tests.waiting import wait_until

KILLS = 10
CONCURRENCY = 8


@pytest.fixture
def store(home):
    return open_store()


def config(store, base):
    return served_config(
        store,
        base,
        items=100,
        budget=Budget(
            name="exact", instructions=3, demo_sets=4, trials=12, minibatch=10, full_every=4
        ),
        concurrency=CONCURRENCY,
    )


def test_killed_ten_times_a_run_finishes_and_pays_only_for_what_was_in_flight(store, nursery):
    with serving(respond_by_hash, latency=Latency(median=0.01, sigma=0.5)) as (base, server):
        run_id = store.create(config(store, base))
        moments = random.Random(4)
        for _ in range(KILLS):
            process = nursery.worker(run_id)
            nursery.kill_after(process, store, run_id, moments.randint(2, 40))
            forget_heartbeat(run_id)
        assert nursery.wait(nursery.worker(run_id), timeout=120) == 0
        asked = Counter(server.seen.requests)

    state = replay(store, run_id)
    assert state.status == "finished"
    assert best_candidate(state) is not None
    events = (each.event for each in store.since(run_id, 0))
    scored = Counter((e.candidate, e.example) for e in events if isinstance(e, ExampleScored))
    assert max(scored.values()) == 1
    repeated = sum(count - 1 for count in asked.values())
    assert repeated <= KILLS * CONCURRENCY
    assert state.usage.calls + state.usage.cached <= sum(asked.values()) + state.usage.cached


def test_a_killed_worker_leaves_every_finished_result(store, nursery):
    with serving(respond_by_hash, latency=Latency(median=0.01)) as (base, _):
        run_id = store.create(config(store, base))
        process = nursery.worker(run_id)
        nursery.kill_after(process, store, run_id, 30)
        before = store.since(run_id, 0)
        forget_heartbeat(run_id)
        assert nursery.wait(nursery.worker(run_id), timeout=120) == 0
    assert store.since(run_id, 0)[: len(before)] == before


def test_a_second_worker_leaves_a_living_run_alone(store, nursery):
    with serving(respond_by_hash, latency=Latency(median=0.05)) as (base, _):
        run_id = store.create(config(store, base))
        first = nursery.worker(run_id)
        wait_until(lambda: store.run(run_id).heartbeat)
        assert nursery.wait(nursery.worker(run_id)) == 1
        assert nursery.wait(first, timeout=120) == 0
    assert replay(store, run_id).status == "finished"
