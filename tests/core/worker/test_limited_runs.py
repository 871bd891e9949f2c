"""A whole run against a provider that takes fewer requests at once than the run would send."""

import threading
import time

import pytest

from core.data.dataset import FieldMapping
from core.data.readers import read
from core.lm.connection import LMConfig
from core.runs.config import RunConfig
from core.runs.decisions import PauseRequested, ResumeRequested
from core.runs.events import Paused
from core.search.budget import Budget
from core.storage.memory import MemoryStore
from core.worker.session import work
from tests.providers.openai_server import Latency, respond_by_hash, serving


def config(store, base):
    rows = "\n".join(f"Is item {i} fine?,{'yes' if i % 2 else 'no'}" for i in range(60))
    dataset = read("items.csv", f"question,answer\n{rows}\n".encode())
    model = LMConfig(model="test", api_base=base, retry_wait=0.02, input_price=1, output_price=1)
    return RunConfig(
        name="limited",
        program="classification",
        dataset=store.put_dataset(dataset),
        dataset_name=dataset.name,
        mapping=FieldMapping(inputs={"question": "question"}, outputs={"answer": "answer"}),
        metric="exact_match",
        budget=Budget(
            name="exact", instructions=2, demo_sets=2, trials=4, minibatch=10, full_every=2,
            val_cap=20,
        ),
        task_model=model,
        prompt_model=model,
        concurrency=12,
    )  # fmt: skip


def wait_for(condition):
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")


def test_refused_calls_fail_no_example_and_a_pause_does_not_wait_for_them():
    store = MemoryStore()
    with serving(respond_by_hash, latency=Latency(median=0.03), limit=3) as (base, server):
        run_id = store.create(config(store, base))
        thread = threading.Thread(target=work, args=(run_id, store), kwargs={"cache": None})
        thread.start()
        wait_for(lambda: len(server.seen.requests) > 40)
        store.append(run_id, [PauseRequested(by="tester")])
        asked = time.monotonic()
        wait_for(lambda: any(isinstance(each.event, Paused) for each in store.since(run_id, 0)))
        assert time.monotonic() - asked < 2
        wait_for(lambda: store.snapshot(run_id).summary.status == "paused")
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
