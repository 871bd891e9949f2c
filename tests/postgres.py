"""A throwaway PostgreSQL server for tests: own data folder, own socket, no network, no fsync.

with postgres_cluster() as url:
    with fresh_database(url) as own_url: ...
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url

ACCOUNT = "postgres"
"""PostgreSQL refuses to run as root; then it runs as this user, whom Debian's package makes."""

SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


def why_no_postgres() -> str | None:
    """Why no cluster can be started here; None when one can."""
    if _binaries() is None:
        return "PostgreSQL is not installed (no initdb); on Debian: apt-get install postgresql"
    if os.geteuid() == 0 and not _has_account():
        return f"running as root, and there is no user {ACCOUNT!r} to run PostgreSQL as"
    return None


@contextmanager
def postgres_cluster() -> Iterator[str]:
    """The `postgresql://` address of an empty database on a server that ends with the block."""
    binaries = _binaries()
    assert binaries is not None, why_no_postgres()
    # Not pytest's tmp_path: that one only root can enter. Short, since a socket's path must be.
    folder = Path(tempfile.mkdtemp(prefix="studio-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, ACCOUNT, ACCOUNT)
        data = folder / "data"
        _run(binaries / "initdb", "-D", data, "-U", ACCOUNT, "-A", "trust", "-E", "UTF8",
             "--locale=C", "--no-sync", cwd=folder)  # fmt: skip
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        control = (binaries / "pg_ctl", "-D", data)
        _run(*control, "-w", "-l", folder / "log", "-o", f"-k {folder} {options}", "start",
             cwd=folder)  # fmt: skip
        try:
            yield f"postgresql://{ACCOUNT}@/postgres?host={folder}"
        finally:
            _run(*control, "-w", "-m", "immediate", "stop", cwd=folder)
    finally:
        shutil.rmtree(folder)


@contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """The address of an empty schema of the database at `url`, dropped with the block.

    To its users it looks like a database of their own, and is made in a tenth of the time.
    """
    name = f"test_{uuid.uuid4().hex[:12]}"
    _on_server(url, f"CREATE SCHEMA {name}")
    try:
        own = make_url(url).update_query_dict({"options": f"-csearch_path={name}"})
        yield own.render_as_string(hide_password=False)
    finally:
        _on_server(url, f"DROP SCHEMA {name} CASCADE")


def _on_server(url: str, statement: str) -> None:
    server = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def _binaries() -> Path | None:
    """The folder with `initdb` and `pg_ctl`; Debian keeps it off PATH."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    return versions[-1].parent if versions else None


def _version(initdb: Path) -> float:
    return float(initdb.parts[-3])


def _has_account() -> bool:
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        return False
    return True


def _run(*command: object, cwd: Path) -> None:
    """Run as a user that PostgreSQL accepts; what it said is in the error when it fails."""
    account = ACCOUNT if os.geteuid() == 0 else None
    said = cwd / "said"
    with said.open("w") as output:  # not a pipe: the server inherits it and would keep it open
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            user=account,
            group=account,
            extra_groups=None if account is None else [],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    assert done.returncode == 0, f"{command[0]}: {said.read_text()}"
