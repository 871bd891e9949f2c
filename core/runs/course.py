"""How a run goes as a whole: started, paused, ended, taken up again.

A part of `core.runs.state`, which adds what was found.
"""

from dataclasses import dataclass, field
from typing import Literal

from core.lm.usage import Usage
from core.programs.predictors import PredictorInfo
from core.runs import events as ev
from core.runs.clock import WorkClock
from core.runs.parts import Ending
from core.runs.steering import Steering

Status = Literal["queued", "running", "paused", "finished", "stopped", "failed"]
ENDED: frozenset[Status] = frozenset({"finished", "stopped", "failed"})


@dataclass(kw_only=True)
class Course:
    """What the events say of the run as a whole; `RunState` adds what was found."""

    seq: int = 0
    status: Status = "queued"
    wish: Literal["run", "pause", "stop"] = "run"
    """What people last asked for."""
    worker: str | None = None
    """Who works on the run, or was the last to do so."""
    hands_over: bool = False
    """True while a paused run waits for a new worker, and for nobody else to go on with it."""
    phase: ev.Phase | None = None
    phases: list[tuple[float, ev.Phase]] = field(default_factory=list)
    """(time, phase) of every change of phase, oldest first."""
    message: str | None = None
    """Why the run is paused or failed."""
    paused_by_person: bool = False
    at_cap: bool = False
    """True while the run waits because the next call would pass the cap."""
    steering: Steering = field(default_factory=Steering)
    """What people have decided."""
    returns_to: Ending | None = None
    """How the run had ended, while it is taken up again only for requests to evaluate."""
    branched_from: str | None = None
    """Id of the run that this one began as a copy of."""
    started: float | None = None
    ended: float | None = None
    last_event_at: float = 0.0
    """Time of the newest event; 0 before the first."""

    predictors: tuple[PredictorInfo, ...] = ()
    sizes: tuple[int, int, int] = (0, 0, 0)
    """Examples in trainset, valset and testset."""
    failures: list[tuple[float, str, ev.Failure]] = field(default_factory=list)
    """(time, where in plain words, failure), oldest first."""
    fully_evaluated: list[str] = field(default_factory=list)
    """Candidates whose full evaluation is finished, the baseline among them."""
    best: str | None = None
    """As named by the event that ended the run."""
    task_usage: Usage = Usage()
    """Of all runs of the program, a judge's calls included."""
    program_usage: Usage = Usage()
    teacher_usage: Usage = Usage()
    judge_usage: Usage = Usage()
    """What the program itself took of it, what it took of a teacher model, and what judges took."""
    prompt_usage: Usage = Usage()
    _clock: WorkClock = field(default_factory=WorkClock)

    @property
    def is_ended(self) -> bool:
        """True when no worker will ever continue this run."""
        return self.status in ENDED

    @property
    def search_has_ended(self) -> bool:
        """True when the run has ended, or goes on only with what people want evaluated."""
        return self.is_ended or self.returns_to is not None

    @property
    def usage(self) -> Usage:
        """All models together."""
        return self.task_usage + self.prompt_usage

    def elapsed(self, now: float) -> float:
        """Seconds in which a worker was at work, pauses and interruptions left out."""
        return self._clock.elapsed(now)

    def _run_started(self, event: ev.RunStarted) -> None:
        self._clock.take_up(self._at_work_since(event.at))
        if self.status == "paused" and self.wish == "pause":
            self.wish = "run"  # taking a paused run up is asking it to go on
        self.status, self.worker, self.hands_over = "running", event.worker, False
        self.message, self.at_cap = None, False
        self.started = event.at if self.started is None else self.started
        self.predictors = event.predictors
        self.sizes = (event.train, event.val, event.test)

    def _branched(self, event: ev.RunBranched) -> None:
        self.branched_from = event.parent
        self.predictors = event.predictors
        self.sizes = (event.train, event.val, event.test)

    def _phase_changed(self, event: ev.PhaseChanged) -> None:
        """Time in which a run waits for a review is not time at work."""
        if event.phase == "review":
            self._clock.stop(event.at)
        elif self.phase == "review" and self.status == "running":
            self._clock.start(event.at)
        self.phase = event.phase
        self.phases.append((event.at, event.phase))

    def _paused(self, event: ev.Paused) -> None:
        self.status, self.message = "paused", event.reason
        self.paused_by_person = event.by_person
        self.wish = "pause" if self.wish == "run" else self.wish
        self._clock.stop(event.at)

    def _resumed(self, event: ev.Resumed) -> None:
        self.status, self.message, self.at_cap = "running", None, False
        self.hands_over = False
        self._clock.start(self._at_work_since(event.at))

    def _at_work_since(self, at: float) -> float | None:
        """None in a review, in which a run waits for people."""
        return None if self.phase == "review" and self.returns_to is None else at

    def _reopened(self) -> None:
        """An ended run goes on where its search was; what it was declared to be is forgotten."""
        if self.search_has_ended:
            self.status = "queued" if self.is_ended else self.status
            self.ended, self.best, self.wish, self.returns_to = None, None, "run", None
            self.phase = "search" if self.phase == "test" else self.phase

    def _evaluation_requested(self) -> None:
        """An ended run is taken up for what people want evaluated, and keeps what it was called."""
        if self.status in ("finished", "stopped", "failed"):
            self.returns_to = Ending(
                status=self.status,
                best=self.best,
                message=self.message,
                wish=self.wish,
                fully=len(self.fully_evaluated),
            )
            self.status, self.ended, self.message, self.wish = "queued", None, None, "run"

    def _evaluation_cancelled(self, at: float) -> None:
        """Before any worker came for it, the run is at once as it was."""
        before = self.returns_to
        if before is not None and self.status == "queued" and not self.steering.open_evaluations:
            self._ended(before.status, at, best=before.best)

    def _ended(self, status: Status, at: float, *, best: str | None) -> None:
        self.status, self.ended, self.best = status, at, best
        if self.returns_to is not None:
            self.wish, self.message = self.returns_to.wish, self.returns_to.message
            self.returns_to = None
        self._clock.stop(at)
        if self.steering.open_evaluations and status != "failed":
            self._evaluation_requested()  # in the very moment in which the run ended

    def _failed(self, event: ev.RunFailed) -> None:
        """A run that was taken up only to evaluate is what it was, without the evaluation."""
        if (before := self.returns_to) is None:
            self._ended("failed", event.at, best=None)
        else:
            for evaluation in self.steering.open_evaluations:
                self.steering.end_evaluation(evaluation.number, "failed")
            if event.message != before.message:  # else it ends again as it had ended
                failure = ev.Failure(kind="RunFailed", message=event.message)
                self.failures.append((event.at, "evaluation", failure))
            self._ended(before.status, event.at, best=before.best)
        self.message = event.message
