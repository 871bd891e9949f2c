"""A table of examples, its identity, and the step from its rows to a program's fields.

A `Dataset` holds plain Python values only, so that what a program sees is what the file said and
what is stored is what was loaded. It deliberately knows nothing of files (`readers`), of
statistics (`profile`) or of train, val and test (`split`).
"""

import copy
import datetime
import difflib
import hashlib
import json
import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from types import NoneType
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

from core.errors import DatasetError

Value = str | int | float | bool | list[Any] | dict[str, Any] | None
"""What a cell may hold. Lists and dicts are nested JSON values (passages, say); None is missing."""

DEEPEST_NESTING = 50
"""Levels of lists and dicts a value may have; far below where Python's recursion would end."""

SHOWN_COLUMNS = 20
"""Most column names that a message lists."""

_ARROW_TYPES: dict[frozenset[type], Any] = {
    frozenset(): pa.null(),
    frozenset({str}): pa.string(),
    frozenset({int}): pa.int64(),
    frozenset({float}): pa.float64(),
    frozenset({bool}): pa.bool_(),
}
_JSON_COLUMN = {b"mipro_studio": b"json"}
_RECIPE = b"mipro_studio_recipe"
_SIMPLE_TYPES = frozenset({str, int, bool, NoneType})


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """At least one row and one column of plain values. Compare datasets by `id`.

    Any frame is taken and made plain: NumPy values become Python's, NaN becomes None, dates become
    ISO text, the index is numbered anew. Nobody may change `frame` afterwards.

    Raises:
        DatasetError: no rows or columns, an unusable column name, or a value with no plain form
            (bytes, an infinite number, half a character), named by row and column.
    """

    name: str
    """Shown to people."""
    origin: str
    """One sentence: "Uploaded as tickets.csv"."""
    frame: pd.DataFrame
    """Columns of dtype object, named by text; rows numbered from 0; None where a value misses."""
    recipe: str | None = None
    """How it was made out of another dataset, as `core.data.cleaning` writes and reads it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "frame", _plain_frame(self.frame, self.name))

    @cached_property
    def id(self) -> str:
        """First 16 hex digits of the SHA-256 of column names and values; not of name or origin."""
        digest = hashlib.sha256()
        for column in self.frame.columns:
            digest.update(json_text([column, self.frame[column].tolist()]).encode())
            digest.update(b"\n")
        return digest.hexdigest()[:16]

    def to_parquet(self) -> bytes:
        """This table as a Parquet file from which `from_parquet` restores it without loss.

        A column of one type is written as that type; one of mixed or nested values, or of integers
        beyond 64 bits, as JSON text.
        """
        written = [_arrow_column(name, self.frame[name].tolist()) for name in self.frame.columns]
        told = {_RECIPE: self.recipe} if self.recipe is not None else None
        schema = pa.schema([field for _, field in written], metadata=told)
        table = pa.table([array for array, _ in written], schema=schema)
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        return bytes(sink.getvalue().to_pybytes())

    @classmethod
    def from_parquet(cls, content: bytes, *, name: str, origin: str) -> Self:
        """The dataset whose `to_parquet` gave `content`, with the same id.

        Raises:
            DatasetError: `content` is not a readable Parquet file.
        """
        try:
            table = pq.ParquetFile(pa.BufferReader(content)).read()
        except (pa.ArrowException, OSError) as error:
            raise DatasetError(f"{name}: not a readable Parquet file ({error}).") from error
        told = (table.schema.metadata or {}).get(_RECIPE)
        recipe = told.decode() if told is not None else None
        return cls(name=name, origin=origin, frame=arrow_frame(table, name), recipe=recipe)


class FieldMapping(BaseModel):
    """Which column feeds which field of the program: field → column, both ways of the program."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: dict[str, str]
    outputs: dict[str, str]

    @model_validator(mode="after")
    def _can_make_examples(self) -> Self:
        if not self.inputs:
            raise ValueError("Map at least one column to an input of the program.")
        if not self.outputs:
            raise ValueError("Map at least one column to an output of the program.")
        for field, column in [*self.inputs.items(), *self.outputs.items()]:
            if not field or not column:
                raise ValueError(f"Field {field!r} and column {column!r}: neither may be empty.")
        if both := self.inputs.keys() & self.outputs.keys():
            raise ValueError(f"Field {min(both)!r} is mapped as an input and as an output.")
        if both := set(self.inputs.values()) & set(self.outputs.values()):
            raise ValueError(
                f"Column {min(both)!r} is mapped to an input and to an output: "
                "the program would be shown the answer."
            )
        return self


@dataclass(frozen=True, kw_only=True)
class Example:
    """One row, named as the program names its fields."""

    id: str
    """The row's number in its dataset, from 0, as text."""
    inputs: dict[str, Any]
    outputs: dict[str, Any]


def examples(
    dataset: Dataset, mapping: FieldMapping, rows: Sequence[int] | None = None
) -> list[Example]:
    """The examples in `rows` (numbers from 0, in this order), or in every row.

    Raises:
        DatasetError: a mapped column or a row does not exist, or one of the rows misses a value.
            Messages count rows from 1.
    """
    chosen = range(len(dataset.frame)) if rows is None else rows
    for row in chosen:
        if not 0 <= row < len(dataset.frame):
            raise DatasetError(
                f"{dataset.name}: there is no row {row + 1}; it has {len(dataset.frame):,} rows."
            )
    inputs = _mapped_values(dataset, mapping.inputs, chosen)
    outputs = _mapped_values(dataset, mapping.outputs, chosen)
    return [
        Example(
            id=str(row),
            inputs={field: _own(values[row]) for field, values in inputs.items()},
            outputs={field: _own(values[row]) for field, values in outputs.items()},
        )
        for row in chosen
    ]


def check_mapping(dataset: Dataset, mapping: FieldMapping) -> None:
    """Raise the `DatasetError` that `examples` over all rows would raise, if any."""
    every_row = range(len(dataset.frame))
    _mapped_values(dataset, mapping.inputs, every_row)
    _mapped_values(dataset, mapping.outputs, every_row)


def row_groups(dataset: Dataset, columns: Iterable[str]) -> NDArray[np.int64]:
    """For each row the number of its group: rows equal in all `columns` share one.

    Groups are numbered from 0 in order of first appearance.
    """
    groups: NDArray[np.int64] = np.zeros(len(dataset.frame), dtype=np.int64)
    for column in columns:
        values = _codes(_comparable(dataset.frame[column].tolist()))
        groups = _codes((groups * (values.max() + 1) + values).tolist())
    return groups


def json_text(value: Value) -> str:
    """`value` as compact JSON, other scripts as they are; equal text means equal values."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def arrow_frame(table: Any, source: str) -> pd.DataFrame:
    """The columns of a `pyarrow.Table` as Python objects, columns of JSON text decoded.

    Raises:
        DatasetError: a column of `source` holds values that Python cannot represent.
    """
    columns = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        try:
            values = column.to_pylist()
            if (field.metadata or {}).items() >= _JSON_COLUMN.items():
                values = [None if text is None else json.loads(text) for text in values]
        except (ValueError, OverflowError, pa.ArrowException) as error:
            raise DatasetError(
                f"{source}, column {field.name!r}: its values cannot be read ({error})."
            ) from error
        columns[field.name] = pd.Series(values, dtype=object)
    return pd.DataFrame(columns)


def plain_column(values: list[Any], name: str, source: str, *, first_row: int = 1) -> list[Value]:
    """The values of a column in Python's plain types.

    Raises:
        DatasetError: one has no such form; the message counts rows from `first_row`.
    """
    kinds = set(map(type, values))
    if kinds <= _SIMPLE_TYPES and _encodable("".join(v for v in values if type(v) is str)):
        return values
    plain = []
    for row, value in enumerate(values, start=first_row):
        try:
            plain.append(_plain(value))
        except ValueError as error:
            raise DatasetError(f"{source}, row {row}, column {name!r}: {error}.") from error
    return plain


def _arrow_column(name: str, values: list[Any]) -> tuple[Any, Any]:
    """The Arrow array that holds `values` exactly, and its field."""
    kinds = frozenset(map(type, values)) - {NoneType}
    arrow_type = _ARROW_TYPES.get(kinds)
    if kinds == {int} and not all(v is None or -(2**63) <= v < 2**63 for v in values):
        arrow_type = None
    if arrow_type is not None:
        return pa.array(values, type=arrow_type), pa.field(name, arrow_type)
    texts = [None if value is None else json_text(value) for value in values]
    return pa.array(texts, type=pa.string()), pa.field(name, pa.string(), metadata=_JSON_COLUMN)


def _plain_frame(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    names = list(frame.columns)
    if not names or frame.empty:
        raise DatasetError(f"{source}: there are no rows of data; add at least one.")
    for position, name in enumerate(names, start=1):
        if not isinstance(name, str) or not name.strip() or not _encodable(name):
            raise DatasetError(f"{source}: column {position} has no usable name ({name!r}).")
        if names.index(name) != position - 1:
            raise DatasetError(
                f"{source}: columns {names.index(name) + 1} and {position} are both named "
                f"{name!r}; rename one."
            )
    columns = {name: plain_column(frame[name].tolist(), name, source) for name in names}
    return pd.DataFrame({name: pd.Series(vals, dtype=object) for name, vals in columns.items()})


def _plain(value: Any, depth: int = 0) -> Value:
    """`value` in Python's plain types.

    Raises:
        ValueError: it has no such form; the message is the reason, without a full stop.
    """
    if depth > DEEPEST_NESTING:
        raise ValueError(f"lists and objects are nested more than {DEEPEST_NESTING} deep")
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {str(_plain_scalar(k)): _plain(item, depth + 1) for k, item in value.items()}
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> str | int | float | bool | None:
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, str):
        if not _encodable(value):
            raise ValueError("the text contains half a character (a lone surrogate)")
        return str(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return _plain_number(value)


def _plain_number(value: Any) -> int | float | bool | None:
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float | Decimal):
        number = float(value)
        if math.isinf(number):
            raise ValueError("the number is infinite; leave the cell empty or give a finite one")
        return None if math.isnan(number) else number
    raise ValueError(f"values of type {type(value).__name__} cannot be shown in a prompt")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _mapped_values(
    dataset: Dataset, fields: dict[str, str], rows: Sequence[int]
) -> dict[str, list[Any]]:
    """Field → the whole column's values, after checking that `rows` of it are complete."""
    mapped = {}
    for field, column in fields.items():
        if column not in dataset.frame.columns:
            raise DatasetError(_no_such_column(dataset, field, column))
        values = dataset.frame[column].tolist()
        missing = [row for row in rows if values[row] is None]
        if missing:
            others = f" ({len(missing):,} rows miss it)" if len(missing) > 1 else ""
            raise DatasetError(
                f"{dataset.name}, row {missing[0] + 1}, column {column!r}: the value for the "
                f"program's field {field!r} is missing{others}. Fill it in or remove the row."
            )
        mapped[field] = values
    return mapped


def _no_such_column(dataset: Dataset, field: str, column: str) -> str:
    names = list(dataset.frame.columns)
    by_lower = {name.lower(): name for name in reversed(names)}
    close = difflib.get_close_matches(column.lower(), by_lower, n=1, cutoff=0.5)
    hint = f"Did you mean {by_lower[close[0]]!r}? " if close else ""
    listed = ", ".join(repr(name) for name in names[:SHOWN_COLUMNS])
    more = f" and {len(names) - SHOWN_COLUMNS} more" if len(names) > SHOWN_COLUMNS else ""
    return (
        f"{dataset.name}: there is no column {column!r} for the program's field {field!r}. "
        f"{hint}The columns are {listed}{more}."
    )


def _own(value: Any) -> Any:
    # Examples reach programs that run in threads; a list one of them changes must not be shared.
    return copy.deepcopy(value) if isinstance(value, list | dict) else value


def _comparable(values: list[Any]) -> list[Hashable]:
    kinds = set(map(type, values)) - {NoneType}
    if len(kinds) < 2 and not kinds & {list, dict} or kinds == {int, float}:
        return values
    # In Python 1 == True, and lists have no hash.
    return [json_text(value) for value in values]


def _codes(values: list[Hashable]) -> NDArray[np.int64]:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)
