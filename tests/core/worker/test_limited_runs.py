"""A whole run against a provider that takes fewer requests at once than the run would send."""

import threading
import time

from core.lm.connection import LMConfig
from core.runs.decisions import PauseRequested, ResumeRequested
from core.runs.events import Paused
from core.search.budget import Budget
from core.storage.memory import MemoryStore
from core.worker.session import work
from tests.providers.openai_server import Latency, respond_by_hash, serving
from tests.served_run import served_config
from tests.waiting import wait_until

BUDGET = Budget(
    name="exact", instructions=2, demo_sets=2, trials=4, minibatch=10, full_every=2, val_cap=20
)


def config(store, base):
    model = LMConfig(model="m", api_base=base, retry_wait=0.02, input_price=1, output_price=1)
    return served_config(store, model, items=60, budget=BUDGET, concurrency=12)


def test_refused_calls_fail_no_example_and_a_pause_does_not_wait_for_them():
    store = MemoryStore()
    with serving(respond_by_hash, latency=Latency(median=0.03), limit=3) as (base, server):
        run_id = store.create(config(store, base))
        thread = threading.Thread(target=work, args=(run_id, store), kwargs={"cache": None})
        thread.start()
        wait_until(lambda: len(server.seen.requests) > 40)
        store.append(run_id, [PauseRequested(by="tester")])
        asked = time.monotonic()
        wait_until(lambda: any(isinstance(each.event, Paused) for each in store.since(run_id, 0)))
        assert time.monotonic() - asked < 2
        wait_until(lambda: store.snapshot(run_id).summary.status == "paused")
        (flow,) = store.snapshot(run_id).traffic
        store.append(run_id, [ResumeRequested(by="tester")])
        thread.join()
        events = [each.event for each in store.since(run_id, 0)]
        assert events[-1].kind == "run_finished"
        assert not [each for each in events if getattr(each, "failure", None)]
        assert server.seen.faults["429"]
        assert len(set(server.seen.requests)) == len(server.seen.requests), "paid for twice"
        paid = sum(each.usage.calls for each in events if hasattr(each, "usage"))
        assert paid == len(server.seen.requests)
    assert flow.refused
    assert flow.allowed <= 5
