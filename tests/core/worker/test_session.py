"""A worker's hold on a run: signs of life, and what is left of a run that cannot even begin."""

import threading

import pytest

from core.errors import ConfigError, ProgramError, StoreError
from core.storage.memory import MemoryStore
from core.worker import session
from tests import run_log
from tests.waiting import wait_until


class OutOfReach(MemoryStore):
    """Cannot be written for a while; afterwards the run is another worker's."""

    def __init__(self):
        super().__init__()
        self.beats = 0

    def heartbeat(self, run_id, worker):
        self.beats += 1
        if self.beats < 3:
            raise StoreError("the database is locked")
        return False


def test_a_missed_heartbeat_does_not_end_the_watch_for_a_rival(monkeypatch):
    monkeypatch.setattr(session, "HEARTBEAT", 0.01)
    store, taken = OutOfReach(), threading.Event()
    session._pulse("run", store, "worker", taken, threading.Event())
    assert taken.is_set()
    assert store.beats == 3


def test_a_worker_that_prepares_a_large_dataset_shows_that_it_lives(monkeypatch):
    monkeypatch.setattr(session, "HEARTBEAT", 0.01)
    store = MemoryStore()
    run_id = store.create(run_log.iris_config(store))

    def slow(config, store):
        first = store.run(run_id).heartbeat
        wait_until(lambda: store.run(run_id).heartbeat != first)
        raise ConfigError("enough")

    monkeypatch.setattr(session, "prepare", slow)
    with pytest.raises(ConfigError, match="enough"):
        session.work(run_id, store, cache=None)


def test_a_dead_worker_whose_clock_was_ahead_is_succeeded_after_a_while(monkeypatch):
    monkeypatch.setattr(session, "STALE_AFTER", 0.3)
    store = MemoryStore()
    run_id = store.create(run_log.iris_config(store))
    store.claim(run_id, "dead", stale_after=60)
    store._runs[run_id].heartbeat += 3600
    assert session._claimed(run_id, store, "heir")
    assert store.append(run_id, [], worker="heir") == 0


def test_a_run_that_cannot_begin_is_listed_as_failed_and_let_go():
    store = MemoryStore()
    run_id = store.create(run_log.iris_config(store, program="not_there"))
    with pytest.raises(ProgramError, match="not_there"):
        session.work(run_id, store, cache=None)
    assert run_log.replay(store, run_id).status == "failed"
    assert store.snapshot(run_id).summary.status == "failed"
    assert store.claim(run_id, "another", stale_after=60)
