"""A run as the lists show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from core.runs.course import ENDED, Status
from core.runs.events import Event
from core.runs.liveness import RunStatus, status_of, taken_up
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
    evaluates: bool = False
    """True while an ended run is taken up only for what people want evaluated."""

    @property
    def status_word(self) -> str:
        """The status as lists say it."""
        is_evaluating = self.evaluates and self.status in ("queued", "running")
        return "evaluating" if is_evaluating else self.status


def may_be_taken_up(run: StoredRun, snapshot: Snapshot | None) -> bool:
    """Whether events have followed the end that the snapshot tells of."""
    return snapshot is not None and snapshot.summary.status in ENDED and run.seq > snapshot.seq


def run_row(
    run: StoredRun, snapshot: Snapshot | None, now: float, later: Iterable[Event] = ()
) -> RunRow:
    """The line of this run at the time `now`, in seconds since the epoch.

    `later`: the events after the end that the snapshot tells of, where it `may_be_taken_up`.
    """
    summary = snapshot.summary if snapshot else RunSummary(status="queued")
    status, asked, evaluates = cast(Status, summary.status), None, summary.evaluates
    if status in ENDED:
        status, asked, evaluates = taken_up(status, later)
    return RunRow(
        run=run,
        status=status_of(status, run, now, asked=asked),
        summary=summary,
        evaluates=evaluates,
    )
