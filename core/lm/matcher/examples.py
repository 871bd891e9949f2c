"""Examples as they are rendered inside a proposer's prompt, read back into fields.

Understands blocks of `name: value` lines, in which a line `->` separates inputs from outputs, and
the `Example({...}) (input_keys={...})` notation of dspy.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_HEADER = re.compile(r"^\s*Example \d+\s*:?\s*$")
_LINE = re.compile(r"^\s*([A-Za-z][\w ]{0,39}):(?: (.*))?$")
_DSPY = re.compile(r"Example\((\{.*?\})\) \(input_keys=(\{.*?\}|None)\)", flags=re.DOTALL)
_ARROW = "->"
_REASONING = frozenset(["reasoning", "rationale"])
YES_NO = frozenset(["yes", "no", "true", "false"])
"""Answers that are labels wherever else they stand."""
_OUTPUT_NAMES = ("answer", "label", "output", "target", "class", "category")
_LONGEST_LABEL_WORDS = 5
_MOST_LABELS = 20
_SHARE_ALIKE = 0.85
_SHARE_MIXED = 0.5


@dataclass(frozen=True, kw_only=True)
class Row:
    """One example; outputs are empty when the notation does not tell them from inputs."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]

    @property
    def values(self) -> dict[str, str]:
        """All fields, inputs first."""
        return {**self.inputs, **self.outputs}


def rows_of(text: str) -> list[Row]:
    """The examples in a text; an empty list when it holds none."""
    marked = [_dspy_row(*match) for match in _DSPY.findall(text)]
    found = [row for row in marked if row is not None]
    return found or [row for block in _blocks(text) if (row := _row(block)).values]


def output_of(rows: Sequence[Row]) -> str | None:
    """The field to be answered: an output, else the best guess; None without rows."""
    if not rows:
        return None
    outputs = [name for name in rows[0].outputs if name not in _REASONING]
    if outputs:
        return outputs[-1]
    columns = list(rows[0].values)
    named = [column for column in columns if column.lower() in _OUTPUT_NAMES]
    closed = [column for column in columns if labels_among(rows, column)]
    return (named or closed or columns)[-1]


def labels_among(rows: Sequence[Row], column: str) -> list[str]:
    """The column's values when they look like a closed set of labels, most frequent first.

    Labels are short words, repeated: half of the rows or fewer would do to show each once, or a
    few more when all are written alike (one word each, or in lower case).
    """
    values = [row.values[column] for row in rows if row.values.get(column, "").strip()]
    counts = Counter(values)
    short = all(len(value.split()) <= _LONGEST_LABEL_WORDS for value in counts)
    worded = not any(re.fullmatch(r"[-\d.,]+", value) for value in counts)
    alike = all(" " not in value or value == value.lower() for value in counts)
    share = _SHARE_ALIKE if alike else _SHARE_MIXED
    repeated = 1 < len(counts) <= min(_MOST_LABELS, share * len(values))
    if not (short and worded and repeated) or _copied(rows, column):
        return []
    return [value for value, _ in counts.most_common()]


def _copied(rows: Sequence[Row], column: str) -> bool:
    """True when the values mostly stand in other fields of their rows, as answers in a text do."""
    if {row.values[column].lower() for row in rows if column in row.values} <= YES_NO:
        return False
    copied = [
        any(
            row.values[column].lower() in value.lower()
            for name, value in row.values.items()
            if name != column and name not in _REASONING
        )
        for row in rows
        if column in row.values
    ]
    return sum(copied) * 2 > len(copied)


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in text.splitlines():
        if _HEADER.match(line) or not line.strip():
            yield block
            block = []
        else:
            block.append(line)
    yield block


def _row(lines: Sequence[str]) -> Row:
    sides: tuple[dict[str, str], dict[str, str]] = ({}, {})
    side, last = 0, ""
    for line in lines:
        match = _LINE.match(line)
        if line.strip() == _ARROW:
            side, last = 1, ""
        elif match:
            last = match.group(1).strip().replace(" ", "_")
            last = last.lower() if last.istitle() or "_" in last else last
            sides[side][last] = (match.group(2) or "").strip()
        elif last:
            sides[side][last] = f"{sides[side][last]}\n{line.strip()}"
    return Row(inputs=sides[0], outputs=sides[1])


def _dspy_row(fields: str, keys: str) -> Row | None:
    try:
        values, inputs = ast.literal_eval(fields), ast.literal_eval(keys) or set()
    except (SyntaxError, ValueError):
        return None
    if not inputs:
        return Row(inputs={str(k): str(v) for k, v in values.items()}, outputs={})
    return Row(
        inputs={str(k): str(v) for k, v in values.items() if k in inputs},
        outputs={str(k): str(v) for k, v in values.items() if k not in inputs},
    )
