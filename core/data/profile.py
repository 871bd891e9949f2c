"""What a dataset looks like: types, gaps, lengths and label balance, and which column is what.

Describes; it never changes the data and judges nothing. A suggestion is a starting point for a
person's own mapping.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from core.data.dataset import Dataset, row_groups
from core.data.part_names import part_of
from core.data.tally import Tally

Kind = Literal["number", "text", "label", "boolean", "nested"]

MOST_LABELS = 50
"""A column with more distinct values has no balance."""

LONGEST_LABEL = 100
"""Characters; longer texts are not labels, however few there are."""

# In this order of preference.
_OUTPUT_NAMES = (
    *("answer", "answers", "output", "target", "label_name", "label", "labels", "class", "y"),
    *("category", "expected", "expected_output", "gold", "gold_label", "response", "completion"),
    *("antwort", "antworten", "kategorie", "réponse", "reponse", "respuesta", "respuestas"),
    *("risposta", "resposta", "antwoord", "svar", "odpowiedź", "cevap", "ответ", "الجواب"),
    *("答案", "回答", "答え", "답변"),
)
_INPUT_NAMES = frozenset(
    ("question", "questions", "query", "prompt", "input", "text", "frage", "fragen", "pregunta")
    + ("preguntas", "domanda", "pergunta", "vraag", "fråga", "pytanie", "soru", "вопрос")
    + ("السؤال", "问题", "問題", "質問", "질문")
)
_IDENTIFIER = re.compile(r"(.*[_ -])?(id|uuid|guid|index|idx|key)|unnamed.*|row(_number)?|nr\.?|#")


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
        columns=tuple(_tallied(name, frame[name].tolist()) for name in frame.columns),
        duplicate_rows=len(frame) - distinct_rows,
    )


def suggested_mapping(profile: Profile) -> SuggestedMapping:
    """One output and the inputs that go with it.

    The output is the column with the most telling name (`answer`, `label`, …), else the last with
    few values, else the last that is no identifier and not named like an input. Inputs are all
    others, except identifiers, columns named like a further output (they would give the answer
    away) and, where others are left, columns with missing values.
    A single column is suggested as an input; one that says each row's part of a split, as neither.
    """
    usable = [column for column in profile.columns if not _says_parts(column)]
    columns = usable or list(profile.columns)
    names = [column.name for column in columns]
    if len(names) == 1:
        return SuggestedMapping(names, [])
    by_lower = {name.lower(): name for name in reversed(names)}
    named = [by_lower[name] for name in _OUTPUT_NAMES if name in by_lower]
    asked = [name for name in names if name.lower() in _INPUT_NAMES]
    few_valued = [column.name for column in columns if column.balance]
    written = [name for name in names if name not in asked and not _identifies(name)]
    output = (named or few_valued[-1:] or written[-1:] or names[-1:])[0]
    others = [column for column in columns if column.name != output]
    told = [each for each in others if each.name not in named and not _identifies(each.name)]
    inputs = [each for each in told if not each.missing] or told or others
    return SuggestedMapping([each.name for each in inputs], [output])


def _identifies(name: str) -> bool:
    return _IDENTIFIER.fullmatch(name.lower()) is not None


def _tallied(name: str, values: list[Any]) -> ColumnProfile:
    tally = Tally()
    tally.add(values)
    return column_profile(name, tally)


def column_profile(name: str, tally: Tally) -> ColumnProfile:
    """The profile of a column that has been tallied."""
    kind = "number" if tally.is_numeric else _kind(tally)
    lengths = tally.lengths if kind in ("text", "label", "nested") else Counter[int]()
    low, high = tally.extremes if kind == "number" else (None, None)
    few = _few(tally.counts)
    return ColumnProfile(
        name=name,
        kind=kind,
        missing=tally.missing,
        distinct=tally.distinct.count,
        minimum=low,
        maximum=high,
        median=tally.median if kind == "number" else None,
        shortest=min(lengths, default=None),
        median_length=tally.median_length if lengths else None,
        longest=max(lengths, default=None),
        balance=tuple(tally.counts.most_common())
        if tally.counts and few and kind != "nested"
        else (),
    )


def _kind(tally: Tally) -> Kind:
    if tally.kinds & {list, dict}:
        return "nested"
    if tally.kinds == {bool}:
        return "boolean"
    return "label" if _few(tally.counts) else "text"


def _says_parts(column: ColumnProfile) -> bool:
    """Whether each value names a part of a split, and not all the same one."""
    return len({part_of(value) for value, _ in column.balance} - {None}) > 1 and all(
        part_of(value) is not None for value, _ in column.balance
    )


def _few(counts: Counter[str] | None) -> bool:
    """Whether these are labels: few, short, and on average given at least twice."""
    return (
        counts is not None
        and 0 < len(counts) <= MOST_LABELS
        and 2 * len(counts) <= counts.total()
        and max(map(len, counts)) <= LONGEST_LABEL
    )
