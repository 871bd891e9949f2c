"""A studio of its own for a test: a folder with its database, its caches and its logs."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest


def variables(folder: Path) -> dict[str, str]:
    """The environment variables of a process that is to keep everything in the folder."""
    return {"STUDIO_DB": f"sqlite:///{folder / 'studio.db'}", "STUDIO_HOME": str(folder)}


def move_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep everything in the folder until the patch is undone; the folder."""
    for name, value in variables(folder).items():
        monkeypatch.setenv(name, value)
    return folder


def database_file() -> Path:
    """Where the database of this process's studio is."""
    return Path(os.environ["STUDIO_DB"].removeprefix("sqlite:///"))


@contextlib.contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """A connection to it past the store; what the block does is one transaction."""
    with contextlib.closing(sqlite3.connect(database_file())) as connection, connection:
        yield connection


def forget_heartbeat(run_id: str) -> None:
    """Stand in for waiting until the heartbeat of the run's dead worker is old."""
    with database() as connection:
        connection.execute("UPDATE runs SET heartbeat = 0 WHERE id = ?", (run_id,))
