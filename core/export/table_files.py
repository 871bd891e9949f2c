"""Tables as CSV and as Parquet.

CSV is opened in spreadsheets, so texts that these would run as formulas are neutralised there.
Parquet is read by programs and keeps every value as it is.
"""

import io
import json
import re
from collections.abc import Sequence
from types import NoneType
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_RISKY_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A spreadsheet takes a cell that starts with one of these for a formula (OWASP, CSV injection)."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", flags=re.ASCII)
_INT64 = range(-(2**63), 2**63)
_SIMPLE = frozenset({str, int, float, bool})


def to_csv(frame: pd.DataFrame) -> bytes:
    """The table in UTF-8, with a header; nested values as JSON text, missing ones empty."""
    safe = pd.DataFrame(
        {place: _csv_column(frame.iloc[:, place]) for place in range(frame.shape[1])}
    )
    safe.columns = pd.Index([neutralised(name) for name in frame.columns], dtype=object)
    return safe.to_csv(index=False).encode("utf-8")


def to_parquet(frame: pd.DataFrame) -> bytes:
    """The table with a type per column; a column of mixed or nested values as JSON text."""
    arrays = [_array(frame.iloc[:, place]) for place in range(frame.shape[1])]
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays, names=[str(name) for name in frame.columns]), sink)
    return sink.getvalue()


def neutralised(cell: Any) -> Any:
    """The cell, with a leading `'` when a spreadsheet would otherwise run it as a formula.

    A text that is nothing but a number, such as `-5`, is none.
    """
    if isinstance(cell, str) and cell.startswith(_RISKY_STARTS) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def _csv_column(column: "pd.Series[Any]") -> "pd.Series[Any]":
    if _is_plain(column):
        return column
    cells = [neutralised(_flat(cell)) for cell in column]
    return pd.Series(cells, dtype=object)  # else whole numbers beside missing ones become broken


def _is_plain(column: "pd.Series[Any]") -> bool:
    kinds = pd.api.types
    return bool(kinds.is_numeric_dtype(column) or kinds.is_datetime64_any_dtype(column))


def _flat(cell: Any) -> Any:
    return _json(cell) if isinstance(cell, list | dict | tuple) else cell


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _array(column: "pd.Series[Any]") -> Any:
    if column.dtype != object:
        return pa.array(column, from_pandas=True)
    values = [None if _is_missing(value) else value for value in column]
    kinds = set(map(type, values)) - {NoneType}
    if not kinds:
        return pa.array(values, type=pa.string())
    if kinds == {int, float}:
        return pa.array([None if value is None else float(value) for value in values])
    if len(kinds) > 1 or not kinds <= _SIMPLE or _is_too_large(values):
        return pa.array([None if value is None else _json(value) for value in values])
    return pa.array(values)


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def _is_too_large(values: Sequence[Any]) -> bool:
    return any(isinstance(value, int) and value not in _INT64 for value in values)
