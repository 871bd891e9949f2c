"""What requests to evaluate cover, what of it is missing, and what that will cost.

Deliberately not here: when it is started (`core.optimizers.evaluating`).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.runs.choices import is_known
from core.runs.decisions import EvaluationRequested, ExamplePart
from core.runs.parts import Evaluation, Result
from core.runs.preparation import Task
from core.runs.state import RunState


class MissingRepeat(NamedTuple):
    """One run of an example, besides the ordinary one, that is still to come."""

    candidate: str
    example: str
    repeat: int
    attempt: int


@dataclass(frozen=True, kw_only=True)
class EvaluationCost:
    """What a request will take, from above: retries after failures left out."""

    results: int
    """Runs of an example under a candidate that are missing."""
    calls: int
    """LM calls, at most as many as the request allows itself."""
    cost_usd: float | None
    """None while no call has shown a price."""


def covered(task: Task, said: EvaluationRequested) -> tuple[str, ...]:
    """The examples of the request.

    Of the validation examples the first in the run's own order, which its trials began with, too.
    Of the test examples the first in an order that nothing but their ids decides, so that two runs
    on the same examples are tested on the same of them.
    """
    if said.part == "validation":
        ids = [example.id for example in task.val]
    else:
        ids = sorted((example.id for example in task.test), key=_mixed)
    return tuple(ids[: said.examples])


def results_on(state: RunState, candidate: str, part: ExamplePart) -> dict[str, Result]:
    """Example → ordinary result of the candidate on this part."""
    kept = state.test_results if part == "test" else state.results
    return kept.get(candidate, {})


def missing_results(
    state: RunState, said: EvaluationRequested, examples: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """(candidate, example) without a result, example by example, so that candidates keep pace."""
    known = {each: results_on(state, each, said.part) for each in ids_of(state, said)}
    for example in examples:
        for candidate, own in known.items():
            result = own.get(example)
            if result is None or not result.is_settled:
                yield candidate, example


def missing_repeats(
    state: RunState,
    said: EvaluationRequested,
    examples: Sequence[str],
    repeats: Iterable[int] | None = None,
) -> Iterator[MissingRepeat]:
    """Runs besides the ordinary ones that are missing, first all second runs, then the third.

    `repeats` are those looked at, from 1; all that are wanted when nothing is said.
    """
    known = {each: state.repeats.get((each, said.part), {}) for each in ids_of(state, said)}
    for repeat in range(1, said.repeats) if repeats is None else repeats:
        for example in examples:
            for candidate, own in known.items():
                result = own.get(example, {}).get(repeat)
                if result is None or not result.is_settled:
                    attempt = 0 if result is None else result.attempt + 1
                    yield MissingRepeat(candidate, example, repeat, attempt)


def ids_of(state: RunState, said: EvaluationRequested) -> list[str]:
    """The request's candidates, each once; those that this run cannot build are left out."""
    return list(dict.fromkeys(each.id for each in said.candidates if is_known(state, each)))


def evaluation_cost(state: RunState, said: EvaluationRequested, task: Task) -> EvaluationCost:
    """What the request will take if it is made, or goes on, now."""
    results = runs_missing(state, said, covered(task, said))
    calls = results * task.template.calls_per_run
    if said.max_calls is not None:
        calls = min(calls, said.max_calls)
    return EvaluationCost(results=results, calls=calls, cost_usd=_price(state, calls))


def calls_left(state: RunState, task: Task) -> int:
    """LM calls that all open requests still take, nothing that two of them want counted twice."""
    each = task.template.calls_per_run
    seen: set[tuple[str, ...]] = set()
    calls = 0
    for evaluation in state.steering.open_evaluations:
        missing = _missing(state, evaluation.said, covered(task, evaluation.said)) - seen
        seen |= missing
        calls += _within(evaluation, each * len(missing))
    return calls


def runs_missing(state: RunState, said: EvaluationRequested, examples: Sequence[str]) -> int:
    """Runs of an example under a candidate that the request still lacks."""
    return len(_missing(state, said, examples))


def _missing(
    state: RunState, said: EvaluationRequested, examples: Sequence[str]
) -> set[tuple[str, ...]]:
    ordinary = ((said.part, *pair, "0") for pair in missing_results(state, said, examples))
    repeats = (
        (said.part, each.candidate, each.example, str(each.repeat))
        for each in missing_repeats(state, said, examples)
    )
    return {*ordinary, *repeats}


def _within(evaluation: Evaluation, calls: int) -> int:
    most = evaluation.said.max_calls
    return calls if most is None else min(calls, max(0, most - evaluation.calls))


def _price(state: RunState, calls: int) -> float | None:
    """What so many calls to the task model cost, as those so far did on average."""
    usage = state.task_usage
    if calls == 0:
        return 0.0
    if not usage.priced or usage.calls == 0:
        return None
    return usage.cost_usd / usage.calls * calls


def _mixed(example: str) -> str:
    return hashlib.sha256(example.encode()).hexdigest()
