"""Which candidates are fully evaluated, since which trial, and who led from then on.

By the rule of the run's best (`core.runs.scores.leader`), so that a chart and the result agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from core.evaluation.statistics import Mean
from core.runs.choices import is_permitted
from core.runs.scores import leader
from core.runs.state import RunState

FULL_COLUMNS = ["number", "candidate", "mean", "low", "high", "n", "leader", "best"]


class FullEvaluation(NamedTuple):
    """A candidate that was tried on every validation example."""

    number: int
    """Of the trial that completed it."""
    candidate: str
    mean: Mean
    is_permitted: bool
    is_best: bool


@dataclass(kw_only=True)
class FullMemo:
    """What was computed before of one run. Belongs to one `RunState`, and to its lock."""

    completed: dict[str, int] = field(default_factory=dict)
    """Candidate → number of the trial that completed it."""


def full_frame(
    state: RunState, means: Mapping[str, Mean], best: str | None, memo: FullMemo | None = None
) -> pd.DataFrame:
    """One row per fully evaluated candidate, in order of the trials that completed them.

    A full evaluation completes a candidate, and so does the minibatch after which every validation
    example has been tried. `mean`, `low`, `high` (95 %) and `n` are from `means`, over all
    validation examples. `leader` is the candidate that leads the rows up to this one; what people
    have ruled out leads only when there is nothing else. `best` marks the run's best.
    """
    return table_of(full_rows(state, means, best, memo))


def full_rows(
    state: RunState,
    means: Mapping[str, Mean],
    best: str | None,
    memo: FullMemo | None = None,
    permits: Mapping[str, bool] | None = None,
) -> tuple[FullEvaluation, ...]:
    """What `full_frame` makes its table of, in the same order.

    `permits` says of each whether people permit it, where that is known already.
    """
    memo = FullMemo() if memo is None else memo
    _complete(state, memo)
    if permits is None:
        full = state.fully_evaluated
        permits = {each: is_permitted(state, state.candidates[each]) for each in full}
    return tuple(
        sorted(
            FullEvaluation(
                number=memo.completed[each],
                candidate=each,
                mean=means[each],
                is_permitted=permits[each],
                is_best=each == best,
            )
            for each in state.fully_evaluated
            if each in means
        )
    )


def table_of(rows: Sequence[FullEvaluation]) -> pd.DataFrame:
    """The table of these rows."""
    table = [
        (
            row.number, row.candidate, row.mean.value, row.mean.low, row.mean.high, row.mean.n,
            led, row.is_best,
        )
        for row, led in zip(rows, _leaders(rows), strict=True)
    ]  # fmt: skip
    return pd.DataFrame(table, columns=FULL_COLUMNS)


def _leaders(rows: Sequence[FullEvaluation]) -> list[str | None]:
    """For each row who leads those up to it."""
    most = max((row.mean.n for row in rows), default=0)
    if any(row.mean.n < 0.9 * most for row in rows):  # rare: somebody mostly failed
        return [_leader(rows[:count]) for count in range(1, len(rows) + 1)]
    leaders: list[str | None] = []
    first: FullEvaluation | None = None
    for row in rows:
        if first is None or _rank(row) > _rank(first):
            first = row
        leaders.append(first.candidate)
    return leaders


def _rank(row: FullEvaluation) -> tuple[bool, float]:
    return row.is_permitted, row.mean.value


def _leader(rows: Sequence[FullEvaluation]) -> str | None:
    permitted = [row for row in rows if row.is_permitted] or rows
    return leader({row.candidate: (row.mean.value, row.mean.n) for row in permitted})


def _complete(state: RunState, memo: FullMemo) -> None:
    """Find out which trials completed the candidates that are newly complete."""
    new = {each for each in state.fully_evaluated if each not in memo.completed}
    if not new:
        return
    ended: dict[str, list[tuple[float, int]]] = {each: [] for each in new}
    for trial in state.trials.values():
        if trial.candidate in new and trial.purpose != "test" and trial.finished is not None:
            ended[trial.candidate].append((trial.finished, trial.number))
    for candidate, trials in ended.items():
        memo.completed[candidate] = _completing(state, [number for _, number in sorted(trials)])


def _completing(state: RunState, numbers: Sequence[int]) -> int:
    """Which of one candidate's trials, in the order in which they ended, completed it."""
    seen: set[str] = set()
    for number in numbers:
        trial = state.trials[number]
        seen.update(trial.examples)
        whole = trial.purpose in ("baseline", "full") or len(seen) >= state.sizes[1]
        if whole and trial.mean is not None:
            return number
    return max(numbers, default=0)
