"""What in a dataset deserves a second look: odd values, and the longest rows. Nothing is changed.

A finding is no verdict: `NA` may be a country and `-` an answer. The length in tokens is an
estimate that knows no model's tokenizer: four Latin letters to a token, and three tokens to four
characters of other scripts.
"""

import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.data.dataset import Dataset, json_text
from core.data.numbers import as_numbers

LONGEST_SHOWN = 5
_FENCES = 6.0
"""Interquartile ranges beyond the quartiles from which on a number is called far off."""

_FEWEST_NUMBERS = 20
_OTHER_SCRIPT_TOKENS = 0.75
_MISSING_WORDS = frozenset(
    {"na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", "#n/a", "unknown", "missing", "tbd"}
)
_SPREADSHEET_ERROR = re.compile(r"\s*#(?:DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!)")
_LOST = re.compile("\N{REPLACEMENT CHARACTER}|Ã[\x80-\xbf]|â€")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\ufeff]")
_MARKUP = re.compile(r"</?[a-zA-Z][\w-]*(?:\s[^<>]*)?/?>|&(?:[a-z]{2,8}|#\d+);")
_HARMLESS_SIGN = re.compile(r"[+-][\s\d.,]*$|[-+]\s|--")


def _is_missing_word(text: str) -> bool:
    return text.strip().casefold() in _MISSING_WORDS


def _is_formula(text: str) -> bool:
    begins = len(text) > 1 and text[0] in "=@+-"
    return begins and as_numbers([text]) is None and not _HARMLESS_SIGN.match(text)


def _is_padded(text: str) -> bool:
    return text != text.strip()


_TESTS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("a word for a missing value", _is_missing_word),
    ("an error of a spreadsheet", _SPREADSHEET_ERROR.match),
    ("may run as a formula in a spreadsheet", _is_formula),
    ("characters lost in another encoding", _LOST.search),
    ("invisible control characters", _INVISIBLE.search),
    ("markup of web pages", _MARKUP.search),
    ("blanks around the text", _is_padded),
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Values of one column that look odd for one reason."""

    column: str
    what: str
    """The reason in words, as in "12 rows: a word for a missing value"."""
    rows: tuple[int, ...]
    """All of them, from 0."""
    example: str
    """The first such value, cut to 80 characters."""


class LongRow(NamedTuple):
    """A row and its length."""

    row: int
    """From 0."""
    tokens: int
    """Estimated, over the columns asked about."""


def findings(dataset: Dataset) -> tuple[Finding, ...]:
    """Everything odd, column by column, in the order of the columns."""
    found: list[Finding] = []
    for name in dataset.frame.columns:
        values = dataset.frame[name].tolist()
        for what, test in _TESTS:
            rows = [row for row, v in enumerate(values) if isinstance(v, str) and test(v)]
            found += _finding(name, what, rows, values)
        found += _finding(name, "another type than most of the column", _strangers(values), values)
        found += _finding(name, "far from all other numbers", _far_off(values), values)
    return tuple(found)


def longest_rows(
    dataset: Dataset, columns: Sequence[str], most: int = LONGEST_SHOWN
) -> tuple[LongRow, ...]:
    """The rows with the most tokens in these columns together, the longest first."""
    totals = [0.0] * len(dataset.frame)
    for name in columns:
        for row, value in enumerate(dataset.frame[name].tolist()):
            totals[row] += estimated_tokens(value)
    longest = sorted(range(len(totals)), key=lambda row: (-totals[row], row))[:most]
    return tuple(LongRow(row, round(totals[row])) for row in longest)


def estimated_tokens(value: Any) -> float:
    """Tokens that a language model makes of a value, roughly; 0 for a missing one."""
    if value is None:
        return 0.0
    text = value if isinstance(value, str) else json_text(value)
    latin = len(text) if text.isascii() else sum(char < "\u0250" for char in text)
    return latin / 4 + (len(text) - latin) * _OTHER_SCRIPT_TOKENS


def _finding(name: str, what: str, rows: list[int], values: list[Any]) -> list[Finding]:
    if not rows:
        return []
    first = values[rows[0]]
    example = (first if isinstance(first, str) else json_text(first))[:80]
    return [Finding(column=name, what=what, rows=tuple(rows), example=example)]


def _strangers(values: list[Any]) -> list[int]:
    """Rows whose value is of another type than at least nine tenths of the others."""
    kinds = [_family(value) for value in values if value is not None]
    if len(set(kinds)) < 2:
        return []
    usual = statistics.mode(kinds)
    if kinds.count(usual) < 0.9 * len(kinds):
        return []
    return [row for row, v in enumerate(values) if v is not None and _family(v) != usual]


def _family(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float) or (isinstance(value, str) and as_numbers([value])):
        return "number"
    return type(value).__name__


def _far_off(values: list[Any]) -> list[int]:
    """Rows whose number lies six interquartile ranges outside the quartiles (Tukey's fences)."""
    present = [(row, value) for row, value in enumerate(values) if value is not None]
    numbers = as_numbers([value for _, value in present])
    if numbers is None or len(numbers) < _FEWEST_NUMBERS:
        return []
    low, _, high = statistics.quantiles(numbers, n=4)
    reach = _FENCES * (high - low)
    if not reach:
        return []
    rows = (row for row, _ in present)
    return [
        row
        for row, number in zip(rows, numbers, strict=True)
        if not low - reach <= number <= high + reach
    ]
