"""A run as the lists show it."""

from dataclasses import dataclass
from typing import cast

from core.runs.course import Status
from core.runs.liveness import RunStatus, status_of
from core.runs.snapshot import RunSummary, Snapshot
from core.runs.store import StoredRun

BUSY: frozenset[RunStatus] = frozenset({"queued", "running", "paused"})
"""A worker lives, or is about to."""


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """One line of a list of runs."""

    run: StoredRun
    status: RunStatus
    """`interrupted` included."""
    summary: RunSummary
    """As of the worker's last snapshot; empty before the first."""


def run_row(run: StoredRun, snapshot: Snapshot | None, now: float) -> RunRow:
    """The line of this run at the time `now`, in seconds since the epoch."""
    summary = snapshot.summary if snapshot else RunSummary(status="queued")
    return RunRow(
        run=run, status=status_of(cast(Status, summary.status), run, now), summary=summary
    )
