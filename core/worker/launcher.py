"""Starts workers as processes of their own, which outlive whoever started them."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from core.errors import RunNotFound, StoreUnavailable
from core.storage.location import database_url

ROOT = Path(__file__).resolve().parents[2]

POLITENESS = 5
"""How far a worker steps back behind the dashboard where both want the processor, so that pages
stand soon while many runs start and work."""


def start(run_id: str, url: str | None = None, *, keys: Mapping[str, str] | None = None) -> None:
    """Start a worker for the run, in its own process group, and return at once.

    What it prints goes to a log file beside the run's cache. Starting a second worker for a run is
    harmless: it sees that the first one lives and ends. `keys` are for its environment alone.

    Raises:
        StoreUnavailable: the folder for its log cannot be written.
    """
    nice = shutil.which("nice")
    politely = [nice, "-n", str(POLITENESS)] if nice else []
    command = [*politely, sys.executable, "-m", "core.worker", run_id]
    with _log_of(run_id) as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            # by environment, not by argument: the address can hold a password
            env={**os.environ, **(keys or {}), "STUDIO_DB": database_url(url)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # reaps the worker when it ends; a server that lives on would keep a zombie otherwise
    threading.Thread(target=process.wait, daemon=True).start()


def _log_of(run_id: str) -> BinaryIO:
    folder = cache_folder(run_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "worker.log").open("ab")
    except OSError as error:
        raise StoreUnavailable(
            f"no worker was started: the folder {str(folder)!r} cannot be written "
            f"({error.strerror}). Make room or make it writable, or name another one in "
            "STUDIO_HOME; then resume the run."
        ) from error


def cache_folder(run_id: str) -> Path:
    """Where a run's cache of model answers and its worker's log are.

    Raises:
        RunNotFound: the id is none that a store gives; it could lead out of the folder.
    """
    if not re.fullmatch(r"[\w-]+", run_id, flags=re.A):
        raise RunNotFound(f"there is no run {run_id!r}.")
    home = os.environ.get("STUDIO_HOME")
    return (Path(home) if home else ROOT / ".studio") / "cache" / run_id


def forget(run_id: str) -> None:
    """Remove a deleted run's cache and log."""
    shutil.rmtree(cache_folder(run_id), ignore_errors=True)
