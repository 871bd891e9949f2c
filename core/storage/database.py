"""From an address to a set-up SQLAlchemy engine, and from a driver's error to plain words.

SQLite and PostgreSQL differ here and almost nowhere else. It knows nothing of tables.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.errors import StoreError, StoreUnavailable

BUSY_SECONDS = 30.0
"""How long a SQLite connection waits for another one to finish writing."""

CONNECT_SECONDS = 10
"""How long to wait for a PostgreSQL server to answer."""

_EXPECTED = "Write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE (STUDIO_DB or --db)."

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}

_ADVICE = (
    ("readonly database", "Make the file and its folder writable, or name another database."),
    ("unable to open", "Check that its folder exists and can be written, or name another one."),
    ("is locked", f"Another program kept it for {BUSY_SECONDS:.0f} s; close that or try again."),
    ("is full", "Free some disk space and try again."),
    ("disk i/o error", "Check the disk, and that the file is not on a network share."),
    ("malformed", "The file is damaged: restore a copy, or name another database."),
    ("not a database", "The file is something else: name another database."),
    ("no such table", "The file was replaced while it was in use: restart."),
    ("permission denied", "Let the user create tables in this database, or name another user."),
)

_PASSING = ("unable to open", "is locked", "is full", "disk i/o error")
"""What SQLite says of what may be over in a while."""


def address(url: str) -> URL:
    """The address with our driver and, for SQLite, an absolute path.

    Raises:
        StoreError: it cannot be read, or is of a database that this store does not work with.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Neither the text nor the parser's message is shown: parts of a password may be in both.
        raise StoreError(f"the database address cannot be read. {_EXPECTED}") from None
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None:
        raise StoreError(f"{parsed.drivername!r} databases are not supported. {_EXPECTED}")
    if driver != "sqlite":
        return parsed.set(drivername=driver)
    if parsed.database in (None, "", ":memory:") or parsed.query:
        raise StoreError(f"SQLite needs the path of a file and nothing else. {_EXPECTED}")
    return parsed.set(drivername=driver, database=str(Path(str(parsed.database)).absolute()))


def shown(url: URL) -> str:
    """The address without its password and without options, which may hold another."""
    return url.set(query={}).render_as_string(hide_password=True)


def connect(url: URL) -> Engine:
    """An engine for the address, safe across threads; it connects on first use.

    SQLite gets a new connection for each use (0.1 ms), PostgreSQL a pool of a few.

    Raises:
        StoreError: the folder of a SQLite file cannot be made.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    return create_engine(
        url,
        pool_size=2,
        max_overflow=8,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "mipro-studio"},
    )


def reading(engine: Engine) -> Engine:
    """The same engine for single statements that only read: no transaction around them."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def leave_wal(engine: Engine) -> None:
    """Make a SQLite file use a rollback journal, for good; nothing for PostgreSQL.

    SQLite 3.7.0 to 3.51.2 can corrupt a WAL file (sqlite.org/wal.html, "WAL-reset bug").
    """
    if engine.dialect.name == "sqlite":
        with reading(engine).connect() as connection:
            if connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal":
                connection.exec_driver_sql("PRAGMA journal_mode=DELETE")


@contextmanager
def plain_errors(url: URL) -> Iterator[None]:
    """Turns what a database driver raises inside into a `StoreError` that says what to do."""
    try:
        yield
    except DBAPIError as error:
        words = " ".join(str(error.orig).split())
        said = f"database {shown(url)}: {words.rstrip('.?')}. {_advice(url, error)}"
        raise _kind(url, error)(said.rstrip()) from error
    except PoolTimeoutError as error:
        said = f"database {shown(url)}: all its connections are in use."
        raise StoreUnavailable(said) from error


def _kind(url: URL, error: DBAPIError) -> type[StoreError]:
    if url.get_backend_name() == "postgresql":
        passing = isinstance(error, OperationalError)
    else:
        words = str(error.orig).lower()
        passing = any(fragment in words for fragment in _PASSING)
    return StoreUnavailable if passing else StoreError


def _advice(url: URL, error: DBAPIError) -> str:
    words = str(error.orig).lower()
    for fragment, advice in _ADVICE:
        if fragment in words:
            return advice
    if url.get_backend_name() == "postgresql" and isinstance(error, OperationalError):
        return "Check that the server runs and that address, user and password are right."
    return ""


def _sqlite_engine(url: URL) -> Engine:
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder {str(folder)!r} for the database cannot be made ({error.strerror}). "
            "Name another one (STUDIO_DB or --db)."
        ) from error
    engine = create_engine(
        url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_immediately)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_immediately` says
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_immediately(connection: Connection) -> None:
    # A transaction that reads first and locks later fails at once, without waiting, when another
    # one has written in between.
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
