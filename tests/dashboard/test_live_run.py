"""One state for all viewers: folded once, read as values that nothing changes."""

import gc
import threading

import pytest

from core.storage.memory import MemoryStore
from dashboard import live_run
from dashboard.live_run import LiveRun
from tests import run_log


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_nothing_new_gives_the_same_results_again(store):
    run_id, _, _ = run_log.iris_run(store, "search")
    live, run = LiveRun(), store.run(run_id)
    first = live.results(store, run, store.snapshot(run_id))
    assert live.results(store, run, store.snapshot(run_id)) is first


def test_new_events_give_new_results_and_leave_the_old_ones_alone(store):
    run_id, _, plan = run_log.iris_run(store, "propose")
    live = LiveRun()
    before = live.results(store, store.run(run_id), None)
    trials = before.tables.trials.copy()
    log = run_log.log(plan)
    run_log.append(store, run_id, log[store.run(run_id).seq :])
    after = live.results(store, store.run(run_id), None)
    assert before.tables.trials.equals(trials)
    assert (before.status, after.status) == ("running", "finished")
    assert len(after.tables.trials) > len(trials)


def test_a_new_snapshot_gives_new_results_and_an_old_one_does_not(store):
    run_id, _, _ = run_log.iris_run(store, "search")
    live, run, newest = LiveRun(), store.run(run_id), store.snapshot(run_id)
    older = newest.model_copy(update={"seq": newest.seq - 1, "predictions": {}})
    assert live.results(store, run, older).tables.candidates["predicted"].isna().all()
    newer = live.results(store, run, newest)
    assert newer.tables.candidates["predicted"].notna().all()
    assert live.results(store, run, older) is newer


def test_many_viewers_at_once_read_whole_results_while_events_come_in(store):
    run_id, config, plan = run_log.iris_run(store, "bootstrap")
    log, live, problems = run_log.log(plan), LiveRun(), []
    done = threading.Event()

    def view() -> None:
        while not done.is_set():
            results = live.results(store, store.run(run_id), None)
            live.ask(store, store.run(run_id), lambda state: dict(state.results))
            table = results.tables.candidates
            if len(table) != len(results.labels) or set(table["candidate"]) != set(results.choices):
                problems.append(results.seq)

    viewers = [threading.Thread(target=view) for _ in range(4)]
    for each in viewers:
        each.start()
    for first in range(store.run(run_id).seq, len(log), 10):
        run_log.append(store, run_id, log[first : first + 10])
    done.set()
    for each in viewers:
        each.join()
    assert problems == []
    assert live.results(store, store.run(run_id), None).seq == len(log)


def test_a_long_log_is_read_without_garbage_collections_and_left_alone_by_later_ones(
    store, monkeypatch
):
    monkeypatch.setattr(live_run, "MANY", 50)
    run_id, _, _ = run_log.iris_run(store, "search")
    collecting = []
    read = store.since

    def since(run, seq):
        collecting.append(gc.isenabled())
        return read(run, seq)

    monkeypatch.setattr(store, "since", since)
    before = gc.get_freeze_count()
    try:
        LiveRun().results(store, store.run(run_id), None)
        assert collecting == [False]
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


def test_a_tick_costs_no_garbage_collection_setting(store):
    run_id, _, _ = run_log.iris_run(store, "propose")
    before = gc.get_freeze_count()
    LiveRun().results(store, store.run(run_id), None)
    assert gc.get_freeze_count() == before
