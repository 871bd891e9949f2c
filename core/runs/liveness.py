"""Whether anybody is working on a run: its heartbeat says so, never a process id."""

from typing import Literal

from core.runs.course import ENDED, Status
from core.runs.store import StoredRun

STALE_AFTER = 6.0
"""Seconds without a heartbeat after which a run counts as interrupted."""

START_GRACE = 30.0
"""Seconds that a new run may wait for its worker's first sign of life."""

RunStatus = Literal["queued", "running", "paused", "interrupted", "finished", "stopped", "failed"]


def has_worker(heartbeat: float | None, now: float) -> bool:
    """Whether a worker has lately said that it lives."""
    return heartbeat is not None and now - heartbeat < STALE_AFTER


def status_of(status: Status, run: StoredRun, now: float) -> RunStatus:
    """The status that a person sees: an unfinished run without a living worker is interrupted."""
    if status in ENDED:
        return status
    if run.heartbeat is None:
        return "queued" if now - run.created < START_GRACE else "interrupted"
    return status if has_worker(run.heartbeat, now) else "interrupted"
