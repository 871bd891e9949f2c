"""Whether anybody is working on a run: its heartbeat says so, never a process id."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from core.runs.course import ENDED, Status
from core.runs.decisions import EvaluationCancelled, EvaluationRequested, Reopened
from core.runs.events import Event, RunFailed, RunFinished, RunStarted, RunStopped
from core.runs.store import StoredRun

STALE_AFTER = 6.0
"""Seconds without a heartbeat after which a run counts as interrupted.

So much may a heartbeat lie in the future, too: one that is further ahead was written before the
clock was set back.
"""

START_GRACE = 30.0
"""Seconds that a run, new or taken up again, may wait for its worker's first sign of life."""

RunStatus = Literal["queued", "running", "paused", "interrupted", "finished", "stopped", "failed"]


def has_worker(heartbeat: float | None, now: float) -> bool:
    """Whether a worker has lately said that it lives."""
    return heartbeat is not None and abs(now - heartbeat) < STALE_AFTER


def status_of(
    status: Status, run: StoredRun, now: float, *, asked: float | None = None
) -> RunStatus:
    """The status that a person sees: an unfinished run without a living worker is interrupted.

    `asked` is when somebody last took an ended run up again, where that is known.
    """
    if status in ENDED:
        return status
    if has_worker(run.heartbeat, now):
        return status
    waits_since = [run.created] if run.heartbeat is None else []
    if asked is not None and status == "queued":
        waits_since.append(asked)
    waits = any(abs(now - since) < START_GRACE for since in waits_since)
    return "queued" if waits else "interrupted"


class TakenUp(NamedTuple):
    """Where a run stands that had ended when it was last looked at."""

    status: Status
    asked: float | None
    """When it was taken up; None when it has not been."""
    evaluates: bool
    """True when it was taken up only for what people want evaluated."""


def taken_up(  # noqa: C901  one case per kind
    ended: Status, later: Iterable[Event]
) -> TakenUp:
    """The status of a run that had `ended`, after the events since."""
    at, before, opened = TakenUp(ended, None, evaluates=False), ended, 0
    for event in later:
        match event:
            case Reopened():
                at = TakenUp("queued", event.at, evaluates=False)
            case EvaluationRequested() if at.status in ENDED:
                before, opened = at.status, 1
                at = TakenUp("queued", event.at, evaluates=True)
            case EvaluationRequested():
                opened += 1
            case EvaluationCancelled():
                opened -= 1
                if at.evaluates and at.status == "queued" and opened <= 0:
                    at = TakenUp(before, None, evaluates=False)
            case RunStarted():
                at = at._replace(status="running")
            case RunFinished():
                at = TakenUp("finished", None, evaluates=False)
            case RunStopped():
                at = TakenUp("stopped", None, evaluates=False)
            case RunFailed():
                at = TakenUp("failed" if not at.evaluates else before, None, evaluates=False)
            case _:
                pass  # the others take no run up and end none
    return at
