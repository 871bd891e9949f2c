"""What the events of a run add up to. Nothing else knows how a run is going.

`RunState` folds one record at a time and never looks back, so a reader that keeps a state folds
only what is new. It computes no statistics; `core.results` does, from what is kept here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, assert_never

from core.lm.outage import ATTEMPTS, attempts_allowed
from core.lm.usage import Usage
from core.programs.candidate import Candidate, Choice, Demo
from core.programs.predictors import PredictorInfo
from core.proposal.settings import ProposerSettings
from core.runs import events as ev
from core.runs.store import Record

Status = Literal["queued", "running", "paused", "finished", "stopped", "failed"]
ENDED: frozenset[Status] = frozenset({"finished", "stopped", "failed"})


@dataclass(frozen=True, kw_only=True)
class Result:
    """One example under one candidate, as last tried."""

    score: float | None
    failure: ev.Failure | None
    attempt: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class DemoSet:
    """A demo set of one predictor."""

    id: str
    demos: tuple[Demo, ...]
    source: str


@dataclass(kw_only=True)
class Trial:
    """A candidate and the examples it is scored on. `mean` is None until it is finished."""

    number: int
    purpose: ev.Purpose
    candidate: str
    examples: tuple[str, ...]
    started: float
    finished: float | None = None
    mean: float | None = None
    n: int = 0
    failed: int = 0
    scored: int = 0
    """Examples with a result of this trial so far; for progress."""
    round: int | None = None
    """The round whose instructions it tries."""
    reason: str | None = None
    """Why this candidate and why now; None where the optimizer gives no reason."""


class ValResult(NamedTuple):
    """One validation example under one candidate, as it came in."""

    candidate: str
    example: str
    attempt: int
    score: float | None
    failure: ev.Failure | None


@dataclass(kw_only=True)
class Round:
    """Fresh instructions that are tried together."""

    number: int
    predictors: tuple[str, ...]
    settings: ProposerSettings
    demo_sets: dict[str, str]
    """Predictor → id of the demo set to try with them."""
    instructions: dict[str, str] = field(default_factory=dict)
    """Predictor → id of the instruction that came back."""
    trial: int | None = None
    """The first trial of these instructions; None before it."""


@dataclass(kw_only=True)
class RunState:
    """The state of a run after `seq` events."""

    seq: int = 0
    status: Status = "queued"
    wish: Literal["run", "pause", "stop"] = "run"
    """What people last asked for."""
    phase: ev.Phase | None = None
    message: str | None = None
    """Why the run is paused or failed."""
    paused_by_person: bool = False
    at_cap: bool = False
    """True while the run waits because the next call would pass the cap."""
    max_calls: int | None = None
    """A cap that replaces the configured one; None when nobody changed it."""
    started: float | None = None
    ended: float | None = None

    predictors: tuple[PredictorInfo, ...] = ()
    sizes: tuple[int, int, int] = (0, 0, 0)
    """Examples in trainset, valset and testset."""
    traces: dict[str, ev.TraceBootstrapped] = field(default_factory=dict)
    """Training example → its latest teacher trace."""
    demo_sets: dict[str, dict[str, DemoSet]] = field(default_factory=dict)
    """Predictor → id → demo set, in the order in which they were made."""
    instructions: dict[str, dict[str, ev.InstructionProposed]] = field(default_factory=dict)
    """Predictor → id → instruction, the program's own first."""
    proposed: set[tuple[str, int]] = field(default_factory=set)
    """(predictor, index) of every proposal that came back, duplicates included."""
    observations: list[ev.DatasetObserved] = field(default_factory=list)
    dataset_summary: str | None = None
    program_description: str | None = None
    predictor_descriptions: dict[str, str] = field(default_factory=dict)
    prompt_failures: dict[str, float] = field(default_factory=dict)
    """Task of the prompt model → attempts used up; one lost to an outage counts a quarter."""
    failures: list[tuple[float, str, ev.Failure]] = field(default_factory=list)
    """(time, where in plain words, failure), oldest first."""

    rounds: dict[int, Round] = field(default_factory=dict)
    """Those of optimizers that propose while they search."""
    candidates: dict[str, Candidate] = field(default_factory=dict)
    trials: dict[int, Trial] = field(default_factory=dict)
    open_trials: dict[int, Trial] = field(default_factory=dict)
    """Those not finished, oldest first."""
    results: dict[str, dict[str, Result]] = field(default_factory=dict)
    """Candidate → validation example → result."""
    val_results: list[ValResult] = field(default_factory=list)
    """The same in the order in which they came in, failed attempts included."""
    test_results: dict[str, dict[str, Result]] = field(default_factory=dict)
    """Candidate → test example → result."""
    baseline: str | None = None
    fully_evaluated: list[str] = field(default_factory=list)
    """Candidates whose full evaluation is finished, the baseline among them."""
    best: str | None = None
    """As named by the event that ended the run."""
    task_usage: Usage = Usage()
    prompt_usage: Usage = Usage()
    task_seconds: float = 0.0
    """Sum over all examples, however many ran together."""
    examples_scored: int = 0
    _active_seconds: float = 0.0
    _active_since: float | None = None
    _last_at: float = 0.0
    _worked_at: float = 0.0
    """Time of the newest event that a worker wrote."""

    def fold(self, records: Iterable[Record]) -> "RunState":
        """This state, after the records; those already folded are passed over."""
        for record in records:
            if record.seq > self.seq:
                self._apply(record.event)
                self.seq = record.seq
                self._last_at = record.event.at
                if not isinstance(record.event, ev.PERSONAL):
                    self._worked_at = record.event.at
        return self

    @property
    def is_ended(self) -> bool:
        """True when no worker will ever continue this run."""
        return self.status in ENDED

    @property
    def usage(self) -> Usage:
        """Both models together."""
        return self.task_usage + self.prompt_usage

    def elapsed(self, now: float) -> float:
        """Seconds in which a worker was at work, pauses and interruptions left out."""
        running = 0.0 if self._active_since is None else max(0.0, now - self._active_since)
        return self._active_seconds + running

    @property
    def last_event_at(self) -> float:
        """Time of the newest event; 0 before the first."""
        return self._last_at

    def _apply(self, event: ev.Event) -> None:  # noqa: C901  one case per kind, each one line
        match event:
            case ev.RunStarted():
                self._run_started(event)
            case ev.PhaseChanged():
                self.phase = event.phase
            case ev.TraceBootstrapped():
                self._trace_bootstrapped(event)
            case ev.DemoSetBuilt():
                self.demo_sets.setdefault(event.predictor, {})[event.id] = DemoSet(
                    id=event.id, demos=event.demos, source=event.source
                )
            case ev.DatasetObserved():
                self.observations.append(event)
                self.prompt_usage += event.usage
            case ev.DatasetSummarised():
                self.dataset_summary = event.text
                self.prompt_usage += event.usage
            case ev.ProgramDescribed():
                self.program_description = event.text
                self.prompt_usage += event.usage
            case ev.PredictorDescribed():
                self.predictor_descriptions[event.predictor] = event.text
                self.prompt_usage += event.usage
            case ev.InstructionProposed():
                self._instruction_proposed(event)
            case ev.PromptCallFailed():
                self._prompt_call_failed(event)
            case ev.RoundStarted():
                self._round_started(event)
            case ev.TrialStarted():
                self._trial_started(event)
            case ev.ExampleScored():
                self._example_scored(event)
            case ev.TrialFinished():
                self._trial_finished(event)
            case ev.Paused():
                self._paused(event)
            case ev.Resumed():
                self._resumed(event)
            case ev.BudgetReached():
                self.at_cap = True
                self.message = f"{event.calls} of at most {event.cap} LM calls are used."
            case ev.RunFinished():
                self._ended("finished", event.at, best=event.best)
            case ev.RunStopped():
                self._ended("stopped", event.at, best=event.best)
            case ev.RunFailed():
                self.message = event.message
                self._ended("failed", event.at, best=None)
            case ev.PauseRequested() | ev.ResumeRequested() | ev.StopRequested():
                self._wished(event)
            case _:
                assert_never(event)

    def _wished(self, event: ev.PauseRequested | ev.ResumeRequested | ev.StopRequested) -> None:
        match event:
            case ev.PauseRequested():
                self.wish = "pause" if self.wish == "run" else self.wish
            case ev.ResumeRequested():
                self.wish = "run" if self.wish == "pause" else self.wish
                self.max_calls = event.max_calls or self.max_calls
            case ev.StopRequested():
                self.wish = "stop"

    def _run_started(self, event: ev.RunStarted) -> None:
        if self._active_since is not None:  # the worker before this one ended without a word
            self._active_seconds += max(0.0, self._worked_at - self._active_since)
        self._active_since = event.at
        if self.status == "paused" and self.wish == "pause":
            self.wish = "run"  # taking a paused run up is asking it to go on
        self.status = "running"
        self.message, self.at_cap = None, False
        self.started = event.at if self.started is None else self.started
        self.predictors = event.predictors
        self.sizes = (event.train, event.val, event.test)

    def _trace_bootstrapped(self, event: ev.TraceBootstrapped) -> None:
        self.traces[event.example] = event
        self._count_task(event.usage, event.seconds)
        if event.failure is not None:
            self.failures.append((event.at, f"bootstrap, {row(event.example)}", event.failure))

    def _instruction_proposed(self, event: ev.InstructionProposed) -> None:
        self.instructions.setdefault(event.predictor, {}).setdefault(event.id, event)
        self.proposed.add((event.predictor, event.index))
        if event.round is not None:
            self.rounds[event.round].instructions[event.predictor] = event.id
        self.prompt_usage += event.usage

    def _prompt_call_failed(self, event: ev.PromptCallFailed) -> None:
        lost = ATTEMPTS / attempts_allowed(event.failure.kind)
        self.prompt_failures[event.task] = self.prompt_failures.get(event.task, 0.0) + lost
        self.prompt_usage += event.usage
        self.failures.append((event.at, event.task, event.failure))

    def _round_started(self, event: ev.RoundStarted) -> None:
        self.rounds[event.number] = Round(
            number=event.number,
            predictors=event.predictors,
            settings=event.settings,
            demo_sets=event.demo_sets,
        )

    def _trial_started(self, event: ev.TrialStarted) -> None:
        candidate = event.candidate.id
        self.candidates[candidate] = event.candidate
        trial = Trial(
            number=event.number,
            purpose=event.purpose,
            candidate=candidate,
            examples=event.examples,
            started=event.at,
            round=event.round,
            reason=event.reason,
        )
        if event.round is not None:
            self.rounds[event.round].trial = event.number
        self.trials[event.number] = self.open_trials[event.number] = trial
        if event.purpose == "baseline":
            self.baseline = candidate

    def _example_scored(self, event: ev.ExampleScored) -> None:
        trial = self.trials[event.trial]
        trial.scored += event.score is not None
        kept = self.test_results if trial.purpose == "test" else self.results
        if trial.purpose != "test":
            self.val_results.append(
                ValResult(event.candidate, event.example, event.attempt, event.score, event.failure)
            )
        kept.setdefault(event.candidate, {})[event.example] = Result(
            score=event.score, failure=event.failure, attempt=event.attempt, seconds=event.seconds
        )
        self._count_task(event.usage, event.seconds)
        self.examples_scored += 1
        if event.failure is not None:
            where = f"trial {event.trial}, {row(event.example)}"
            self.failures.append((event.at, where, event.failure))

    def _trial_finished(self, event: ev.TrialFinished) -> None:
        trial = self.open_trials.pop(event.number, None)
        if trial is None:
            return  # said twice, by a worker that had lost the run without knowing
        trial.finished, trial.mean, trial.n = event.at, event.mean, event.n
        trial.failed = event.failed
        seen = len(self.results.get(trial.candidate, {}))
        # minibatches can add up to the whole valset, too
        full = trial.purpose in ("baseline", "full") or 0 < self.sizes[1] <= seen
        if full and trial.mean is not None and trial.candidate not in self.fully_evaluated:
            self.fully_evaluated.append(trial.candidate)

    def _paused(self, event: ev.Paused) -> None:
        self.status, self.message = "paused", event.reason
        self.paused_by_person = event.by_person
        self.wish = "pause" if self.wish == "run" else self.wish
        self._stop_clock(event.at)

    def _resumed(self, event: ev.Resumed) -> None:
        self.status, self.message, self.at_cap = "running", None, False
        self._active_since = event.at

    def _ended(self, status: Status, at: float, *, best: str | None) -> None:
        self.status, self.ended, self.best = status, at, best
        self._stop_clock(at)

    def _stop_clock(self, at: float) -> None:
        if self._active_since is not None:
            self._active_seconds += max(0.0, at - self._active_since)
            self._active_since = None

    def _count_task(self, usage: Usage, seconds: float) -> None:
        self.task_usage += usage
        self.task_seconds += seconds


def row(example: str) -> str:
    """How an example is called on screen: `row 1` is the dataset's first."""
    return f"row {int(example) + 1}" if example.isdigit() else example


def baseline_candidate(state: RunState) -> Candidate:
    """Instruction 0 and the empty demo set for every predictor.

    Raises:
        KeyError: the state has no instructions or demo sets yet.
    """
    return Candidate(
        choices={
            info.name: Choice(
                instruction=next(iter(state.instructions[info.name])),
                demo_set=next(iter(state.demo_sets[info.name])),
            )
            for info in state.predictors
        }
    )
