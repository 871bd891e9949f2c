"""A store that lives and dies with its process: for tests and headless use.

It keeps the same JSON and Parquet as `core.storage.sql`, so that what it returns is what a database
would return, and nobody can change what is stored through an object it has handed out.
"""

import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.data.dataset import Dataset
from core.errors import DatasetNotFound, RunNotFound, RunTaken
from core.runs.config import RunConfig
from core.runs.events import Event, event_from_json, event_to_json
from core.runs.snapshot import Snapshot
from core.runs.store import Record, StoredDataset, StoredRun, UnreadableRun
from core.storage.memory_pipelines import MemoryPipelines


@dataclass(kw_only=True)
class _Run:
    id: str
    created: float
    config: RunConfig
    events: list[str] = field(default_factory=list)
    traces: dict[str, str] = field(default_factory=dict)
    snapshot: str | None = None
    worker: str | None = None
    heartbeat: float | None = None

    def stored(self) -> StoredRun:
        return StoredRun(
            id=self.id,
            created=self.created,
            config=self.config,
            seq=len(self.events),
            heartbeat=self.heartbeat,
        )


class MemoryStore(MemoryPipelines):
    """A `Store` without a database. Safe across threads."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[str, _Run] = {}
        self._datasets: dict[str, tuple[StoredDataset, bytes]] = {}
        self._lock = threading.Lock()

    def create(self, config: RunConfig) -> str:
        """The id of a new run without events: 12 hex digits."""
        run = _Run(id=uuid.uuid4().hex[:12], created=time.time(), config=config)
        with self._lock:
            self._runs[run.id] = run
        return run.id

    def run(self, run_id: str) -> StoredRun:
        """The run. Raises RunNotFound."""
        with self._lock:
            return self._known(run_id).stored()

    def runs(self) -> list[StoredRun]:
        """All runs, newest first."""
        with self._lock:
            return [run.stored() for run in reversed(self._runs.values())]

    def unreadable_runs(self) -> list[UnreadableRun]:
        """None: no other version ever wrote here."""
        return []

    def append(
        self,
        run_id: str,
        events: Iterable[Event],
        traces: Mapping[str, str] | None = None,
        *,
        worker: str | None = None,
    ) -> int:
        """Append the events and keep the traces; the run's last seq.

        Raises RunNotFound, and RunTaken when a `worker` is named and the run is not its own.
        """
        bodies = [event_to_json(event) for event in events]
        with self._lock:
            run = self._known(run_id)
            if worker not in (None, run.worker):
                raise RunTaken(f"run {run_id}: another worker has taken it over.")
            run.events.extend(bodies)
            run.traces.update(traces or {})
            return len(run.events)

    def since(self, run_id: str, seq: int) -> list[Record]:
        """The events after `seq`, in order. Raises RunNotFound."""
        first = max(seq, 0)
        with self._lock:
            bodies = self._known(run_id).events[first:]
        return [
            Record(number, event_from_json(body))
            for number, body in enumerate(bodies, start=first + 1)
        ]

    def claim(
        self, run_id: str, worker: str, *, stale_after: float, silent: float | None = None
    ) -> bool:
        """Make `worker` the run's only worker; False when another one lives. Raises RunNotFound."""
        now = time.time()
        with self._lock:
            run = self._known(run_id)
            lives = run.heartbeat is not None and run.heartbeat > now - stale_after
            lives = lives and run.heartbeat != silent
            if run.worker not in (None, worker) and lives:
                return False
            run.worker, run.heartbeat = worker, now
            return True

    def heartbeat(self, run_id: str, worker: str) -> bool:
        """Say that the worker lives; False when the run is no longer its own."""
        with self._lock:
            run = self._runs.get(run_id)
            if run is None or run.worker != worker:
                return False
            run.heartbeat = time.time()
            return True

    def release(self, run_id: str, worker: str) -> None:
        """End the claim, so that another worker may take the run up at once."""
        with self._lock:
            run = self._runs.get(run_id)
            if run is not None and run.worker == worker:
                run.worker = None

    def put_snapshot(self, run_id: str, snapshot: Snapshot) -> None:
        """Replace the run's snapshot, unless it is of a later event. Raises RunNotFound."""
        with self._lock:
            run = self._known(run_id)
            known = run.snapshot and Snapshot.model_validate_json(run.snapshot)
            if not known or known.seq <= snapshot.seq:
                run.snapshot = snapshot.model_dump_json()

    def snapshot(self, run_id: str) -> Snapshot | None:
        """The newest snapshot, if there is one."""
        return self.snapshots().get(run_id)

    def snapshots(self) -> dict[str, Snapshot]:
        """Run id → its newest snapshot, for all runs that have one."""
        with self._lock:
            return {
                run.id: Snapshot.model_validate_json(run.snapshot)
                for run in self._runs.values()
                if run.snapshot is not None
            }

    def traces(self, run_id: str, keys: Sequence[str]) -> dict[str, str]:
        """Key → JSON text, for those keys that exist."""
        with self._lock:
            run = self._runs.get(run_id)
            kept = {} if run is None else run.traces
            return {key: kept[key] for key in keys if key in kept}

    def delete(self, run_id: str) -> None:
        """Remove the run with its events, traces and snapshot. Raises RunNotFound."""
        with self._lock:
            del self._runs[self._known(run_id).id]

    def put_dataset(self, dataset: Dataset) -> str:
        """Store it and return its id. The same content is stored once, under its latest name."""
        content = dataset.to_parquet()
        with self._lock:
            known = self._datasets.get(dataset.id)
            listed = StoredDataset(
                id=dataset.id,
                name=dataset.name,
                origin=dataset.origin,
                rows=len(dataset.frame),
                columns=tuple(dataset.frame.columns),
                created=time.time() if known is None else known[0].created,
            )
            self._datasets[dataset.id] = listed, content
        return dataset.id

    def dataset(self, dataset_id: str) -> Dataset:
        """The dataset. Raises DatasetNotFound."""
        with self._lock:
            listed, content = self._known_dataset(dataset_id)
        return Dataset.from_parquet(content, name=listed.name, origin=listed.origin)

    def datasets(self) -> list[StoredDataset]:
        """All datasets, newest first."""
        with self._lock:
            return [listed for listed, _ in reversed(self._datasets.values())]

    def delete_dataset(self, dataset_id: str) -> None:
        """Remove it. Raises DatasetNotFound."""
        with self._lock:
            self._known_dataset(dataset_id)
            del self._datasets[dataset_id]

    def _known(self, run_id: str) -> _Run:
        if run_id not in self._runs:
            raise RunNotFound(f"there is no run {run_id!r}. It may have been deleted.")
        return self._runs[run_id]

    def _known_dataset(self, dataset_id: str) -> tuple[StoredDataset, bytes]:
        if dataset_id not in self._datasets:
            raise DatasetNotFound(f"there is no dataset {dataset_id!r}. It may have been deleted.")
        return self._datasets[dataset_id]
