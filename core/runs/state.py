"""What the events of a run add up to. Nothing else knows how a run is going.

`RunState` folds one record at a time and never looks back, so a reader that keeps a state folds
only what is new. It computes no statistics; `core.results` does, from what is kept here.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, assert_never

from core.lm.outage import ATTEMPTS, attempts_allowed
from core.lm.usage import Usage
from core.programs.candidate import Candidate, Choice
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.course import Course
from core.runs.parts import (
    DemoSet,
    Instruction,
    Rating,
    RatingKey,
    Result,
    Round,
    Spent,
    Trial,
    ValResult,
)
from core.runs.ratings import rate
from core.runs.store import Record
from core.runs.troubles import Troubles


@dataclass(kw_only=True)
class RunState(Course):
    """The state of a run after `seq` events: its course, and what was found."""

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
    """Task of the prompt model → attempts used up; one that does not count against it adds none."""
    prompt_attempts: Counter[str] = field(default_factory=Counter)
    """Task of the prompt model → how often it has failed, for whatever reason."""
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
    spent: dict[str, Spent] = field(default_factory=dict)
    """Candidate → what its runs took, on whatever examples."""
    test_results: dict[str, dict[str, Result]] = field(default_factory=dict)
    """Candidate → test example → result."""
    repeats: dict[tuple[str, de.ExamplePart], dict[str, dict[int, Result]]] = field(
        default_factory=dict
    )
    """(candidate, part) → example → repeat, from 1 → result; the ordinary one is not among them."""
    ratings: dict[RatingKey, Rating] = field(default_factory=dict)
    """What people think of answers."""
    baseline: str | None = None
    troubles: Troubles = field(default_factory=Troubles)
    """What went wrong with calls, over time."""
    task_seconds: float = 0.0
    """Sum over all examples, however many ran together."""
    examples_scored: int = 0

    def fold(self, records: Iterable[Record]) -> "RunState":
        """This state, after the records; those already folded are passed over."""
        for record in records:
            if record.seq > self.seq:
                self.seq = record.seq
                if isinstance(record.event, de.Decision):
                    self._decided(record.event)
                else:
                    self._apply(record.event)
                    self._count_trouble(record.event)
                    self._clock.worked_at = record.event.at
                self.last_event_at = record.event.at
        return self

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
            case ev.EvaluationStarted():
                if (evaluation := self.steering.evaluation(event.request)) is not None:
                    evaluation.examples, evaluation.missing = event.examples, event.missing
            case ev.ExampleRepeated():
                self._example_repeated(event)
            case ev.EvaluationFinished():
                self.steering.end_evaluation(event.request, event.end)
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
                self._failed(event)
            case ev.RunBranched():
                self._branched(event)
            case _:
                assert_never(event)

    def _count_trouble(self, event: ev.WorkerEvent) -> None:
        usage: Usage | None = getattr(event, "usage", None)
        if usage is not None:
            failure = getattr(event, "failure", None)
            where = _where(event) if failure or usage.failed else ""
            self.troubles.add(event.at, where, usage, failure)

    def _decided(self, event: de.Decision) -> None:  # noqa: C901  one case per kind
        self.steering.apply(self.seq, event)
        match event:
            case de.PauseRequested():
                self.wish = "pause" if self.wish == "run" else self.wish
            case de.ResumeRequested():
                self.wish = "run" if self.wish == "pause" else self.wish
                self.hands_over = event.hand_over and self.status == "paused"
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
            case de.EvaluationRequested():
                self._evaluation_requested()
            case de.EvaluationCancelled():
                self._evaluation_cancelled(event.at)
            case de.AnswerRated():
                rate(self.ratings, event)
            case _:
                pass  # the others leave the run's own course as it is

    def _demo_set_added(self, event: de.DemoSetAdded) -> None:
        added = DemoSet(
            id=event.id, demos=event.demos, source="person", by=event.by, parent=event.parent
        )
        self.demo_sets.setdefault(event.predictor, {}).setdefault(event.id, added)

    def _trace_bootstrapped(self, event: ev.TraceBootstrapped) -> None:
        self.traces[event.example] = event
        self._count_task(event)
        if event.failure is not None:
            self.failures.append((event.at, _where(event), event.failure))

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
        self.prompt_attempts[event.task] += 1
        self.prompt_failures[event.task] = self.prompt_failures.get(event.task, 0.0) + 1
        self.prompt_usage += event.usage

    def _prompt_call_failed(self, event: ev.PromptCallFailed) -> None:
        self.prompt_attempts[event.task] += 1
        self.prompt_failures[event.task] = self._used_up(event)
        self.prompt_usage += event.usage
        self.failures.append((event.at, event.task, event.failure))

    def _used_up(self, event: ev.PromptCallFailed) -> float:
        before = self.prompt_failures.get(event.task, 0.0)
        match event.failure.final:
            case None:  # an older log: one lost to an outage counts a quarter
                return before + ATTEMPTS / attempts_allowed(event.failure.kind)
            case True:
                return max(before, ATTEMPTS)
            case False:
                return before

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
            request=event.request,
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
        result = kept.setdefault(event.candidate, {})[event.example] = _result(event)
        self._count_scored(event, f"trial {event.trial}, {row(event.example)}")
        self._count_measured(event.usage, result, trial.request)

    def _example_repeated(self, event: ev.ExampleRepeated) -> None:
        own = self.repeats.setdefault((event.candidate, event.part), {})
        result = own.setdefault(event.example, {})[event.repeat] = _result(event)
        self._count_scored(event, f"repeat {event.repeat} of {row(event.example)}")
        self._count_measured(event.usage, result, event.request)

    def _count_scored(self, event: ev.ExampleScored | ev.ExampleRepeated, where: str) -> None:
        self._count_task(event)
        self.examples_scored += 1
        if event.score is not None:
            self.spent.setdefault(event.candidate, Spent()).add(event.usage, event.seconds)
        if event.failure is not None:
            self.failures.append((event.at, where, event.failure))

    def _count_measured(self, usage: Usage, result: Result, request: int | None) -> None:
        if (evaluation := self.steering.evaluation(request)) is not None:
            evaluation.calls += usage.calls
            evaluation.runs += result.is_settled

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

    def _count_task(
        self, event: ev.TraceBootstrapped | ev.ExampleScored | ev.ExampleRepeated
    ) -> None:
        self.task_usage += event.usage
        self.task_seconds += event.seconds
        if event.shares is None:
            self.program_usage += event.usage
            return
        self.program_usage += event.shares.program
        self.judge_usage += event.shares.judge
        if event.shares.teacher is not None:
            self.teacher_usage += event.shares.teacher


def _where(event: ev.WorkerEvent) -> str:
    """What was at work, in plain words."""
    match event:
        case ev.ExampleScored():
            return f"trial {event.trial}, {row(event.example)}"
        case ev.ExampleRepeated():
            return f"repeat {event.repeat} of {row(event.example)}"
        case ev.TraceBootstrapped():
            return f"bootstrap, {row(event.example)}"
        case ev.PromptCallFailed() | ev.ProposalRefused():
            return event.task
        case ev.InstructionProposed():
            return f"propose {event.predictor} {event.index}"
        case _:
            return event.kind.replace("_", " ")


def _result(event: ev.ExampleScored | ev.ExampleRepeated) -> Result:
    return Result(
        score=event.score, failure=event.failure, attempt=event.attempt, seconds=event.seconds
    )


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
