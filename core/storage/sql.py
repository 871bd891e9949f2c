"""A store of runs, datasets and pipelines in SQLite or PostgreSQL.

Every method is one short transaction, and what takes time (JSON, Parquet) happens outside it. The
only lock is the run's row: `append` adds to its `seq` and thereby holds it until the events are in,
so that the numbers are dense and become visible in order. Nothing is kept between calls.
"""

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError
from sqlalchemy import (
    Connection,
    Insert,
    Row,
    TableClause,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from core.data.dataset import Dataset
from core.errors import (
    DatasetError,
    DatasetNotFound,
    RunNotFound,
    RunTaken,
    RunUnreadable,
    StoreError,
)
from core.lm.keys import redaction
from core.runs.config import RunConfig
from core.runs.events import Event, event_from_json, event_to_json
from core.runs.snapshot import Snapshot
from core.runs.store import Record, StoredDataset, StoredRun, UnreadableRun
from core.storage.database import address, connect, leave_wal, plain_errors, reading
from core.storage.migrations import migrate
from core.storage.packing import pack, unpack
from core.storage.pipelines import PipelineTable
from core.storage.tables import DATASETS, EVENTS, RUNS, SNAPSHOTS, TRACES

_RUN = (RUNS.c.id, RUNS.c.created, RUNS.c.config, RUNS.c.seq, RUNS.c.heartbeat)
_LISTED = [each for each in DATASETS.c if each.name != "content"]
_LAST = select(RUNS.c.seq).where(RUNS.c.id == bindparam("run"))
_SINCE = (
    select(EVENTS.c.seq, EVENTS.c.body)
    .where(EVENTS.c.run_id == bindparam("run"), EVENTS.c.seq > bindparam("after"))
    .order_by(EVENTS.c.seq)
)


class SqlStore(PipelineTable):
    """A `Store` at an address such as `sqlite:///runs.db` or `postgresql://user@host/runs`.

    Safe across threads and processes, which may all open one fresh database at once.

    Raises:
        StoreError: from every method, and on opening: the database cannot be used, and why.
    """

    def __init__(self, url: str) -> None:
        self._url = address(url)
        self._engine = connect(self._url)
        self._reader = reading(self._engine)
        try:
            with plain_errors(self._url):
                leave_wal(self._engine)
                migrate(self._engine)
        except StoreError:
            self.close()
            raise

    def close(self) -> None:
        """Close the idle connections. The store can still be used."""
        self._engine.dispose()

    def create(self, config: RunConfig) -> str:
        """The id of a new run without events: 12 hex digits."""
        run_id = uuid.uuid4().hex[:12]
        row = {"id": run_id, "created": time.time(), "config": config.model_dump_json(), "seq": 0}
        with self._writing() as connection:
            connection.execute(insert(RUNS), row)
        return run_id

    def run(self, run_id: str) -> StoredRun:
        """The run. Raises RunNotFound, and RunUnreadable when its settings cannot be read."""
        with self._reading() as connection:
            row = connection.execute(select(*_RUN).where(RUNS.c.id == run_id)).one_or_none()
        if row is None:
            raise _no_run(run_id)
        return _stored_run(row)

    def runs(self) -> list[StoredRun]:
        """All runs whose settings can be read, newest first."""
        read = map(_readable, self._run_rows())
        return [run for run in read if isinstance(run, StoredRun)]

    def unreadable_runs(self) -> list[UnreadableRun]:
        """All other runs, newest first."""
        read = map(_readable, self._run_rows())
        return [run for run in read if isinstance(run, UnreadableRun)]

    def append(
        self,
        run_id: str,
        events: Iterable[Event],
        traces: Mapping[str, str] | None = None,
        *,
        worker: str | None = None,
    ) -> int:
        """Append the events and keep the traces in one transaction; the run's last seq.

        Whatever keys this process knows, none of them is written.

        Raises RunNotFound, and RunTaken when a `worker` is named and the run is not its own.
        """
        without = redaction()
        rows: list[dict[str, Any]] = [
            {
                "run_id": run_id,
                "at": event.at,
                "kind": event.kind,
                "body": without(event_to_json(event)),
            }
            for event in events
        ]
        texts = [
            {"run_id": run_id, "key": key, "body": pack(without(body))}
            for key, body in (traces or {}).items()
        ]
        longer = update(RUNS).where(RUNS.c.id == run_id).values(seq=RUNS.c.seq + len(rows))
        if worker is not None:
            longer = longer.where(RUNS.c.worker == worker)
        with self._writing() as connection:
            last = connection.scalar(longer.returning(RUNS.c.seq))
            if last is None:
                known = connection.scalar(_LAST, {"run": run_id}) is not None
                raise _taken(run_id) if known else _no_run(run_id)
            for seq, row in enumerate(rows, start=last - len(rows) + 1):
                row["seq"] = seq
            if rows:
                connection.execute(insert(EVENTS), rows)
            if texts:
                keep = self._upsert(TRACES, key=("run_id", "key"), replaced=("body",))
                connection.execute(keep, texts)
        return int(last)

    def since(self, run_id: str, seq: int) -> list[Record]:
        """The events after `seq`, in order.

        Raises RunNotFound, and RunUnreadable when an event is of a kind unknown to this version.
        """
        with self._reading() as connection:
            last = connection.scalar(_LAST, {"run": run_id})
            if last is None:
                raise _no_run(run_id)
            if last <= seq:
                return []
            rows = connection.execute(_SINCE, {"run": run_id, "after": seq}).all()
        return [Record(number, _event(run_id, number, body)) for number, body in rows]

    def claim(
        self, run_id: str, worker: str, *, stale_after: float, silent: float | None = None
    ) -> bool:
        """Make `worker` the run's only worker; False when another one lives. Raises RunNotFound."""
        with self._writing() as connection:
            now = time.time()  # read after the wait for a busy SQLite file
            free = (
                RUNS.c.worker.is_(None)
                | (RUNS.c.worker == worker)
                | (RUNS.c.heartbeat <= now - stale_after)
            )
            if silent is not None:
                free |= RUNS.c.heartbeat == silent
            taken = update(RUNS).where(RUNS.c.id == run_id, free)
            won = connection.execute(taken.values(worker=worker, heartbeat=now)).rowcount == 1
            if not won and connection.scalar(_LAST, {"run": run_id}) is None:
                raise _no_run(run_id)
        return won

    def heartbeat(self, run_id: str, worker: str) -> bool:
        """Say that the worker lives; False when the run is no longer its own."""
        own = update(RUNS).where(RUNS.c.id == run_id, RUNS.c.worker == worker)
        with self._writing() as connection:
            return connection.execute(own.values(heartbeat=time.time())).rowcount == 1

    def release(self, run_id: str, worker: str) -> None:
        """End the claim, so that another worker may take the run up at once."""
        own = update(RUNS).where(RUNS.c.id == run_id, RUNS.c.worker == worker)
        with self._writing() as connection:
            connection.execute(own.values(worker=None))

    def put_snapshot(self, run_id: str, snapshot: Snapshot) -> None:
        """Replace the run's snapshot, unless it is of a later event. Raises RunNotFound."""
        row = {"run_id": run_id, "seq": snapshot.seq, "body": snapshot.model_dump_json()}
        replace = self._upsert(
            SNAPSHOTS, key=("run_id",), replaced=("seq", "body"), not_below="seq"
        )
        with self._writing() as connection:
            try:
                connection.execute(replace, row)
            except IntegrityError as error:  # its only constraint is that the run exists
                raise _no_run(run_id) from error

    def snapshot(self, run_id: str) -> Snapshot | None:
        """The newest snapshot, if there is one that this version can read."""
        with self._reading() as connection:
            body = connection.scalar(select(SNAPSHOTS.c.body).where(SNAPSHOTS.c.run_id == run_id))
        return None if body is None else _snapshot(body)

    def snapshots(self) -> dict[str, Snapshot]:
        """Run id → its newest snapshot, for all runs that have one that can be read."""
        with self._reading() as connection:
            rows = connection.execute(select(SNAPSHOTS.c.run_id, SNAPSHOTS.c.body)).all()
        read = {run_id: _snapshot(body) for run_id, body in rows}
        return {run_id: snapshot for run_id, snapshot in read.items() if snapshot is not None}

    def traces(self, run_id: str, keys: Sequence[str]) -> dict[str, str]:
        """Key → JSON text, for those keys that exist."""
        wanted = select(TRACES.c.key, TRACES.c.body).where(
            TRACES.c.run_id == run_id, TRACES.c.key.in_(keys)
        )
        with self._reading() as connection:
            return {key: unpack(body) for key, body in connection.execute(wanted)}

    def delete(self, run_id: str) -> None:
        """Remove the run with its events, traces and snapshot. Raises RunNotFound."""
        with self._writing() as connection:
            if connection.execute(delete(RUNS).where(RUNS.c.id == run_id)).rowcount == 0:
                raise _no_run(run_id)

    def put_dataset(self, dataset: Dataset) -> str:
        """Store it and return its id. The same content is stored once, under its latest name.

        `created` stays the time at which the content was first stored.
        """
        known = update(DATASETS).where(DATASETS.c.id == dataset.id)
        named = {"name": dataset.name, "origin": dataset.origin}
        with self._writing() as connection:
            if connection.execute(known.values(named)).rowcount == 1:
                return dataset.id
        row = named | {
            "id": dataset.id,
            "rows": len(dataset.frame),
            "columns": json.dumps(list(dataset.frame.columns)),
            "created": time.time(),
            "content": dataset.to_parquet(),
        }
        with self._writing() as connection:
            connection.execute(
                self._upsert(DATASETS, key=("id",), replaced=("name", "origin")), row
            )
        return dataset.id

    def dataset(self, dataset_id: str) -> Dataset:
        """The dataset. Raises DatasetNotFound."""
        wanted = select(DATASETS.c.name, DATASETS.c.origin, DATASETS.c.content)
        with self._reading() as connection:
            row = connection.execute(wanted.where(DATASETS.c.id == dataset_id)).one_or_none()
        if row is None:
            raise _no_dataset(dataset_id)
        name, origin, content = row
        try:
            return Dataset.from_parquet(content, name=name, origin=origin)
        except DatasetError as error:
            raise StoreError(f"stored dataset {dataset_id!r} is damaged: {error}") from error

    def datasets(self) -> list[StoredDataset]:
        """All datasets, newest first."""
        with self._reading() as connection:
            rows = connection.execute(select(*_LISTED).order_by(DATASETS.c.created.desc())).all()
        return [
            StoredDataset.model_validate({**row, "columns": json.loads(row["columns"])})
            for row in (dict(each._mapping) for each in rows)
        ]

    def delete_dataset(self, dataset_id: str) -> None:
        """Remove it. Raises DatasetNotFound."""
        with self._writing() as connection:
            gone = connection.execute(delete(DATASETS).where(DATASETS.c.id == dataset_id))
            if gone.rowcount == 0:
                raise _no_dataset(dataset_id)

    def _run_rows(self) -> Sequence[Row[*tuple[Any, ...]]]:
        with self._reading() as connection:
            return connection.execute(select(*_RUN).order_by(RUNS.c.created.desc())).all()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with plain_errors(self._url), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with plain_errors(self._url), self._engine.begin() as connection:
            yield connection

    def _upsert(
        self,
        table: TableClause,
        *,
        key: Sequence[str],
        replaced: Sequence[str],
        not_below: str | None = None,
    ) -> Insert:
        """An insert that only replaces these columns where a row with the same key exists.

        A row that has more in the column `not_below` stays as it is.
        """
        # Both dialects' inserts look alike, but have no common type that says so.
        new: Any = (sqlite if self._engine.dialect.name == "sqlite" else postgresql).insert(table)
        conflict: Insert = new.on_conflict_do_update(
            index_elements=list(key),
            set_={name: new.excluded[name] for name in replaced},
            where=None if not_below is None else new.excluded[not_below] >= table.c[not_below],
        )
        return conflict


def _no_run(run_id: str) -> RunNotFound:
    return RunNotFound(f"there is no run {run_id!r}. It may have been deleted.")


def _taken(run_id: str) -> RunTaken:
    return RunTaken(f"run {run_id}: another worker has taken it over.")


def _no_dataset(dataset_id: str) -> DatasetNotFound:
    return DatasetNotFound(f"there is no dataset {dataset_id!r}. It may have been deleted.")


def _stored_run(row: Row[*tuple[Any, ...]]) -> StoredRun:
    run = _readable(row)
    if isinstance(run, UnreadableRun):
        raise RunUnreadable(
            f"run {run.id!r}: its settings cannot be read; a newer version of MIPRO Studio may "
            "have written them. Update MIPRO Studio or delete the run."
        )
    return run


def _readable(row: Row[*tuple[Any, ...]]) -> StoredRun | UnreadableRun:
    try:
        config = RunConfig.model_validate_json(row.config)
    except ValidationError:
        return UnreadableRun(
            id=row.id,
            name=_name_in(row.config),
            created=row.created,
            heartbeat=row.heartbeat,
        )
    return StoredRun(
        id=row.id, created=row.created, config=config, seq=row.seq, heartbeat=row.heartbeat
    )


def _name_in(config: str) -> str | None:
    try:
        settings = json.loads(config)
    except (ValueError, RecursionError):
        return None
    name = settings.get("name") if isinstance(settings, dict) else None
    return name if isinstance(name, str) else None


def _event(run_id: str, seq: int, body: str) -> Event:
    try:
        return event_from_json(body)
    except ValidationError as error:
        raise RunUnreadable(
            f"run {run_id!r}: event {seq} cannot be read; a newer version of MIPRO Studio may have "
            "written it. Update MIPRO Studio."
        ) from error


def _snapshot(body: str) -> Snapshot | None:
    try:
        return Snapshot.model_validate_json(body)
    except ValidationError:  # written by another version; a snapshot may be lost without harm
        return None
