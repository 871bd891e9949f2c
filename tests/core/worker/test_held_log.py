"""What the worker that holds a run writes, on databases that are busy, gone or unclear."""

import threading

import pytest

from core.errors import RunTaken, StoreError, StoreUnavailable
from core.runs import events as ev
from core.storage.memory import MemoryStore
from core.worker import held_log
from core.worker.held_log import HeldLog
from tests import run_log


class Unreliable(MemoryStore):
    """Does what it is told, or not, and says that it did not."""

    def __init__(self):
        super().__init__()
        self.faults = []

    def append(self, *given, **named):
        fault = self.faults.pop(0) if self.faults else None
        if fault == "lost reply":
            super().append(*given, **named)
        if fault is not None:
            raise StoreUnavailable("the database is away.")
        return super().append(*given, **named)


@pytest.fixture
def held(monkeypatch):
    """(log, store, run id, what was said) without waits."""
    monkeypatch.setattr(held_log, "FIRST_WAIT", 0.0)
    store, said = Unreliable(), []
    run_id = store.create(run_log.iris_config(store))
    store.claim(run_id, "worker", stale_after=60)
    log = HeldLog(store=store, worker="worker", taken=threading.Event(), say=said.append)
    return log, store, run_id, said


def test_what_could_not_be_written_is_written_as_soon_as_it_can_be(held):
    log, store, run_id, said = held
    store.faults = ["away"] * 3
    assert log.append(run_id, [ev.Resumed()], {"a": "1"}) == 1
    assert len(log.since(run_id, 0)) == 1
    assert store.traces(run_id, ["a"]) == {"a": "1"}
    assert said == [
        "the database is away. The run waits and goes on by itself.",
        "The database can be used again. The run goes on.",
    ]


def test_a_commit_whose_reply_was_lost_is_not_written_twice(held):
    log, store, run_id, _ = held
    log.append(run_id, [ev.Resumed()])
    log.since(run_id, 0)
    log.since(run_id, 1)
    store.append(run_id, [ev.Resumed()])  # a person, in between
    store.faults = ["lost reply", "away"]
    assert log.append(run_id, [ev.Resumed(), ev.Resumed()]) == 4
    assert store.run(run_id).seq == 4


def test_patience_ends_with_the_reason(held):
    log, store, run_id, _ = held
    store.faults = ["away"] * 100
    log.patience = 0.0
    with pytest.raises(StoreUnavailable, match="away"):
        log.append(run_id, [ev.Resumed()])


def test_a_wait_ends_when_the_run_is_anothers(held):
    log, store, run_id, _ = held
    store.faults = ["away"] * 100
    log.taken.set()
    with pytest.raises(RunTaken):
        log.append(run_id, [ev.Resumed()])


def test_what_waiting_cannot_cure_is_said_at_once(held):
    log, store, run_id, said = held
    with pytest.raises(StoreError, match="no run"):
        log.since("nope", 0)
    assert not said
