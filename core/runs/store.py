"""What a store of runs, datasets and pipelines must do. `core.storage` has the implementations."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from core.data.dataset import Dataset
from core.programs.pipeline.spec import PipelineSpec
from core.runs.config import RunConfig
from core.runs.events import Event
from core.runs.snapshot import Snapshot


class Record(NamedTuple):
    """One event with its place in the run's log, counted from 1 without gaps."""

    seq: int
    event: Event


class StoredRun(BaseModel):
    """A run as listed: its settings and signs of life, not its events."""

    model_config = ConfigDict(frozen=True)

    id: str
    created: float
    """Seconds since the epoch."""
    config: RunConfig
    seq: int
    """Number of events so far."""
    heartbeat: float | None
    """When a worker last said that it lives; None before the first time."""


class UnreadableRun(BaseModel):
    """A run whose settings this version cannot read. It can be deleted, and nothing else."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str | None
    """As far as the settings still tell it."""
    created: float
    """Seconds since the epoch."""
    heartbeat: float | None
    """As of `StoredRun`; a worker of another version can be at it."""


STORED = "stored:"
"""Before the id of a dataset, where a file could be named as well."""


class StoredDataset(BaseModel):
    """A dataset as listed, without its rows."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    origin: str
    rows: int
    columns: tuple[str, ...]
    created: float


class StoredPipeline(BaseModel):
    """One version of a pipeline that people saved."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: int
    """From 1; every change is a version of its own and none is ever changed."""
    spec: PipelineSpec
    saved_at: float
    """Seconds since the epoch."""
    by: str


class EventLog(Protocol):
    """What is written of runs, and read again, while somebody works on them."""

    def append(
        self, run_id: str, events: Iterable[Event], traces: Mapping[str, str] | None = None
    ) -> int:
        """Append the events and keep the traces; the seq of the run's last event."""

    def since(self, run_id: str, seq: int) -> list[Record]:
        """The events after `seq`, in order."""


class RunStore(Protocol):
    """Runs, each an append-only log of events. Safe across threads and processes.

    `seq` is dense per run: a reader that has seen `seq` n never misses an event, whoever writes.
    """

    def create(self, config: RunConfig) -> str:
        """The id of a new run without events."""

    def run(self, run_id: str) -> StoredRun:
        """The run. Raises RunNotFound, and RunUnreadable when its settings cannot be read."""

    def runs(self) -> list[StoredRun]:
        """All runs whose settings can be read, newest first."""

    def unreadable_runs(self) -> list[UnreadableRun]:
        """All other runs, newest first."""

    def append(
        self,
        run_id: str,
        events: Iterable[Event],
        traces: Mapping[str, str] | None = None,
        *,
        worker: str | None = None,
    ) -> int:
        """Append the events and keep the traces (key → JSON text) in one transaction.

        Returns the seq of the run's last event. A trace under a known key replaces the old one.
        Raises RunNotFound, and RunTaken when a `worker` is named and the run is not its own.
        """

    def since(self, run_id: str, seq: int) -> list[Record]:
        """The events after `seq`, in order.

        Raises RunNotFound, and RunUnreadable when an event cannot be read.
        """

    def claim(
        self, run_id: str, worker: str, *, stale_after: float, silent: float | None = None
    ) -> bool:
        """Make `worker` the run's only worker; False when another one lives.

        Another worker lives when its heartbeat is younger than `stale_after` seconds, unless it is
        still `silent`: one that the caller has watched for so long that it must be dead, whatever
        the clocks say. Counts as a heartbeat. Raises RunNotFound.
        """

    def heartbeat(self, run_id: str, worker: str) -> bool:
        """Say that the worker lives; False when the run is no longer its own."""

    def release(self, run_id: str, worker: str) -> None:
        """End the claim, so that another worker may take the run up at once."""

    def put_snapshot(self, run_id: str, snapshot: Snapshot) -> None:
        """Replace the run's snapshot, unless it is of a later event. Raises RunNotFound."""

    def snapshot(self, run_id: str) -> Snapshot | None:
        """The newest snapshot, if there is one."""

    def snapshots(self) -> dict[str, Snapshot]:
        """Run id → its newest snapshot, for all runs that have one."""

    def traces(self, run_id: str, keys: Sequence[str]) -> dict[str, str]:
        """Key → JSON text, for those keys that exist."""

    def delete(self, run_id: str) -> None:
        """Remove the run with its events, traces and snapshot. Raises RunNotFound."""


class DatasetStore(Protocol):
    """Datasets by content hash."""

    def put_dataset(self, dataset: Dataset) -> str:
        """Store it and return its id. The same content is stored once, under its latest name."""

    def dataset(self, dataset_id: str) -> Dataset:
        """The dataset. Raises DatasetNotFound."""

    def datasets(self) -> list[StoredDataset]:
        """All datasets, newest first."""

    def delete_dataset(self, dataset_id: str) -> None:
        """Remove it. Raises DatasetNotFound."""


class PipelineStore(Protocol):
    """Pipelines by name, each a list of versions."""

    def save_pipeline(self, name: str, spec: PipelineSpec, by: str) -> int:
        """Keep it as the newest version of that name, and return its number.

        The same content as that of the newest version makes no new one.
        Raises ProgramError when nothing can be called so.
        """

    def pipelines(self) -> list[StoredPipeline]:
        """The newest version of each that can be read, by name."""

    def pipeline(self, name: str, version: int | None = None) -> StoredPipeline:
        """That version, or the newest one.

        Raises PipelineNotFound, and StoreError when this version of MIPRO Studio cannot read it.
        """

    def pipeline_versions(self, name: str) -> list[StoredPipeline]:
        """All versions that can be read, newest first. Raises PipelineNotFound."""

    def delete_pipeline(self, name: str) -> None:
        """Remove it with all versions; runs keep what they took of it. Raises PipelineNotFound."""


class Store(RunStore, DatasetStore, PipelineStore, Protocol):
    """All of them, as one database."""
