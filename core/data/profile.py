"""What a dataset looks like: types, gaps, lengths and label balance, and which column is what.

Describes; it never changes the data and judges nothing. A suggestion is a starting point for a
person's own mapping.
"""

import re
import statistics
from collections import Counter
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, NamedTuple

from core.data.dataset import Dataset, json_text, row_groups
from core.data.numbers import as_numbers

Kind = Literal["number", "text", "label", "boolean", "nested"]

MOST_LABELS = 50
"""A column with more distinct values has no balance."""

LONGEST_LABEL = 100
"""Characters; longer texts are not labels, however few there are."""

# In this order of preference.
_OUTPUT_NAMES = (
    *("answer", "answers", "output", "target", "label_name", "label", "labels", "class", "y"),
    *("category", "expected", "expected_output", "gold", "gold_label", "response", "completion"),
)
_IDENTIFIER = re.compile(r"(.*[_ -])?(id|uuid|guid|index|idx|key)|unnamed.*|row(_number)?")


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """One column. Statistics are over the values that are not missing; None where there is none."""

    name: str
    kind: Kind
    """number, boolean and nested hold only that; a label is a short text that recurs.

    A column of texts that are all written as numbers, as in a CSV file, is one of numbers.
    """
    missing: int
    distinct: int
    minimum: float | None = None
    maximum: float | None = None
    median: float | None = None
    """The three of numbers only."""
    shortest: int | None = None
    median_length: float | None = None
    longest: int | None = None
    """Characters of text, of labels, and of nested values written as JSON."""
    balance: tuple[tuple[str, int], ...] = ()
    """Value and count, most common first; empty unless at most 50 values recur."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A dataset at a glance."""

    rows: int
    columns: tuple[ColumnProfile, ...]
    duplicate_rows: int
    """Rows that repeat an earlier row in every column."""


class SuggestedMapping(NamedTuple):
    """Columns that look like inputs and outputs of a program."""

    inputs: list[str]
    outputs: list[str]


def profile(dataset: Dataset) -> Profile:
    """The profile of every row and column."""
    frame = dataset.frame
    distinct_rows = int(row_groups(dataset, frame.columns).max()) + 1
    return Profile(
        rows=len(frame),
        columns=tuple(_column_profile(name, frame[name].tolist()) for name in frame.columns),
        duplicate_rows=len(frame) - distinct_rows,
    )


def suggested_mapping(profile: Profile) -> SuggestedMapping:
    """One output and the inputs that go with it.

    The output is the column with the most telling name (`answer`, `label`, …), else the last with
    few values, else the last. Inputs are all others, except identifiers, columns named like a
    further output (they would give the answer away) and columns with missing values.
    A single column is suggested as an input.
    """
    names = [column.name for column in profile.columns]
    if len(names) == 1:
        return SuggestedMapping(names, [])
    by_lower = {name.lower(): name for name in reversed(names)}
    named = [by_lower[name] for name in _OUTPUT_NAMES if name in by_lower]
    few_valued = [column.name for column in profile.columns if column.balance]
    output = (named or few_valued[-1:] or names[-1:])[0]
    others = [column for column in profile.columns if column.name != output]
    inputs = [
        column.name
        for column in others
        if not column.missing
        and column.name not in named
        and not _IDENTIFIER.fullmatch(column.name.lower())
    ]
    return SuggestedMapping(inputs or [column.name for column in others], [output])


def _column_profile(name: str, values: list[Any]) -> ColumnProfile:
    present = [value for value in values if value is not None]
    texts = [value if isinstance(value, str) else json_text(value) for value in present]
    counts = Counter(texts)
    numbers = as_numbers(present) or []
    kind = "number" if numbers else _kind(present, counts)
    lengths = [len(text) for text in texts] if kind in ("text", "label", "nested") else []
    return ColumnProfile(
        name=name,
        kind=kind,
        missing=len(values) - len(present),
        distinct=len(counts),
        minimum=min(numbers, default=None),
        maximum=max(numbers, default=None),
        median=statistics.median(numbers) if numbers else None,
        shortest=min(lengths, default=None),
        median_length=statistics.median(lengths) if lengths else None,
        longest=max(lengths, default=None),
        balance=tuple(counts.most_common()) if _few(counts) and kind != "nested" else (),
    )


def _kind(present: list[Any], counts: Counter[str]) -> Kind:
    kinds = set(map(type, present)) - {NoneType}
    if kinds & {list, dict}:
        return "nested"
    if kinds == {bool}:
        return "boolean"
    return "label" if _few(counts) else "text"


def _few(counts: Counter[str]) -> bool:
    """Whether these are labels: few, short, and on average given at least twice."""
    return (
        0 < len(counts) <= MOST_LABELS
        and 2 * len(counts) <= counts.total()
        and max(map(len, counts)) <= LONGEST_LABEL
    )
