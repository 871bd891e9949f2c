"""Several runs at once in one SQLite file; `benchmarks/ten_runs.py` does it with ten and a page."""

import time

import pytest

from core.search.budget import Budget
from core.storage.location import open_store
from tests import run_log

BUDGET = Budget(
    name="exact", instructions=2, demo_sets=2, trials=3, minibatch=5, full_every=2, val_cap=10
)


@pytest.mark.usefixtures("home")
def test_three_runs_at_once_all_finish_and_the_list_of_runs_never_waits(nursery):
    store, waits = open_store(), []
    configs = [run_log.iris_config(store, budget=BUDGET, seed=seed) for seed in range(3)]
    ids = [store.create(config) for config in configs]
    workers = [nursery.worker(run_id) for run_id in ids]
    while any(nursery.ended(worker) is None for worker in workers):
        asked = time.monotonic()
        assert len(store.runs()) == 3
        store.snapshots()
        waits.append(time.monotonic() - asked)
        time.sleep(0.02)
    assert [nursery.wait(worker) for worker in workers] == [0, 0, 0]
    states = [run_log.replay(store, run_id) for run_id in ids]
    assert [state.status for state in states] == ["finished"] * 3
    assert {summary.summary.status for summary in store.snapshots().values()} == {"finished"}
    assert max(waits) < 5
