"""What the events of a run add up to. Nothing else knows how a run is going.

`RunState` folds one record at a time and never looks back, so a reader that keeps a state folds
only what is new. It computes no statistics; `core.results` does, from what is kept here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, assert_never

from core.lm.outage import ATTEMPTS, attempts_allowed
from core.lm.usage import Usage
from core.programs.candidate import Candidate, Choice
from core.programs.predictors import PredictorInfo
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.parts import DemoSet, Instruction, Result, Round, Tokens, Trial, ValResult
from core.runs.steering import Steering
from core.runs.store import Record

Status = Literal["queued", "running", "paused", "finished", "stopped", "failed"]
ENDED: frozenset[Status] = frozenset({"finished", "stopped", "failed"})


@dataclass(kw_only=True)
class RunState:
    """The state of a run after `seq` events."""

    seq: int = 0
    status: Status = "queued"
    wish: Literal["run", "pause", "stop"] = "run"
    """What people last asked for."""
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
    branched_from: str | None = None
    """Id of the run that this one began as a copy of."""
    started: float | None = None
    ended: float | None = None

    predictors: tuple[PredictorInfo, ...] = ()
    sizes: tuple[int, int, int] = (0, 0, 0)
    """Examples in trainset, valset and testset."""
    traces: dict[str, ev.TraceBootstrapped] = field(default_factory=dict)
    """Training example → its latest teacher trace."""
    demo_sets: dict[str, dict[str, DemoSet]] = field(default_factory=dict)
    """Predictor → id → demo set, in the order in which they were made."""
    instructions: dict[str, dict[str, Instruction]] = field(default_factory=dict)
    """Predictor → id → instruction, the program's own first."""
    proposed: set[tuple[str, int]] = field(default_factory=set)
    """(predictor, index) of every proposal that came back, duplicates included."""
    refused: list[ev.ProposalRefused] = field(default_factory=list)
    """Proposals that broke a locked span, oldest first."""
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
    val_tokens: dict[str, Tokens] = field(default_factory=dict)
    """Candidate → tokens of its validation examples."""
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
                self.seq = record.seq
                if isinstance(record.event, de.Decision):
                    self._decided(record.event)
                else:
                    self._apply(record.event)
                    self._worked_at = record.event.at
                self._last_at = record.event.at
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

    def _apply(self, event: ev.WorkerEvent) -> None:  # noqa: C901  one case per kind, each one line
        match event:
            case ev.ExampleScored():  # first, as nearly all are
                self._example_scored(event)
            case ev.RunStarted():
                self._run_started(event)
            case ev.PhaseChanged():
                self._phase_changed(event)
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
            case ev.ProposalRefused():
                self._proposal_refused(event)
            case ev.PromptCallFailed():
                self._prompt_call_failed(event)
            case ev.RoundStarted():
                self._round_started(event)
            case ev.TrialStarted():
                self._trial_started(event)
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
            case ev.RunBranched():
                self._branched(event)
            case _:
                assert_never(event)

    def _decided(self, event: de.Decision) -> None:
        self.steering.apply(self.seq, event)
        match event:
            case de.PauseRequested():
                self.wish = "pause" if self.wish == "run" else self.wish
            case de.ResumeRequested():
                self.wish = "run" if self.wish == "pause" else self.wish
            case de.StopRequested():
                self.wish = "stop"
            case de.Reopened():
                self._reopened()
            case de.InstructionAdded():
                self._add_instruction(
                    event.predictor,
                    event.id,
                    text=event.text,
                    at=event.at,
                    by=event.by,
                    parent=event.parent,
                )
            case de.DemoSetAdded():
                self._demo_set_added(event)
            case _:
                pass  # the others leave the run's own course as it is

    def _demo_set_added(self, event: de.DemoSetAdded) -> None:
        added = DemoSet(
            id=event.id, demos=event.demos, source="person", by=event.by, parent=event.parent
        )
        self.demo_sets.setdefault(event.predictor, {}).setdefault(event.id, added)

    def _reopened(self) -> None:
        """An ended run goes on where its search was; what it was declared to be is forgotten."""
        if self.is_ended:
            self.status, self.ended, self.best, self.wish = "queued", None, None, "run"
            self.phase = "search" if self.phase == "test" else self.phase

    def _phase_changed(self, event: ev.PhaseChanged) -> None:
        """Time in which a run waits for a review is not time at work."""
        if event.phase == "review":
            self._stop_clock(event.at)
        elif self.phase == "review" and self.status == "running":
            self._active_since = event.at
        self.phase = event.phase
        self.phases.append((event.at, event.phase))

    def _run_started(self, event: ev.RunStarted) -> None:
        if self._active_since is not None:  # the worker before this one ended without a word
            self._active_seconds += max(0.0, self._worked_at - self._active_since)
        self._start_clock(event.at)
        if self.status == "paused" and self.wish == "pause":
            self.wish = "run"  # taking a paused run up is asking it to go on
        self.status = "running"
        self.message, self.at_cap = None, False
        self.started = event.at if self.started is None else self.started
        self.predictors = event.predictors
        self.sizes = (event.train, event.val, event.test)

    def _branched(self, event: ev.RunBranched) -> None:
        self.branched_from = event.parent
        self.predictors = event.predictors
        self.sizes = (event.train, event.val, event.test)

    def _trace_bootstrapped(self, event: ev.TraceBootstrapped) -> None:
        self.traces[event.example] = event
        self._count_task(event.usage, event.seconds)
        if event.failure is not None:
            self.failures.append((event.at, f"bootstrap, {row(event.example)}", event.failure))

    def _instruction_proposed(self, event: ev.InstructionProposed) -> None:
        self._add_instruction(
            event.predictor,
            event.id,
            **event.model_dump(exclude={"kind", "predictor", "id", "index", "seconds", "usage"}),
        )
        self.proposed.add((event.predictor, event.index))
        if event.round is not None:
            self.rounds[event.round].instructions[event.predictor] = event.id
        self.prompt_usage += event.usage

    def _add_instruction(self, predictor: str, id_: str, **said: Any) -> None:
        """The first to come with a text is its origin."""
        known = self.instructions.setdefault(predictor, {})
        if id_ not in known:
            known[id_] = Instruction(predictor=predictor, number=len(known), id=id_, **said)

    def _proposal_refused(self, event: ev.ProposalRefused) -> None:
        self.refused.append(event)
        self.prompt_failures[event.task] = self.prompt_failures.get(event.task, 0.0) + 1
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
            asked_by=event.asked_by,
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
            self._count_tokens(event)
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
        trial.failed, trial.cancelled = event.failed, event.cancelled
        if event.cancelled:
            return
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
        self._start_clock(event.at)

    def _ended(self, status: Status, at: float, *, best: str | None) -> None:
        self.status, self.ended, self.best = status, at, best
        self._stop_clock(at)

    def _start_clock(self, at: float) -> None:
        self._active_since = None if self.phase == "review" else at

    def _stop_clock(self, at: float) -> None:
        if self._active_since is not None:
            self._active_seconds += max(0.0, at - self._active_since)
            self._active_since = None

    def _count_tokens(self, event: ev.ExampleScored) -> None:
        used = event.usage.input_tokens + event.usage.output_tokens
        if used and event.score is not None:
            known = self.val_tokens.get(event.candidate, Tokens(0, 0))
            self.val_tokens[event.candidate] = Tokens(known.results + 1, known.tokens + used)

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
