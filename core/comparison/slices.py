"""Where an entrant is good and where it is not: by what it answered for which label, and by slices.

Confusions need the answers, which are in the store's traces; what left no trace is counted and
said, not guessed. Slices need the dataset's other columns.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.comparison.entrants import LineUp
from core.data.dataset import Dataset, Example, json_text
from core.data.numbers import as_numbers
from core.evaluation.field_scores import label_key, named_label, normalised
from core.evaluation.label_scores import LabelScores, label_scores
from core.evaluation.metric_parameters import Labels
from core.evaluation.statistics import mean
from core.results.answers import trace_texts
from core.runs.config import RunConfig
from core.runs.preparation import MOST_LABELS
from core.runs.store import RunStore

OTHER, FAILED = "(another answer)", "(failed)"
"""Columns of a confusion matrix for answers that are no label, and for runs without one."""

MISSING, REST = "(missing)", "(other values)"
MOST_SLICES = 12
"""Values of a column that are told apart; the rarer ones are taken together."""

QUARTERS = 4
FEW_NUMBERS = 8
"""A column with at most so many different numbers is sliced by each of them."""


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """What one entrant answered for which expected label."""

    label: str
    """The entrant's."""
    counts: pd.DataFrame
    """Expected labels by answers, then `OTHER` and `FAILED` where there are any."""
    n: int
    """Examples in it."""
    without_trace: int
    """Examples with a score that left no trace: they are not in it."""

    @cached_property
    def scores(self) -> LabelScores | None:
        """Macro-F1 and the share right of each label, failures left out; None without answers."""
        answered = self.counts.drop(columns=FAILED, errors="ignore")
        return label_scores([str(each) for each in self.counts.index], answered.to_numpy())

    @property
    def note(self) -> str | None:
        """What is missing, in words; None when nothing is."""
        if not self.without_trace:
            return None
        return (
            f"{self.without_trace:,} scored examples left no trace, so their answers are not known "
            f"and not counted; {self.n:,} are."
        )


def expected_labels(examples: Mapping[str, Example], shown: Sequence[str]) -> tuple[str, ...]:
    """The expected labels of these examples, sorted; empty when the outputs are no labels.

    They are when there is one output field with at most 20 different values, each at least twice on
    average.
    """
    known = [examples[each] for each in shown if each in examples]
    if not known or any(len(each.outputs) != 1 for each in known):
        return ()
    values = {_label(each) for each in known}
    return tuple(sorted(values)) if len(values) <= MOST_LABELS and 2 * len(values) <= len(known) \
        else ()  # fmt: skip


def confusions(
    store: RunStore, line_up: LineUp, examples: Mapping[str, Example]
) -> tuple[Confusion, ...]:
    """One matrix per entrant, over all its own examples; none when the outputs are no labels.

    An answer counts as the label that equals it apart from case, punctuation and articles; under
    the metric `label` as the one that this takes it for.
    """
    labels = expected_labels(examples, line_up.examples)
    if not labels:
        return ()
    field = next(iter(next(iter(examples.values())).outputs))
    read = label_reader(line_up.runs[0].config, labels)
    return tuple(
        _confusion(line_up, place, _answers(store, line_up, place, field), examples, labels, read)
        for place in range(len(line_up.entrants))
    )


def label_reader(config: RunConfig, labels: Sequence[str]) -> Callable[[Any], str]:
    """What a text counts as in a run with these settings: one of the labels, or `OTHER`."""
    if config.metric != "label":
        named = {normalised(label): label for label in reversed(labels)}
        return lambda text: named.get(normalised(text), OTHER)
    told = Labels.model_validate(config.metric_parameters)
    every = (*told.labels, *labels)
    known = {label_key(label): label for label in reversed(every)}

    def read(text: Any) -> str:
        found = named_label(text, labels=every, aliases=told.aliases, inside=bool(told.labels))
        return OTHER if found is None else known.get(found, OTHER)

    return read


def confusion_of(
    label: str,
    pairs: Sequence[tuple[str, Any]],
    failed: Sequence[str],
    labels: Sequence[str],
    read: Callable[[Any], str],
    *,
    without_trace: int = 0,
) -> Confusion:
    """The matrix of (expected, answered) pairs and of the expected labels of failed examples."""
    rows = list(dict.fromkeys(map(read, labels)))
    counted = Counter((read(expected), read(answer)) for expected, answer in pairs)
    cells: Counter[tuple[str, str]] = Counter()
    for (expected, answer), count in counted.items():
        cells[expected, answer if answer in rows else OTHER] += count
    for expected in failed:
        cells[read(expected), FAILED] += 1
    extra = [name for name in (OTHER, FAILED) if any(answer == name for _, answer in cells)]
    columns = list(dict.fromkeys([*rows, *extra]))
    return Confusion(
        label=label,
        counts=pd.DataFrame(
            [[cells[row, column] for column in columns] for row in rows],
            index=pd.Index(rows, name="expected"),
            columns=pd.Index(columns, name="answered"),
        ),
        n=cells.total(),
        without_trace=without_trace,
    )


def sliced(line_up: LineUp, dataset: Dataset, column: str) -> pd.DataFrame:
    """Mean score of each entrant by slice of a dataset column, on the examples all entrants share.

    Numbers are sliced by quartile (by each of them when they are few), anything else by value: the
    12 most frequent, the others together, missing ones apart. Columns: `slice`, `entrant` (its
    label), `mean`, `low`, `high` (95 %) and `n`; slices in order, numbers ascending, values by
    frequency.

    Raises:
        KeyError: the dataset has no such column.
    """
    rows = [row for row in np.flatnonzero(line_up.shared) if line_up.examples[row].isdigit()]
    known = [row for row in rows if int(line_up.examples[row]) < len(dataset.frame)]
    values = dataset.frame[column].tolist()
    slices = slices_of([values[int(line_up.examples[row])] for row in known])
    chosen = np.array(known, dtype=np.int64)
    return pd.DataFrame(
        [
            _slice(name, label, line_up.scores[chosen[members], place])
            for name, members in slices.items()
            for place, label in enumerate(line_up.labels)
        ],
        columns=["slice", "entrant", "mean", "low", "high", "n"],
    )


def slices_of(values: Sequence[Any]) -> dict[str, npt.NDArray[np.int64]]:
    """Name of a slice → places of the values in it, in the order in which slices are shown."""
    present = [place for place, value in enumerate(values) if value is not None]
    numbers = as_numbers([values[place] for place in present])
    if numbers is not None and len(set(numbers)) > FEW_NUMBERS:
        found = _quarters(np.array(numbers, dtype=np.float64), np.array(present))
    else:
        found = _by_value(values, present, numbers)
    if gaps := [place for place, value in enumerate(values) if value is None]:
        found[MISSING] = np.array(gaps)
    return found


def _quarters(
    numbers: npt.NDArray[np.float64], places: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[np.int64]]:
    """Quartiles; those that share a bound are one. Each includes its upper bound."""
    bounds = np.unique(np.quantile(numbers, np.linspace(0, 1, QUARTERS + 1)))
    number_of = np.clip(np.searchsorted(bounds, numbers, side="left") - 1, 0, len(bounds) - 2)
    return {
        f"{low:g} to {high:g}" if place == 0 else f"over {low:g} to {high:g}": places[
            number_of == place
        ]
        for place, (low, high) in enumerate(zip(bounds[:-1], bounds[1:], strict=True))
    }


def _by_value(
    values: Sequence[Any], present: Sequence[int], numbers: Sequence[float] | None
) -> dict[str, npt.NDArray[np.int64]]:
    texts = {
        place: value if isinstance(value := values[place], str) else json_text(value)
        for place in present
    }
    counts = Counter(texts.values())
    names = [name for name, _ in counts.most_common(MOST_SLICES)]
    if numbers is not None:
        names.sort(key=float)
    found = {
        name: np.array([place for place, text in texts.items() if text == name]) for name in names
    }
    if rest := [place for place, text in texts.items() if text not in found]:
        found[REST] = np.array(rest)
    return found


def _slice(name: str, label: str, scores: npt.NDArray[np.float64]) -> dict[str, Any]:
    found = mean(scores.tolist())
    return {
        "slice": name,
        "entrant": label,
        "mean": found.value,
        "low": found.low,
        "high": found.high,
        "n": found.n,
    }


def _answers(store: RunStore, line_up: LineUp, place: int, field: str) -> dict[str, Any]:
    """Example → the answer's label as it was given, for those with a trace.

    Only the outputs are taken out of the JSON text: thousands of traces are read here.
    """
    entrant = line_up.entrants[place]
    keys = {f"eval/{entrant.candidate}/{example}": example for example in line_up.examples}
    found = trace_texts(store, entrant.run_id, list(keys))
    return {keys[key]: json.loads(text)["outputs"].get(field) for key, text in found.items()}


def _confusion(
    line_up: LineUp,
    place: int,
    given: Mapping[str, Any],
    examples: Mapping[str, Example],
    labels: Sequence[str],
    read: Callable[[Any], str],
) -> Confusion:
    pairs: list[tuple[str, Any]] = []
    failed: list[str] = []
    without_trace = 0
    for row, example in enumerate(line_up.examples):
        has_score = not np.isnan(line_up.scores[row, place])
        has_failed = line_up.failures[row, place] is not None
        if example not in examples or not (has_score or has_failed):
            continue
        if has_failed:
            failed.append(_label(examples[example]))
        elif example in given:
            pairs.append((_label(examples[example]), given[example]))
        else:
            without_trace += 1
    name = line_up.labels[place]
    return confusion_of(name, pairs, failed, labels, read, without_trace=without_trace)


def _label(example: Example) -> str:
    return str(next(iter(example.outputs.values())))
