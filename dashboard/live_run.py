"""One run's state, shared by all viewers of a server.

Folding changes a `RunState` in place, so it never leaves this module: it is read only under the
lock, and what comes out are plain values that nothing changes afterwards.
"""

import threading
from collections.abc import Sequence

from core.results.comparison import results_of
from core.results.frames import FrameMemo
from core.results.run_results import RunResults, run_results
from core.runs.snapshot import Snapshot
from core.runs.state import Result, RunState
from core.runs.store import RunStore, StoredRun


class LiveRun:
    """Folds what is new when asked, and builds the results once for every change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = RunState()
        self._memo = FrameMemo()
        self._snapshot: Snapshot | None = None
        self._results: RunResults | None = None
        self._version = (-1, -1)

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

    def scored(
        self, store: RunStore, run: StoredRun, candidates: Sequence[str], *, test: bool = False
    ) -> dict[str, dict[str, Result]]:
        """Candidate → validation (or test) example → result."""
        with self._lock:
            self._fold(store, run)
            return results_of(self._state, candidates, test=test)

    def _fold(self, store: RunStore, run: StoredRun) -> None:
        if run.seq > self._state.seq:
            self._state.fold(store.since(run.id, self._state.seq))
