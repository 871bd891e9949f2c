"""The end of what a run's worker printed: why it died, when it could not tell the run's events.

Only reads; `core.worker.launcher` makes the file. It holds what all workers of the run printed, the
newest last. What a worker could not print, because the disk was full, is told here.
"""

import shutil
from pathlib import Path

from core.worker.launcher import cache_folder

FILE = "worker.log"

MOST_LINES = 20
MOST_BYTES = 8_000

LITTLE = 1_000_000
"""Free bytes below which a disk counts as full."""


def last_words(run_id: str, *, since: float | None) -> str | None:
    """The last lines of the log; None when there are none, or none from after `since`.

    `since` is the last sign of life of a worker, in seconds since the epoch: a worker that came
    after the one that wrote these lines did not die of them.
    """
    path = cache_folder(run_id) / FILE
    words = [_printed(path, since), _full(path.parent)]
    return "\n".join(filter(None, words)) or None


def _printed(path: Path, since: float | None) -> str | None:
    try:
        if since is not None and path.stat().st_mtime < since:
            return None
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - MOST_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:  # never made, or removed with the cache
        return None
    lines = text.strip().splitlines()
    return "\n".join(lines[-MOST_LINES:]) or None


def _full(folder: Path) -> str | None:
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return None
    if free >= LITTLE:
        return None
    return f"The disk is full: {free:,} bytes are free at {folder}. Make room, then press Resume."
