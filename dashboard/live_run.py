"""One run's state, shared by all viewers of a server.

Folding changes a `RunState` in place, so it never leaves this module: it is read only under the
lock, and what comes out are plain values that nothing changes afterwards.
"""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from core.results.run_results import ResultsMemo, RunResults, run_results
from core.runs.snapshot import Snapshot
from core.runs.state import RunState
from core.runs.store import RunStore, StoredRun

T = TypeVar("T")

MANY = 5_000
"""Events whose objects are no longer looked through for garbage, which Streamlit has done after
every tick. Nothing that a run's state holds is part of a cycle."""


class LiveRun:
    """Folds what is new when asked, and builds the results once for every change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = RunState()
        self._memo = ResultsMemo()
        self._snapshot: Snapshot | None = None
        self._results: RunResults | None = None
        self._version = (-1, -1)
        self._loose = 0
        """Events folded since the collector was last told to leave what is there."""

    def results(self, store: RunStore, run: StoredRun, snapshot: Snapshot | None) -> RunResults:
        """The results as of `run.seq` or later; the same object until something changes."""
        with self._lock:
            self._fold(store, run)
            if snapshot is not None and snapshot.seq >= self._version[1]:
                self._snapshot = snapshot
            version = (self._state.seq, self._snapshot.seq if self._snapshot else -1)
            if self._results is None or version != self._version:
                self._results = run_results(self._state, run.config, self._snapshot, self._memo)
                self._version = version
            return self._results

    def ask(self, store: RunStore, run: StoredRun, question: Callable[[RunState], T]) -> T:
        """What `question` makes of the state as it is now; it must keep nothing of it."""
        with self._lock:
            self._fold(store, run)
            return question(self._state)

    def _fold(self, store: RunStore, run: StoredRun) -> None:
        known = self._state.seq
        if run.seq <= known:
            return
        with _uncollected(run.seq - known >= MANY):
            self._state.fold(store.since(run.id, known))
        self._loose += run.seq - known
        if self._loose >= MANY:
            self._loose = 0
            gc.freeze()


@contextmanager
def _uncollected(many: bool) -> Iterator[None]:
    """Without garbage collections where many objects that stay are made: half the time."""
    pauses = many and gc.isenabled()
    if pauses:
        gc.disable()
    try:
        yield
    finally:
        if pauses:
            gc.enable()
