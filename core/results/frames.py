"""Tables of a run: trials, candidates, instructions, failures.

Everything is computed from one `Memo`, so no two tables can disagree. `Tables` holds what they are
made of and builds each when somebody asks for it. Deliberately not here: anything drawn, and
differences between candidates (`comparison`).
"""

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.evaluation.statistics import Mean
from core.programs.candidate import Candidate
from core.results.full_evaluations import FullEvaluation, full_rows, table_of
from core.results.memo import Memo, TrialRow, candidate_labels, memo_of
from core.results.thinning import thinned
from core.runs.events import Failure
from core.runs.parts import DemoSet, Instruction
from core.runs.snapshot import Predicted, Snapshot
from core.runs.state import RunState

__all__ = [
    "TRIAL_COLUMNS",
    "Tables",
    "best_candidate",
    "candidate_frame",
    "candidate_labels",
    "observed",
    "tables_of",
    "trial_frame",
]

PREDICTED_REACH = 1.6449
"""Standard deviations from the mean to the ends of a 90 % interval of a normal distribution."""

MOST_FAILURES = 500
"""Newest failures that are listed."""

MOST_LISTED = 200
"""Candidates, or trials, of a short list."""

MOST_CHARTED = 2_000
"""Trials that a chart can show."""

TRIAL_COLUMNS = [name for name in TrialRow._fields if name not in ("cancelled", "reason")]
INSTRUCTION_COLUMNS = [
    "predictor", "number", "id", "text", "tip", "temperature", "grounding", "demo_set", "trace",
    "candidates",
]  # fmt: skip
FAILURE_COLUMNS = ["at", "where", "kind", "message", "stage"]
_SCORE_COLUMNS = [
    "mean", "low", "high", "predicted", "predicted_low", "predicted_high", "test",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Tables:
    """What the tables of a run are made of, and the tables, each built when it is first asked for.

    Nobody may change them.
    """

    rows: tuple[TrialRow, ...]
    """In order of their numbers, test trials included."""
    fulls: tuple[FullEvaluation, ...]
    labels: Mapping[str, str]
    """Candidate → short name, in the order of their first trials, the baseline first."""
    choices: Mapping[str, Candidate]
    val: Mapping[str, Mean]
    """Candidate → mean over the validation examples scored so far."""
    test: Mapping[str, Mean]
    predictions: Mapping[str, Predicted]
    fully_evaluated: frozenset[str]
    best: str | None
    baseline: str | None
    made: Mapping[str, tuple[Instruction, ...]]
    """Predictor → its instructions by number."""
    demo_sets: Mapping[str, tuple[DemoSet, ...]]
    uses: Mapping[tuple[str, str], int]
    """(predictor, instruction) → candidates that use it."""
    newest_failures: tuple[tuple[float, str, Failure], ...]
    """(time, where in plain words, failure), oldest first."""
    finished: int
    """Trials that ended, test trials left out."""

    @cached_property
    def trials(self) -> pd.DataFrame:
        """One row per trial, in order of their numbers, test trials included.

        `mean`, `low` and `high` are fractions, the last two a 95 % interval over the trial's
        examples; missing before the first score. `finished` is missing while it is under way.
        """
        return _trial_frame(self.rows)

    @property
    def chart_version(self) -> tuple[int | str | None, ...]:
        """Changes whenever a finished trial or a full evaluation would look different."""
        baseline = self.val.get(self.baseline or "")
        return (
            len(self.rows),
            self.finished,
            len(self.fulls),
            sum(row.mean.n for row in self.fulls),
            sum(row.is_permitted for row in self.fulls),
            self.best,
            baseline.n if baseline else None,
        )

    def scores_version(self, ids: Iterable[str]) -> int:
        """Changes whenever what is observed or expected of one of these candidates does."""
        return hash(tuple((each, self.val.get(each), self.predictions.get(each)) for each in ids))

    @cached_property
    def chart_trials(self) -> pd.DataFrame:
        """As `trials`, with as few finished minibatches left out as at most 2,000 rows take."""
        return _trial_frame(shown_rows(self.rows, MOST_CHARTED))

    @cached_property
    def full(self) -> pd.DataFrame:
        """One row per fully evaluated candidate; see `full_evaluations.full_frame`."""
        return table_of(self.fulls)

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """One row per candidate, the baseline first, then in order of their first trials.

        `candidate` is the id and `label` its short name. For each predictor, `NAME.instruction` and
        `NAME.demo_set` are the numbers of its choices. `mean`, `low`, `high` (95 %) and `n` are
        over all validation examples scored so far; `predicted`, `predicted_low`, `predicted_high`
        (90 %) are the surrogate's; `full`, `best` and `baseline` are flags; `test` and `test_n` are
        the held-out score. Scores are fractions, missing where there are none.
        """
        return self.candidates_named(self.labels)

    @cached_property
    def instructions(self) -> pd.DataFrame:
        """One row per instruction, by predictor and number; `candidates` counts who use it."""
        rows = [
            (
                name, each.number, each.id, each.text, each.tip, each.temperature,
                ", ".join(each.grounding), each.demo_set, each.trace,
                self.uses.get((name, each.id), 0),
            )
            for name, own in self.made.items()
            for each in own
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=INSTRUCTION_COLUMNS).astype({"temperature": "float64"})

    @cached_property
    def failures(self) -> pd.DataFrame:
        """The newest 500 failures, newest first; `at` is in seconds since the epoch."""
        newest = self.newest_failures[-MOST_FAILURES:][::-1]
        rows = [(at, where, one.kind, one.message, one.stage) for at, where, one in newest]
        return pd.DataFrame(rows, columns=FAILURE_COLUMNS)

    def trial(self, number: int) -> TrialRow | None:
        """One trial; None when there is none with this number."""
        if 0 <= number < len(self.rows) and self.rows[number].number == number:
            return self.rows[number]
        return next((row for row in self.rows if row.number == number), None)

    def newest_trials(self, most: int = MOST_LISTED) -> pd.DataFrame:
        """The newest trials, newest first; columns as in `trials`."""
        return _trial_frame(self.rows[::-1][:most])

    def best_candidates(self, most: int = MOST_LISTED) -> pd.DataFrame:
        """The baseline and the best, the others by predicted score, then the rest by observed mean.

        Columns as in `candidates`.
        """
        return self.candidates_named(self.leading(most))

    def leading(self, most: int = MOST_LISTED) -> list[str]:
        """The ids of `best_candidates`, in its order."""

        def expected(candidate: str) -> tuple[bool, float]:
            known, seen = self.predictions.get(candidate), self.val.get(candidate)
            return known is not None, known.mean if known else seen.value if seen else -1.0

        first = [each for each in (self.baseline, self.best) if each is not None]
        ranked = heapq.nlargest(most, self.labels, key=expected)
        return list(dict.fromkeys([*first, *ranked]))[:most]

    def candidates_named(self, ids: Collection[str]) -> pd.DataFrame:
        """These candidates in this order; columns as in `candidates`."""
        columns: dict[str, Any] = {
            "candidate": list(ids),
            "label": [self.labels[each] for each in ids],
        }
        columns |= self._choice_numbers(ids)
        rows = [
            _scores(self.val.get(each), self.predictions.get(each), self.test.get(each))
            for each in ids
        ]
        columns |= dict(zip(_SCORE_COLUMNS, _columns(rows, len(_SCORE_COLUMNS)), strict=True))
        for count, scores in (("n", self.val), ("test_n", self.test)):
            columns[count] = [scores[each].n if each in scores else 0 for each in ids]
        columns["full"] = [each in self.fully_evaluated for each in ids]
        columns["best"] = [each == self.best for each in ids]
        columns["baseline"] = [each == self.baseline for each in ids]
        return pd.DataFrame(columns)

    def _choice_numbers(self, ids: Iterable[str]) -> dict[str, list[int]]:
        columns: dict[str, list[int]] = {}
        for name, own in self.made.items():
            chosen = [self.choices[each].choices[name] for each in ids]
            numbers = {each.id: each.number for each in own}
            places = {each.id: place for place, each in enumerate(self.demo_sets.get(name, ()))}
            columns[f"{name}.instruction"] = [numbers[each.instruction] for each in chosen]
            columns[f"{name}.demo_set"] = [places[each.demo_set] for each in chosen]
        return columns


def tables_of(
    state: RunState, snapshot: Snapshot | None = None, memo: Memo | None = None
) -> Tables:
    """The tables of the state, which share nothing with it that a fold could change.

    `memo` is in step with the state; None for one made on the spot.
    """
    memo = memo_of(state) if memo is None else memo
    best = memo.best(state)
    return Tables(
        rows=tuple(memo.trials.values()),
        fulls=full_rows(state, memo.val, best, memo.full, memo.permits(state)),
        labels=memo.labels,
        choices=memo.candidates,
        val=dict(memo.val),
        test=dict(memo.test),
        predictions={} if snapshot is None else snapshot.predictions,
        fully_evaluated=frozenset(state.fully_evaluated),
        best=best,
        baseline=state.baseline,
        made={name: tuple(own.values()) for name, own in state.instructions.items()},
        demo_sets={name: tuple(own.values()) for name, own in state.demo_sets.items()},
        uses=dict(memo.uses),
        newest_failures=tuple(state.failures[-MOST_FAILURES:]),
        finished=memo.counts.finished,
    )


def trial_frame(state: RunState) -> pd.DataFrame:
    """`Tables.trials` of the state."""
    return tables_of(state).trials


def candidate_frame(state: RunState, snapshot: Snapshot | None = None) -> pd.DataFrame:
    """`Tables.candidates` of the state and what the surrogate expects."""
    return tables_of(state, snapshot).candidates


def observed(state: RunState) -> dict[str, Mean]:
    """Candidate → mean over the validation examples scored so far, for those that have any."""
    return memo_of(state).val


def best_candidate(state: RunState, means: Mapping[str, Mean]) -> str | None:
    """As `core.runs.scores.best_candidate`, from the `means` that `observed` gives."""
    memo = memo_of(state)
    memo.val = dict(means)
    return memo.best(state)


def shown_rows(rows: Sequence[TrialRow], most: int) -> tuple[TrialRow, ...]:
    """At most about `most` trials: finished minibatches are thinned out evenly, the rest stays."""
    if len(rows) <= most:
        return tuple(rows)
    common = [
        place
        for place, row in enumerate(rows)
        if row.purpose == "minibatch" and row.finished is not None
    ]
    scarce = sorted(set(range(len(rows))).difference(common))
    kept = thinned(common, max(most - len(scarce), most // 4))
    kept = [*kept, *thinned(scarce, most - len(kept))]
    return tuple(rows[place] for place in sorted(kept))


def _trial_frame(rows: Sequence[TrialRow]) -> pd.DataFrame:
    columns: Any = dict(zip(TrialRow._fields, zip(*rows, strict=True), strict=True)) if rows else {}
    for name in ("mean", "low", "high", "started", "finished"):
        columns[name] = np.array(columns.get(name, ()), dtype=np.float64)
    return pd.DataFrame(columns, columns=TRIAL_COLUMNS)


def _scores(
    val: Mean | None, predicted: Predicted | None, test: Mean | None
) -> tuple[float | None, ...]:
    known = (val.value, val.low, val.high) if val else (None, None, None)
    guess: tuple[float | None, ...] = (None, None, None)
    if predicted is not None:
        reach = PREDICTED_REACH * predicted.sd
        ends = (predicted.mean, predicted.mean - reach, predicted.mean + reach)
        guess = tuple(min(1.0, max(0.0, end)) for end in ends)
    return (*known, *guess, test.value if test else None)


def _columns(rows: Sequence[Sequence[float | None]], count: int) -> npt.NDArray[np.float64]:
    """The rows as columns of numbers, None as NaN."""
    return np.array(rows, dtype=np.float64).reshape(len(rows), count).T
