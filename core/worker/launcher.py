"""Starts workers as processes of their own, which outlive whoever started them."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from core.storage.location import database_url

ROOT = Path(__file__).resolve().parents[2]


def start(run_id: str, url: str | None = None) -> None:
    """Start a worker for the run, in its own process group, and return at once.

    What it prints goes to a log file beside the run's cache. Starting a second worker for a run is
    harmless: it sees that the first one lives and ends.
    """
    folder = cache_folder(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "core.worker", run_id]
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            # by environment, not by argument: the address can hold a password
            env={**os.environ, "STUDIO_DB": database_url(url)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # reaps the worker when it ends; a server that lives on would keep a zombie otherwise
    threading.Thread(target=process.wait, daemon=True).start()


def cache_folder(run_id: str) -> Path:
    """Where a run's cache of model answers and its worker's log are."""
    home = os.environ.get("STUDIO_HOME")
    return (Path(home) if home else ROOT / ".studio") / "cache" / run_id


def forget(run_id: str) -> None:
    """Remove a deleted run's cache and log."""
    shutil.rmtree(cache_folder(run_id), ignore_errors=True)
