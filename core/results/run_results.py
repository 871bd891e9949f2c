"""All that a screen or an export reads of a run, as it was after one event.

A `RunState` is changed by every fold and may be read only by whoever holds its lock.
`run_results` turns it into plain values that nothing changes afterwards, so that any number of
viewers can share them. Nobody may change the tables. With a `Memo` that is kept from call to call,
it costs what is new; tables are built when somebody looks at them.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from core.evaluation.statistics import Mean
from core.lm.usage import Usage
from core.programs.candidate import Candidate, Demo
from core.programs.predictors import PredictorInfo
from core.results.frames import Tables, tables_of
from core.results.grid_cells import cell_ids, with_choices
from core.results.memo import Memo
from core.results.names import Names
from core.results.progress import PhaseProgress, progress
from core.results.settings import TriedSettings, learnt_importance, tried_settings
from core.results.steering_view import (
    BudgetInForce,
    DecisionMemo,
    EvaluationView,
    SteeringView,
    budget_in_force,
    steering_view,
)
from core.runs.config import RunConfig
from core.runs.course import ENDED, Status
from core.runs.events import Failure, Phase, ProposalRefused
from core.runs.parts import DemoSet, Instruction
from core.runs.planned import budget_of, results_of
from core.runs.snapshot import Belief, Grid, Snapshot
from core.runs.state import RunState

NEWEST_REFUSED = 200
"""Refused proposals that are kept at hand."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A candidate and what is known of its score."""

    candidate: str
    label: str
    val: Mean | None
    """Over the validation examples scored so far."""
    test: Mean | None
    """Over the held-out examples, measured once at the end."""

    @property
    def short_label(self) -> str:
        """`C0`, `C1`, …"""
        return self.label.split()[0]


@dataclass(frozen=True, kw_only=True)
class Grounding:
    """What the prompt model has said about data and program so far."""

    observations: tuple[str, ...]
    dataset_summary: str | None
    program_description: str | None
    predictor_descriptions: dict[str, str]
    """Predictor → text."""
    purpose: str | None = None
    """What a person wrote that the program does; None where its own description stood."""


@dataclass(frozen=True, kw_only=True)
class CandidateTexts:
    """A candidate in full: what each predictor is told and shown."""

    candidate: str
    label: str
    instructions: dict[str, str]
    """Predictor → text."""
    demos: dict[str, tuple[Demo, ...]]
    """Predictor → demonstrations, in order."""


@dataclass(frozen=True, kw_only=True)
class RunResults:
    """A run after `seq` events. Times are seconds since the epoch."""

    seq: int
    status: Status
    """As the events have it; whether a worker lives is not known here."""
    wish: Literal["run", "pause", "stop"]
    phase: Phase | None
    phase_times: tuple[tuple[float, Phase], ...]
    """(time, phase) of every change of phase, oldest first."""
    evaluates: bool
    """True while an ended run is taken up only for what people want evaluated."""
    message: str | None
    """Why the run is paused or failed."""
    paused_by_person: bool
    at_cap: bool
    max_calls: int | None
    """The cap on LM calls in force; None for no cap."""
    started: float | None
    ended: float | None
    last_event_at: float
    worked_seconds: float
    """Time at work up to the last event, pauses and interruptions left out."""
    sizes: tuple[int, int, int]
    """Examples in trainset, valset and testset."""
    predictors: tuple[PredictorInfo, ...]
    task_usage: Usage
    """Of all runs of the program, a judge's calls included."""
    program_usage: Usage
    teacher_usage: Usage
    judge_usage: Usage
    """What the program itself took of it, and what judges took."""
    prompt_usage: Usage
    phases: tuple[PhaseProgress, ...]
    tables: Tables
    trial_count: int
    candidate_count: int
    failures: tuple[tuple[float, str, Failure], ...]
    """All of them: (time, where in plain words, failure), oldest first."""
    instructions: dict[str, tuple[Instruction, ...]]
    """Predictor → its instructions by number, the program's own first."""
    demo_sets: dict[str, tuple[DemoSet, ...]]
    """Predictor → its demo sets in the order in which they were made; the first is empty."""
    grounding: Grounding
    choices: dict[str, Candidate]
    """Candidate → what it uses, the baseline first."""
    labels: dict[str, str]
    """Candidate → short name."""
    baseline: Standing | None
    best: Standing | None
    """The best fully evaluated candidate so far; None before the first full evaluation."""
    belief: Belief | None
    """What the surrogate believed lately."""
    steering: SteeringView
    """What people have decided."""
    budget: BudgetInForce
    refused: tuple[ProposalRefused, ...]
    """The newest proposals that broke a locked span, oldest first."""
    refused_count: int
    branched_from: str | None
    """Id of the run that this one began as a copy of."""
    tried_settings: TriedSettings

    @property
    def is_ended(self) -> bool:
        """True when no worker will ever continue this run."""
        return self.status in ENDED

    @property
    def open_evaluations(self) -> tuple[EvaluationView, ...]:
        """The requests for which an ended run is taken up and from which something may come."""
        return tuple(each for each in self.steering.evaluations if self.evaluates and not each.end)

    @property
    def failure_count(self) -> int:
        """Failures so far."""
        return len(self.failures)

    @cached_property
    def settings_importance(self) -> dict[str, float]:
        """Setting of the proposer → learnt importance; empty where settings are not learnt."""
        return learnt_importance(self.tried_settings)

    @cached_property
    def names(self) -> Names:
        """How things are called on screen."""
        return Names(instructions=self.instructions, demo_sets=self.demo_sets, labels=self.labels)

    @property
    def short_labels(self) -> dict[str, str]:
        """Candidate → `C0`, `C1`, …, for tables in which the baseline needs no explanation."""
        return {candidate: label.split()[0] for candidate, label in self.labels.items()}

    @property
    def contrast(self) -> tuple[str, ...]:
        """Baseline and best; where they are one or unknown, the first two candidates tried."""
        known = [each.candidate for each in (self.baseline, self.best) if each is not None]
        return tuple(dict.fromkeys([*known, *self.labels]))[:2]

    @property
    def waits_at_cap(self) -> bool:
        """True when the run paused because its cap leaves no room; a higher one frees it."""
        return self.status == "paused" and self.at_cap

    @property
    def usage(self) -> Usage:
        """Both models together."""
        return self.task_usage + self.prompt_usage

    def elapsed(self, now: float) -> float:
        """Seconds at work until `now`; for a run whose worker lives."""
        running = max(0.0, now - self.last_event_at) if self.status == "running" else 0.0
        return self.worked_seconds + running

    def candidate_at(self, grid: Grid, row: int, column: int) -> Candidate:
        """The recommended candidate with the two choices of one cell of the grid.

        Raises:
            KeyError: no candidate is recommended.
        """
        return with_choices(
            self._recommended(), grid.predictor, grid.instructions[row], grid.demo_sets[column]
        )

    def grid_ids(self, grid: Grid) -> tuple[tuple[str, ...], ...]:
        """For each cell of the grid the id of its candidate, tried or not.

        Raises:
            KeyError: no candidate is recommended.
        """
        choices = self._recommended().choices
        base = tuple((name, each.instruction, each.demo_set) for name, each in choices.items())
        return cell_ids(base, grid.predictor, grid.instructions, grid.demo_sets)

    def grid_counts(self, grid: Grid) -> tuple[tuple[int, ...], ...]:
        """For each cell of the grid the validation examples that its candidate was scored on."""
        known = self.tables.val
        return tuple(
            tuple(known[each].n if each in known else 0 for each in own)
            for own in self.grid_ids(grid)
        )

    def _recommended(self) -> Candidate:
        recommended = self.belief.recommended if self.belief else None
        if recommended is None:
            raise KeyError("no candidate is recommended")
        return self.choices[recommended]

    def texts(self, candidate: str) -> CandidateTexts:
        """What the candidate tells and shows each predictor.

        Raises:
            KeyError: the run has no such candidate.
        """
        choices = self.choices[candidate].choices
        texts = {
            (name, each.id): each.text for name, own in self.instructions.items() for each in own
        }
        demos = {
            (name, each.id): each.demos for name, own in self.demo_sets.items() for each in own
        }
        return CandidateTexts(
            candidate=candidate,
            label=self.labels[candidate],
            instructions={name: texts[name, one.instruction] for name, one in choices.items()},
            demos={name: demos[name, one.demo_set] for name, one in choices.items()},
        )


@dataclass(kw_only=True)
class ResultsMemo:
    """What is kept of one run from call to call. Belongs to one `RunState`, and to its lock."""

    numbers: Memo = field(default_factory=Memo)
    decisions: DecisionMemo = field(default_factory=DecisionMemo)
    failures: tuple[tuple[float, str, Failure], ...] = ()

    def all_failures(self, state: RunState) -> tuple[tuple[float, str, Failure], ...]:
        """The state's failures; the same object until there is one more."""
        if len(self.failures) != len(state.failures):
            self.failures = tuple(state.failures)
        return self.failures


def run_results(
    state: RunState,
    config: RunConfig,
    snapshot: Snapshot | None = None,
    memo: ResultsMemo | None = None,
) -> RunResults:
    """The results of a run, sharing nothing with `state` that a fold could change.

    `memo`, kept from call to call, makes a call cost what is new.
    """
    memo = ResultsMemo() if memo is None else memo
    numbers = memo.numbers
    numbers.update(state)
    counts = numbers.counts
    if config.shape.adaptive:
        counts.most_results = results_of(config, state, state.sizes[1], counts.asked)
    tables = tables_of(state, snapshot, numbers)
    names = Names(instructions=tables.made, demo_sets=tables.demo_sets, labels=tables.labels)
    return RunResults(
        **_course(state),
        max_calls=state.steering.cap(config.max_calls),
        phases=progress(state, budget_of(config, state), config.shape, counts),
        tables=tables,
        trial_count=len(tables.rows),
        candidate_count=len(tables.labels),
        failures=memo.all_failures(state),
        instructions=dict(tables.made),
        demo_sets=dict(tables.demo_sets),
        grounding=_grounding(state, config),
        choices=numbers.candidates,
        labels=numbers.labels,
        baseline=_standing(state.baseline, tables),
        best=_standing(tables.best, tables),
        belief=snapshot.belief if snapshot else None,
        steering=steering_view(state, names, memo.decisions),
        budget=budget_in_force(state, config),
        refused=tuple(state.refused[-NEWEST_REFUSED:]),
        refused_count=len(state.refused),
        tried_settings=tried_settings(state, numbers.val) if state.rounds else (),
    )


def _course(state: RunState) -> dict[str, Any]:
    """What the state itself says of the run as a whole."""
    return {
        "seq": state.seq,
        "status": state.status,
        "wish": state.wish,
        "phase": state.phase,
        "phase_times": tuple(state.phases),
        "evaluates": state.returns_to is not None,
        "message": state.message,
        "paused_by_person": state.paused_by_person,
        "at_cap": state.at_cap,
        "started": state.started,
        "ended": state.ended,
        "last_event_at": state.last_event_at,
        "worked_seconds": state.elapsed(state.last_event_at),
        "sizes": state.sizes,
        "predictors": state.predictors,
        "task_usage": state.task_usage,
        "program_usage": state.program_usage,
        "teacher_usage": state.teacher_usage,
        "judge_usage": state.judge_usage,
        "prompt_usage": state.prompt_usage,
        "branched_from": state.branched_from,
    }


def _standing(candidate: str | None, tables: Tables) -> Standing | None:
    if candidate is None:
        return None
    return Standing(
        candidate=candidate,
        label=tables.labels[candidate],
        val=tables.val.get(candidate),
        test=tables.test.get(candidate),
    )


def _grounding(state: RunState, config: RunConfig) -> Grounding:
    return Grounding(
        purpose=config.program_description,
        observations=tuple(each.text for each in state.observations),
        dataset_summary=state.dataset_summary,
        program_description=state.program_description,
        predictor_descriptions=dict(state.predictor_descriptions),
    )
