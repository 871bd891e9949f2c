"""Example by example: a row for each, a column of scores for each entrant, and what to show of it.

Rows are kept as arrays, and a view of them is an array of row numbers, so that filtering and
sorting thousands of rows costs milliseconds. Answers come from traces in the store and are read for
the rows on screen only. Scores are fractions; a failure is no score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.comparison.entrants import Flags, LineUp, Scores
from core.data.dataset import Example
from core.evaluation.evaluator import Trace
from core.results.answers import eval_traces, in_one_line
from core.runs.parts import Rating
from core.runs.store import RunStore

Show = Literal[
    "all", "shared", "different", "improved", "regressed", "all failed", "errors", "rated"
]
"""Which rows, of any entrant beside the reference:

- all: any entrant has a result; shared: all have a score
- different: those who have a result do not all have the same; failing is a result of its own
- improved, regressed: an entrant scores higher, lower than the reference; both have scores
- all failed: nobody got any of it right: every result is a score of 0 or a failure
- errors: somebody's last attempt failed
- rated: a person judged somebody's answer
"""

SHOWS: tuple[Show, ...] = (
    "all", "shared", "different", "improved", "regressed", "all failed", "errors", "rated"
)  # fmt: skip

Sort = Literal["example", "change", "spread", "score"]
"""By the dataset's order; by the change to the reference; by the distance of the highest to the
lowest score; by the score."""

Rows = npt.NDArray[np.int64]
"""Row numbers, in the order in which they are shown."""

Answers = Mapping[tuple[int, str], Trace]
"""(entrant, example) → what happened."""


@dataclass(frozen=True, kw_only=True)
class View:
    """What to show of a table, and in which order."""

    show: Show = "all"
    expected: str | None = None
    """Only examples with this expected output, as in the column `expected`."""
    text: str = ""
    """Only examples with this in input or expected output, whatever the case."""
    sort: Sort = "example"
    entrant: int | None = None
    """Whose change or score counts for `show` and `sort`; None for everybody's."""
    descending: bool = True
    """The largest first; the dataset's own order is never turned around."""


class Neighbours(NamedTuple):
    """The examples before and after one, in the order shown; None at either end."""

    previous: str | None
    following: str | None


@dataclass(frozen=True, kw_only=True, eq=False)
class ComparisonTable:
    """The rows of a comparison. Nobody may change its arrays."""

    line_up: LineUp
    reference: int
    """Which entrant the others are compared with."""
    inputs: tuple[str, ...]
    """Input of each row on one line; empty where the example is not known any more."""
    expected: tuple[str, ...]
    ratings: tuple[Mapping[str, tuple[Rating, ...]], ...]
    """For each entrant: example → what people think of its answer."""

    @cached_property
    def changes(self) -> Scores:
        """Rows by entrants: score less the reference's; NaN where one of them is missing."""
        scores = self.line_up.scores
        return np.round(scores - scores[:, [self.reference]], 12)

    @cached_property
    def spread(self) -> Scores:
        """Highest less lowest score of each row; 0 where fewer than two have one."""
        scores = self.line_up.scores
        high = np.where(np.isnan(scores), -np.inf, scores).max(axis=1)
        low = np.where(np.isnan(scores), np.inf, scores).min(axis=1)
        return np.where(high > low, np.round(high - low, 12), 0.0)

    @cached_property
    def expected_values(self) -> tuple[str, ...]:
        """The expected outputs that there are, the most frequent first."""
        counts = pd.Series(self.expected, dtype=object).value_counts()
        return tuple(str(each) for each in counts.index if each)

    def selected(self, view: View) -> Rows:
        """The rows that the view shows, in its order."""
        chosen = self._shown(view.show, view.entrant)
        if view.expected is not None:
            chosen = chosen & (self._expected == view.expected)
        if needle := view.text.strip().casefold():
            chosen = chosen & np.array([needle in each for each in self._texts], dtype=bool)
        return self._sorted(np.flatnonzero(chosen), view)

    def counts(self, entrant: int | None = None) -> dict[Show, int]:
        """How many rows each filter shows."""
        return {show: int(self._shown(show, entrant).sum()) for show in SHOWS}

    def neighbours(self, rows: Rows, example: str) -> Neighbours:
        """What comes before and after the example in these rows.

        An example that is not among them has none before it, and the first of them after it.
        """
        shown = [self.line_up.examples[row] for row in rows]
        if example not in shown:
            return Neighbours(None, shown[0] if shown else None)
        place = shown.index(example)
        return Neighbours(
            shown[place - 1] if place else None,
            shown[place + 1] if place + 1 < len(shown) else None,
        )

    def frame(self, rows: Rows, answers: Answers | None = None) -> pd.DataFrame:
        """These rows, in this order.

        Columns: `example`, `input`, `expected`, then for each entrant `LABEL score`, `LABEL change`
        (not for the reference), `LABEL output` (missing without a trace in `answers`), `LABEL
        failure` and `LABEL rating`.
        """
        examples = [self.line_up.examples[row] for row in rows]
        columns: dict[str, Any] = {
            "example": examples,
            "input": [self.inputs[row] for row in rows],
            "expected": [self.expected[row] for row in rows],
        }
        for place, label in enumerate(self.line_up.labels):
            columns[f"{label} score"] = self.line_up.scores[rows, place]
            if place != self.reference:
                columns[f"{label} change"] = self.changes[rows, place]
            given = [_output((answers or {}).get((place, example))) for example in examples]
            columns[f"{label} output"] = pd.Series(given, dtype=object)
            columns[f"{label} failure"] = self.line_up.failures[rows, place]
            columns[f"{label} rating"] = [
                rating_in_words(self.ratings[place].get(example, ())) for example in examples
            ]
        return pd.DataFrame(columns)

    def _shown(self, show: Show, entrant: int | None) -> Flags:
        if show == "rated":
            return self._is_rated(entrant)
        if show in ("improved", "regressed"):
            changes = self.changes if entrant is None else self.changes[:, [entrant]]
            sign = 1 if show == "improved" else -1
            return np.asarray((sign * changes > 0).any(axis=1))
        return self._flags[show]

    @cached_property
    def _flags(self) -> dict[Show, Flags]:
        """What can be said of the rows without an entrant being named."""
        scores = self.line_up.scores
        failed = np.asarray(pd.notna(self.line_up.failures), dtype=bool)
        scored = ~np.isnan(scores)
        some_right = (np.where(scored, scores, 0.0) > 0).any(axis=1)
        return {
            "all": np.ones(len(scores), dtype=bool),
            "shared": self.line_up.shared,
            "different": (self.spread > 0) | (failed.any(axis=1) & scored.any(axis=1)),
            "all failed": np.asarray(~some_right),
            "errors": np.asarray(failed.any(axis=1)),
        }

    def _is_rated(self, entrant: int | None) -> Flags:
        places = range(len(self.ratings)) if entrant is None else [entrant]
        rated = {example for place in places for example in self.ratings[place]}
        return np.array([example in rated for example in self.line_up.examples], dtype=bool)

    @cached_property
    def _expected(self) -> npt.NDArray[np.object_]:
        return np.array(self.expected, dtype=object)

    @cached_property
    def _texts(self) -> list[str]:
        return [
            f"{given}\n{wanted}".casefold()
            for given, wanted in zip(self.inputs, self.expected, strict=True)
        ]

    def _sorted(self, rows: Rows, view: View) -> Rows:
        if view.sort == "example":
            return rows
        keys = self._keys(view)[rows]
        order = np.argsort(np.where(np.isnan(keys), np.inf, -keys if view.descending else keys),
                           kind="stable")  # fmt: skip
        return rows[order]

    def _keys(self, view: View) -> Scores:
        if view.sort == "spread":
            return self.spread
        values = self.changes if view.sort == "change" else self.line_up.scores
        if view.entrant is not None:
            return np.asarray(values[:, view.entrant])
        if view.sort == "change":
            values = np.delete(values, self.reference, axis=1)
        known = ~np.isnan(values)
        count = known.sum(axis=1)
        total = np.where(known, values, 0.0).sum(axis=1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def table_of(
    line_up: LineUp, examples: Mapping[str, Example], *, reference: int = 0
) -> ComparisonTable:
    """The table of a line-up; `examples` by id, of those that are still there."""
    known = [examples.get(each) for each in line_up.examples]
    return ComparisonTable(
        line_up=line_up,
        reference=reference,
        inputs=tuple(in_one_line(each.inputs) if each else "" for each in known),
        expected=tuple(in_one_line(each.outputs) if each else "" for each in known),
        ratings=tuple(each.ratings[line_up.part] for each in line_up.candidates),
    )


def answers(store: RunStore, line_up: LineUp, examples: Sequence[str]) -> dict[
    tuple[int, str], Trace
]:  # fmt: skip
    """(entrant, example) → what happened, for those that left a trace; one query for each run."""
    found: dict[tuple[int, str], Trace] = {}
    for run_id in dict.fromkeys(each.run_id for each in line_up.entrants):
        places = {
            each.candidate: place
            for place, each in enumerate(line_up.entrants)
            if each.run_id == run_id
        }
        traces = eval_traces(store, run_id, list(places), examples)
        found |= {(places[name], example): trace for (name, example), trace in traces.items()}
    return found


def rating_in_words(ratings: Sequence[Rating]) -> str:
    """`up, down · 0.50 · "Too long."`; empty without any."""
    thumbs = ", ".join(each.thumbs for each in ratings if each.thumbs)
    scores = ", ".join(f"{each.score:.2f}" for each in ratings if each.score is not None)
    comments = " ".join(f'"{each.comment}"' for each in ratings if each.comment)
    return " · ".join(filter(None, (thumbs, scores, comments)))


def _output(trace: Trace | None) -> str | None:
    return in_one_line(trace.outputs) if trace and trace.outputs else None
