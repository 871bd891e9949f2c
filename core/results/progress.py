"""How far each phase of a run has come, in numbers a person can follow."""

from dataclasses import dataclass, field
from typing import Literal

from core.runs.events import Phase
from core.runs.parts import Trial
from core.runs.state import RunState
from core.search.budget import (
    Budget,
    Sizes,
    estimate,
    grounding_calls,
    result_budget,
    search_plan,
    summary_batches,
    teacher_runs,
)
from core.search.shape import JOINT, Shape

PHASES: tuple[Phase, ...] = ("bootstrap", "propose", "search", "test")

_PLACES: dict[Phase, float] = {
    "bootstrap": 0, "propose": 1, "review": 1.5, "search": 2, "test": 3,
}  # fmt: skip
"""In a review nothing runs: what was proposed is done, and the search waits."""

PhaseStatus = Literal["waiting", "running", "done", "cut short"]
"""`cut short`: the run ended before or during the phase."""


@dataclass(frozen=True, kw_only=True)
class PhaseProgress:
    """One phase. `done` is at most `total`; `total` is exact once the phase is done."""

    phase: Phase
    done: int
    total: int
    unit: str
    """What is counted, in the plural: `teacher runs`."""
    fraction: float
    """In [0, 1]; counts what is half done, too."""
    status: PhaseStatus


@dataclass(kw_only=True)
class Counts:
    """What the progress of a run counts over all its trials and results."""

    finished: int = 0
    """Trials that ended, without those of tests, of requests to evaluate, and those cut short."""
    to_test: int = 0
    """Examples of test trials."""
    results: int = 0
    """Validation results, failed ones included."""
    asked: list[Trial] = field(default_factory=list)
    """Trials that people asked for."""
    most_results: int | None = None
    """The bound on results; None for what the budget gives."""

    def started(self, trial: Trial) -> None:
        """Take in that the trial began."""
        if trial.purpose == "test" and trial.request is None:
            self.to_test += len(trial.examples)
        if trial.asked_by is not None:
            self.asked.append(trial)

    def ended(self, trial: Trial) -> None:
        """Take in that the trial ended."""
        counts = trial.purpose != "test" and trial.request is None and not trial.cancelled
        self.finished += counts

    @classmethod
    def of(cls, state: RunState) -> "Counts":
        """All that the state has."""
        counts = cls(results=sum(map(len, state.results.values())))
        for trial in state.trials.values():
            counts.started(trial)
            if trial.finished is not None:
                counts.ended(trial)
        return counts


def progress(
    state: RunState, budget: Budget, shape: Shape = JOINT, counted: Counts | None = None
) -> tuple[PhaseProgress, ...]:
    """The four phases in order. `counted` spares counting again.

    Proposals made while searching belong to their trials and are not counted. Totals are upper
    bounds until a phase is done: the summary may need fewer looks at the data than planned, and
    the search fewer full evaluations.
    """
    counted = Counts.of(state) if counted is None else counted
    counts = {
        "bootstrap": (len(state.traces), teacher_runs(budget, state.sizes[0], shape), 0.0),
        "propose": _proposed(state, budget, shape),
        "search": _searched(state, budget, shape, counted),
        "test": _tested(state, counted),
    }
    units = {
        "bootstrap": "teacher runs",
        "propose": "prompt model calls",
        "search": "results" if shape.adaptive else "trials",
        "test": "test examples",
    }
    return tuple(_phase(state, phase, *counts[phase], units[phase]) for phase in PHASES)


def _phase(
    state: RunState, phase: Phase, done: int, total: int, partly: float, unit: str
) -> PhaseProgress:
    status = _status(state, phase)
    total = done if status == "done" else max(done, total)
    fraction = min(1.0, (done + partly) / total) if total else float(status == "done")
    return PhaseProgress(
        phase=phase,
        done=done,
        total=total,
        unit=unit,
        fraction=1.0 if status == "done" else fraction,
        status=status,
    )


def _status(state: RunState, phase: Phase) -> PhaseStatus:
    status = state.status if state.returns_to is None else state.returns_to.status
    if status == "finished":
        return "done"
    reached = -1 if state.phase is None else _PLACES[state.phase]
    place = _PLACES[phase]
    if place < reached:
        return "done"
    if state.search_has_ended:
        return "cut short"
    return "running" if place == reached else "waiting"


def _proposed(state: RunState, budget: Budget, shape: Shape) -> tuple[int, int, float]:
    pool = 0 if shape.in_rounds else sum(index > 0 for _, index in state.proposed)
    done = (
        len(state.observations)
        + (state.dataset_summary is not None)
        + (state.program_description is not None)
        + len(state.predictor_descriptions)
        + pool
    )
    train, val, test = state.sizes
    predictors = len(state.predictors)
    sizes = Sizes(predictors=predictors, calls_per_run=1, train=train, val=val, test=test)
    total = estimate(budget, sizes, shape).propose
    if shape.in_rounds:
        total = grounding_calls(budget, sizes, shape)
    if any(each.complete for each in state.observations):
        total -= summary_batches(train) - len(state.observations)
    return done, total if predictors else 0, 0.0


def _searched(
    state: RunState, budget: Budget, shape: Shape, counted: Counts
) -> tuple[int, int, float]:
    """Results where they bound the search, else trials; the baseline's count, too."""
    plan = search_plan(budget, state.sizes[1], shape)
    if shape.adaptive:
        most = counted.most_results
        return counted.results, most or result_budget(plan, state.sizes[1]), 0.0
    own = (trial for trial in state.open_trials.values() if trial.request is None)
    under_way = (trial for trial in own if trial.purpose != "test")
    return counted.finished, 1 + plan.trials + plan.fulls, sum(map(_part, under_way))


def _part(trial: Trial) -> float:
    return min(1.0, trial.scored / max(1, len(trial.examples)))


def _tested(state: RunState, counted: Counts) -> tuple[int, int, float]:
    """Two candidates are tested, unless the baseline is the best."""
    done = sum(len(results) for results in state.test_results.values())
    return done, max(counted.to_test, 2 * state.sizes[2]), 0.0
