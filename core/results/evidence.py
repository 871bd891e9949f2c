"""The measured facts that a diagnosis and a story rest on, copied out of a run's state.

Gathered when somebody asks, under the state's lock; what is made of them afterwards needs neither.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from core.results.run_results import RunResults
from core.runs.config import RunConfig
from core.runs.scores import test_scores, val_scores
from core.runs.state import RunState

LEADERS = 4
"""Candidates whose scores are copied, beside baseline and best."""

ENOUGH = 10
"""Results below which a candidate's mean says nothing."""

NEWEST = 5_000
"""Results whose scores are looked through."""


@dataclass(frozen=True, kw_only=True)
class Teacher:
    """What the teacher's runs over the trainset gave."""

    runs: int
    accepted: int
    failed: int
    scores: tuple[float, ...]
    """Of every run that did not fail."""
    wanted: int
    """Traces that fill one demo set; 0 where nothing is bootstrapped."""
    threshold: float
    done: bool
    """Whether no more runs are to come."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Facts of one run. Scores are fractions."""

    val: Mapping[str, Mapping[str, float]]
    """Candidate → validation example → score, of baseline, best and the other leaders."""
    test: Mapping[str, Mapping[str, float]]
    """The same on the held-out examples, of those that were tested."""
    leaders: tuple[str, ...]
    """Candidates by mean, best first: the fully evaluated ones, or else those tried enough."""
    scores: Mapping[float, int]
    """Score → how often, among the newest 5,000 results."""
    teacher: Teacher
    failures: Mapping[str, int]
    """Kind of failure → how often."""
    attempts: int
    """Examples, teacher runs and prompt calls that were tried."""
    val_size: int
    trials: int
    """In the budget in force."""


def gathered(state: RunState, config: RunConfig, results: RunResults) -> Evidence:
    """The facts of the state. `results` are of the same run."""
    leaders = _leaders(results)
    named = {each.candidate for each in (results.baseline, results.best) if each is not None}
    named |= set(leaders)
    tested = {each for each in named if each in state.test_results}
    return Evidence(
        val={each: val_scores(state, each) for each in sorted(named)},
        test={each: test_scores(state, each) for each in sorted(tested)},
        leaders=leaders,
        scores=Counter(
            round(each.score, 6) for each in state.val_results[-NEWEST:] if each.score is not None
        ),
        teacher=_teacher(state, config),
        failures=Counter(failure.kind for _, _, failure in state.failures),
        attempts=_attempts(state),
        val_size=state.sizes[1],
        trials=results.budget.trials,
    )


def _leaders(results: RunResults) -> tuple[str, ...]:
    """The best first, as the run names it; what people ruled out comes last."""
    tables, best = results.tables, results.best
    rows = {row.candidate: (row.is_permitted, row.mean.value) for row in tables.fulls}
    first = [best.candidate] if best and len(rows) > 1 else []
    if not first:
        rows |= {
            each: (True, mean.value)
            for each, mean in tables.val.items()
            if mean.n >= ENOUGH and each not in rows
        }
    ranked = sorted(rows, key=lambda each: rows[each], reverse=True)
    return tuple(dict.fromkeys([*first, *ranked]))[:LEADERS]


def _teacher(state: RunState, config: RunConfig) -> Teacher:
    traces = list(state.traces.values())
    budget = config.budget
    bootstraps = config.shape.demos and budget.demo_sets > 1
    return Teacher(
        runs=len(traces),
        accepted=sum(each.accepted for each in traces),
        failed=sum(each.failure is not None for each in traces),
        scores=tuple(each.score for each in traces if each.score is not None),
        wanted=budget.bootstrapped_demos if bootstraps else 0,
        threshold=config.threshold,
        done=state.phase not in (None, "bootstrap") or state.is_ended,
    )


def _attempts(state: RunState) -> int:
    prompts = state.prompt_usage.calls + state.prompt_usage.cached
    return state.examples_scored + len(state.traces) + prompts
