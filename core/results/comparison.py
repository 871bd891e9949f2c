"""Two to four candidates side by side, on the examples that all of them have scores for.

Scores and intervals are fractions. The first candidate is the reference. What the candidates
answered is not here but in the store's traces; `comparison_rows` puts the two together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.data.dataset import Example
from core.evaluation.evaluator import Trace, trace_from_json
from core.evaluation.statistics import Mean, PairedDifference, mean, paired_difference
from core.runs.parts import Result
from core.runs.state import RunState
from core.runs.store import RunStore

MOST_COMPARED = 4
"""More columns than this cannot be read side by side."""

MOST_ROWS = 200
"""Most differing examples that are listed, those with the largest spread first."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the shared examples say about the candidates."""

    candidates: tuple[str, ...]
    """The reference first."""
    n: int
    """Examples that every candidate has a score for."""
    scores: dict[str, dict[str, float]]
    """Candidate → shared example → score."""
    means: dict[str, Mean]
    """Candidate → mean over the shared examples; empty when there are none."""
    differences: dict[str, PairedDifference]
    """Every candidate but the reference → its difference to the reference."""

    @property
    def differing(self) -> list[str]:
        """Shared examples on which the scores are not all equal, largest spread first."""
        spread = {
            example: max(column) - min(column)
            for example in self.scores[self.candidates[0]]
            if (column := [self.scores[each][example] for each in self.candidates])
        }
        ordered = sorted(spread, key=lambda example: -spread[example])
        return [example for example in ordered if spread[example] > 0]


def results_of(
    state: RunState, candidates: Sequence[str], *, test: bool = False
) -> dict[str, dict[str, Result]]:
    """Candidate → validation (or test) example → result, as copies that no fold changes."""
    kept = state.test_results if test else state.results
    return {each: dict(kept.get(each, {})) for each in candidates}


def compare(results: Mapping[str, Mapping[str, Result]], *, seed: int = 0) -> Comparison:
    """The candidates of `results` (candidate → example → result), compared with the first.

    Raises:
        ValueError: there are fewer than two candidates, or more than four.
    """
    candidates = tuple(results)
    if not 2 <= len(candidates) <= MOST_COMPARED:
        raise ValueError(f"compare 2 to {MOST_COMPARED} candidates, not {len(candidates)}.")
    known = {each: _scores(own) for each, own in results.items()}
    shared = [
        example
        for example in known[candidates[0]]
        if all(example in known[each] for each in candidates)
    ]
    scores = {each: {example: own[example] for example in shared} for each, own in known.items()}
    reference, *others = candidates
    return Comparison(
        candidates=candidates,
        n=len(shared),
        scores=scores,
        means={each: mean(list(own.values())) for each, own in scores.items() if own},
        differences={
            each: paired_difference(
                list(scores[reference].values()), list(scores[each].values()), seed=seed
            )
            for each in others
            if shared
        },
    )


def difference_in_words(difference: PairedDifference, label: str, reference: str) -> str:
    """One sentence on who is better by how much, or that it cannot be told.

    Better and worse are said only when the interval and the test agree.
    """
    n, points = difference.n, 100 * difference.value
    ends = (100 * difference.low, 100 * difference.high)
    if difference.shown == "worse":
        ends = (-ends[1], -ends[0])
    known = f"95 %: {ends[0]:.1f} to {ends[1]:.1f}, {_p_in_words(difference.p_value)}, n = {n}"
    if difference.shown is not None:
        return (
            f"{label} is {difference.shown} than {reference} by {abs(points):.1f} points ({known})."
        )
    these = "This one example" if n == 1 else f"These {n} examples"
    return f"{these} cannot tell {label} and {reference} apart: {points:+.1f} points ({known})."


def _p_in_words(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def comparison_rows(
    comparison: Comparison,
    labels: Mapping[str, str],
    examples: Mapping[str, Example],
    traces: Mapping[tuple[str, str], Trace],
) -> pd.DataFrame:
    """One row per example on which the candidates differ, at most 200, largest spread first.

    Columns: `example`, `input`, `expected`, then for each candidate `LABEL score` and `LABEL
    output`. Outputs whose trace is not in `traces` ((candidate, example) → trace) are missing.
    """
    rows = []
    for example in comparison.differing[:MOST_ROWS]:
        known = examples.get(example)
        row: dict[str, Any] = {
            "example": example,
            "input": in_one_line(known.inputs) if known else None,
            "expected": in_one_line(known.outputs) if known else None,
        }
        for each in comparison.candidates:
            trace = traces.get((each, example))
            row[f"{labels[each]} score"] = comparison.scores[each][example]
            row[f"{labels[each]} output"] = in_one_line(trace.outputs) if trace else None
        rows.append(row)
    return pd.DataFrame(rows)


def eval_traces(
    store: RunStore, run_id: str, candidates: Sequence[str], examples: Sequence[str]
) -> dict[tuple[str, str], Trace]:
    """(candidate, example) → what happened, for those pairs that left a trace."""
    keys = {
        f"eval/{candidate}/{example}": (candidate, example)
        for candidate in candidates
        for example in examples
    }
    found = store.traces(run_id, list(keys))
    return {keys[key]: trace_from_json(text) for key, text in found.items()}


def in_one_line(values: Mapping[str, Any]) -> str:
    """A single value as it is, several as `name: value · name: value`."""
    texts = {name: "" if value is None else str(value) for name, value in values.items()}
    if len(texts) == 1:
        return next(iter(texts.values()))
    return " · ".join(f"{name}: {text}" for name, text in texts.items())


def _scores(results: Mapping[str, Result]) -> dict[str, float]:
    return {
        example: result.score for example, result in results.items() if result.score is not None
    }
