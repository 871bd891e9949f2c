"""The steps that bring a database to today's tables, each applied once and recorded by its name.

A step that has been released is never edited; a change of the tables is one more step at the end
of `MIGRATIONS`, and an edit of `core.storage.tables`.
"""

import time
from collections.abc import Callable

from sqlalchemy import Connection, Engine

from core.errors import StoreError

_LOCK = 6_211_406_695
"""Number of the advisory lock that one PostgreSQL client at a time holds while it migrates."""


def m0001_runs_and_datasets(connection: Connection) -> None:
    """The first tables."""
    blob = "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
    of_run = "run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE"
    for statement in (
        "CREATE TABLE runs (id TEXT PRIMARY KEY, created DOUBLE PRECISION NOT NULL, "
        "config TEXT NOT NULL, seq INTEGER NOT NULL, worker TEXT, heartbeat DOUBLE PRECISION)",
        f"CREATE TABLE events ({of_run}, seq INTEGER NOT NULL, at DOUBLE PRECISION NOT NULL, "
        "kind TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run_id, seq))",
        f"CREATE TABLE traces ({of_run}, key TEXT NOT NULL, body TEXT NOT NULL, "
        "PRIMARY KEY (run_id, key))",
        f"CREATE TABLE snapshots ({of_run}, seq INTEGER NOT NULL, body TEXT NOT NULL, "
        "PRIMARY KEY (run_id))",
        "CREATE TABLE datasets (id TEXT PRIMARY KEY, name TEXT NOT NULL, origin TEXT NOT NULL, "
        '"rows" INTEGER NOT NULL, "columns" TEXT NOT NULL, created DOUBLE PRECISION NOT NULL, '
        f"content {blob} NOT NULL)",
    ):
        connection.exec_driver_sql(statement)


def m0002_pipelines(connection: Connection) -> None:
    """Pipelines that people build and save."""
    connection.exec_driver_sql(
        "CREATE TABLE pipelines (name TEXT NOT NULL, version INTEGER NOT NULL, "
        'saved_at DOUBLE PRECISION NOT NULL, "by" TEXT NOT NULL, body TEXT NOT NULL, '
        "PRIMARY KEY (name, version))"
    )


def m0003_packed_traces(connection: Connection) -> None:
    """Traces may be packed; those that are there stay as they are."""
    if connection.dialect.name == "postgresql":  # SQLite keeps bytes in any column
        connection.exec_driver_sql(
            "ALTER TABLE traces ALTER COLUMN body TYPE BYTEA USING convert_to(body, 'UTF8')"
        )


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    m0001_runs_and_datasets,
    m0002_pipelines,
    m0003_packed_traces,
)


def migrate(
    engine: Engine, migrations: tuple[Callable[[Connection], None], ...] = MIGRATIONS
) -> None:
    """Apply the steps that this database has not seen, all or none. Safe among processes.

    Raises:
        StoreError: the database has seen a step that this version does not know.
    """
    with engine.begin() as connection:  # in SQLite this alone keeps others out
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        connection.exec_driver_sql(
            "CREATE TABLE IF NOT EXISTS migrations "
            "(name TEXT PRIMARY KEY, applied DOUBLE PRECISION NOT NULL)"
        )
        seen = set(connection.exec_driver_sql("SELECT name FROM migrations").scalars())
        steps = {step.__name__: step for step in migrations}
        if unknown := seen - steps.keys():
            raise StoreError(
                f"the database was made by a newer version of MIPRO Studio (step {min(unknown)!r} "
                "is unknown here). Update MIPRO Studio or name another database."
            )
        for name, step in steps.items():
            if name not in seen:
                step(connection)
                connection.exec_driver_sql(
                    f"INSERT INTO migrations (name, applied) VALUES ('{name}', {time.time()})"
                )
