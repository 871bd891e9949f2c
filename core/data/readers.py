"""Files in, datasets out: CSV, JSON, JSON Lines and Parquet, read strictly.

A file is read whole or refused with the place of its first fault; nothing is repaired or half
loaded. Archives, spreadsheets and addresses on the network are deliberately not read.

Types: JSON and Parquet keep theirs. A CSV cell is text and stays as it is written, so that a
program sees 3.10 where the file says 3.10; only the blanks around the cells of a column of numbers
go. `core.data.numbers` reads such a column where numbers are meant. Missing are: an empty or blank
CSV cell, JSON's null, NaN, and a name that other rows have. `?` and `NA` are text.
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path, PurePath
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.data.dataset import Dataset, arrow_frame
from core.data.numbers import as_numbers
from core.errors import DatasetError

MAX_BYTES = 50_000_000
"""Largest file that is read."""

MAX_ROWS = 200_000
MAX_COLUMNS = 1_000

_UNPACKED_FACTOR = 10
"""A Parquet file may unpack to this many times `max_bytes`."""

_SEPARATORS = {",": "','", ";": "';'", "\t": "tabs"}
_SNIFFED_RECORDS = 20
# pandas writes a frame's index into such columns.
_PANDAS_INDEX = re.compile(r"__index_level_[0-9]+__")
_JSON_KINDS = {list: "a list", str: "text", bool: "true or false", type(None): "null"}


def read(
    name: str, content: bytes, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> Dataset:
    """The dataset in a file called `name` (its suffix tells the format) with these bytes.

    Raises:
        DatasetError: the file is of another type, too big, or not faultless; the message names the
            file, the line or row and the column.
    """
    source = PurePath(name).name
    frame_of = _frame_reader(source)
    _check_size(source, len(content), max_bytes)
    if not content:
        raise DatasetError(f"{source}: the file is empty.")
    frame = frame_of(source, content, max_rows, max_bytes)
    return Dataset(name=source, origin=f"Uploaded as {source}", frame=frame)


def read_file(path: Path) -> Dataset:
    """The dataset in the file at `path`, within the limits of `read`.

    Raises:
        DatasetError: as `read`, or the file cannot be opened.
    """
    _frame_reader(path.name)
    try:
        _check_size(path.name, path.stat().st_size, MAX_BYTES)
        content = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: the file cannot be opened ({error.strerror}).") from error
    return read(path.name, content)


def _frame_reader(source: str) -> "Callable[[str, bytes, int, int], pd.DataFrame]":
    suffix = PurePath(source).suffix.lower()
    if suffix not in _READERS:
        raise DatasetError(
            f"{source}: {f'files of type {suffix}' if suffix else 'files without a suffix'} are "
            f"not read. Use one of {', '.join(_READERS)}."
        )
    return _READERS[suffix]


def _check_size(source: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise DatasetError(
            f"{source}: the file has {size / 1e6:,.1f} MB; the limit is {max_bytes / 1e6:g} MB. "
            "Take a sample of its rows."
        )


def _check_rows(source: str, rows: int, max_rows: int) -> None:
    if rows > max_rows:
        raise DatasetError(
            f"{source}: the file has more than {max_rows:,} rows, which is the limit. "
            "Take a sample of its rows."
        )


def _frame(source: str, names: Sequence[str], columns: Iterable[Sequence[Any]]) -> pd.DataFrame:
    if len(names) > MAX_COLUMNS:
        raise DatasetError(
            f"{source}: the file has {len(names):,} columns; the limit is {MAX_COLUMNS:,}."
        )
    return pd.DataFrame(
        {n: pd.Series(list(vals), dtype=object) for n, vals in zip(names, columns, strict=True)}
    )


# Text


def _text(source: str, content: bytes) -> str:
    """`content` as text without its byte order mark."""
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line, column = _place(content[: error.start].decode())
        raise DatasetError(
            f"{source}, line {line}, column {column}: byte 0x{content[error.start]:02X} is not "
            "UTF-8. Save the file as UTF-8 (in Excel: 'CSV UTF-8')."
        ) from error
    if "\0" in text:
        line, column = _place(text[: text.index("\0")])
        raise DatasetError(
            f"{source}, line {line}, column {column}: a zero byte, as in UTF-16 or binary files. "
            "Save the file as UTF-8 text."
        )
    if not text.strip():
        raise DatasetError(f"{source}: the file is empty.")
    return text


def _place(before: str) -> tuple[int, int]:
    """Line and column, from 1, of what follows the text `before`."""
    lines = re.split(r"\r\n|\r|\n", before)
    return len(lines), len(lines[-1]) + 1


# CSV


def _csv_frame(source: str, content: bytes, max_rows: int, _: int) -> pd.DataFrame:
    _text(source, content)
    # One long passage is longer than the csv module's own limit; ours is on the whole file.
    csv.field_size_limit(max(csv.field_size_limit(), len(content)))
    separator = _separator(source, content)
    records = _csv_records(source, content, separator)
    line, header = next(records, (1, [""]))
    names = _csv_header(source, line, header)
    rows: list[list[str]] = []
    for line, fields in records:
        if len(fields) != len(names):
            raise DatasetError(_wrong_width(source, line, fields, names, separator))
        rows.append(fields)
        _check_rows(source, len(rows), max_rows)
    if not rows:
        raise DatasetError(f"{source}: there is a header but no row below it.")
    return _frame(source, names, map(_cells, zip(*rows, strict=True)))


def _csv_lines(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")


def _csv_records(source: str, content: bytes, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that has a value, with the number of the line it begins on."""
    reader = csv.reader(_csv_lines(content), delimiter=separator, strict=True)
    line = 1
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            if "unexpected end" in str(error):
                problem = "a quoted field begins in this row and is never closed"
            else:
                problem = f"the quotes do not match ({error})"
            raise DatasetError(
                f'{source}, line {line}: {problem}. Write a " inside a quoted field as "".'
            ) from error
        if fields is None:
            return
        if any(field.strip() for field in fields):
            yield line, fields
        line = reader.line_num + 1


def _separator(source: str, content: bytes) -> str:
    """The separator that divides the header; if several do, the one that fits the first rows."""
    widths = {}
    for separator in _SEPARATORS:
        records = filter(None, csv.reader(_csv_lines(content), delimiter=separator))
        widths[separator] = [len(fields) for fields in islice(records, _SNIFFED_RECORDS)]
    dividing = [separator for separator in _SEPARATORS if widths[separator][0] > 1]
    if len(dividing) < 2:
        return dividing[0] if dividing else ","
    fitting = [separator for separator in dividing if len(set(widths[separator])) == 1]
    if len(fitting) == 1:
        return fitting[0]
    if "," in dividing:
        return ","
    raise DatasetError(
        f"{source}: the fields may be separated by ';' or by tabs; use commas to be clear."
    )


def _csv_header(source: str, line: int, header: list[str]) -> list[str]:
    names = [name.strip() for name in header]
    for position, name in enumerate(names, start=1):
        if not name:
            raise DatasetError(f"{source}, line {line}: column {position} has no name.")
        first = names.index(name) + 1
        if first != position:
            raise DatasetError(
                f"{source}, line {line}: columns {first} and {position} are both named {name!r}; "
                "rename one."
            )
    return names


def _wrong_width(
    source: str, line: int, fields: list[str], names: list[str], separator: str
) -> str:
    by = _SEPARATORS[separator]
    counts = f"{len(fields)} field{'s' * (len(fields) != 1)} found, {len(names)} expected"
    if len(fields) < len(names):
        without = ", ".join(repr(name) for name in names[len(fields) :][:5])
        detail = f"nothing is given for {without}"
    else:
        detail = f"put a field that contains {by} in double quotes"
    return f"{source}, line {line}: {counts} (separated by {by}); {detail}."


def _cells(written: Sequence[str]) -> list[str | None]:
    """A CSV column as it is written; None where a cell is blank."""
    bare = [cell.strip() for cell in written]
    is_numeric = as_numbers([cell for cell in bare if cell]) is not None
    kept = bare if is_numeric else written
    return [cell if cell.strip() else None for cell in kept]


# JSON


def _json_frame(source: str, content: bytes, max_rows: int, _: int) -> pd.DataFrame:
    try:
        document = _parsed(_text(source, content))
    except json.JSONDecodeError as error:
        hint = " A file with one object per line is named .jsonl." * (error.msg == "Extra data")
        raise DatasetError(
            f"{source}, line {error.lineno}, column {error.colno}: {error.msg}.{hint}"
        ) from error
    except ValueError as error:
        raise DatasetError(f"{source}: {error}.") from error
    rows = _row_list(source, document)
    _check_rows(source, len(rows), max_rows)
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise DatasetError(f"{source}, row {number}: {_kind(row)} where an object is expected.")
    return _frame_of_objects(source, rows)


def _jsonl_frame(source: str, content: bytes, max_rows: int, _: int) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    # Not `splitlines`: it also splits at characters that may stand inside a JSON text.
    for line, text in enumerate(_text(source, content).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            row = _parsed(text)
        except json.JSONDecodeError as error:
            raise DatasetError(
                f"{source}, line {line}, column {error.colno}: {error.msg}. "
                "Each line holds one whole JSON object."
            ) from error
        except ValueError as error:
            raise DatasetError(f"{source}, line {line}: {error}.") from error
        if not isinstance(row, dict):
            hint = " A file that is one list of objects is named .json." * isinstance(row, list)
            raise DatasetError(
                f"{source}, line {line}: {_kind(row)} where an object is expected.{hint}"
            )
        rows.append(row)
        _check_rows(source, len(rows), max_rows)
    return _frame_of_objects(source, rows)


def _parsed(text: str) -> Any:
    """The JSON value in `text`; any fault is a ValueError."""
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError as error:
        raise ValueError("lists and objects are nested too deeply") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        start = json.dumps(dict(pairs[:1]), ensure_ascii=False)[:80].removesuffix("}")
        raise ValueError(f"an object has two values named {twice!r}; it begins {start}")
    return fields


def _row_list(source: str, document: Any) -> list[Any]:
    if isinstance(document, list):
        lists = [document]
    elif isinstance(document, dict):
        lists = [v for v in document.values() if isinstance(v, list) and v and _all_objects(v)]
    else:
        lists = []
    if len(lists) != 1:
        found = _kind(document)
        if isinstance(document, dict):
            found = f"an object with {len(lists) or 'no'} such list{'s' * (len(lists) != 1)}"
        raise DatasetError(
            f"{source}: expected a list of objects, or an object with exactly one such list; "
            f"found {found}."
        )
    if not lists[0]:
        raise DatasetError(f"{source}: the list is empty; add at least one object.")
    return lists[0]


def _all_objects(values: list[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _kind(value: Any) -> str:
    return _JSON_KINDS.get(type(value), "a number")


def _frame_of_objects(source: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    names = list(dict.fromkeys(chain.from_iterable(rows)))
    return _frame(source, names, ([row.get(name) for row in rows] for name in names))


# Parquet


def _parquet_frame(source: str, content: bytes, max_rows: int, max_bytes: int) -> pd.DataFrame:
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        _check_rows(source, file.metadata.num_rows, max_rows)
        table = _unpacked(source, file, max_bytes * _UNPACKED_FACTOR)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise DatasetError(f"{source}: not a readable Parquet file ({reason}).") from error
    if not table.num_rows:
        raise DatasetError(f"{source}: there are columns but no row.")
    names = table.schema.names
    if repeated := [name for name in names if names.count(name) > 1]:
        raise DatasetError(f"{source}: two columns are named {repeated[0]!r}; rename one.")
    index = [name for name in names if _PANDAS_INDEX.fullmatch(name)]
    kept = table.drop_columns(index)
    frame = arrow_frame(kept, source)
    return _frame(source, kept.schema.names, (frame[name].tolist() for name in frame.columns))


def _unpacked(source: str, file: Any, limit: int) -> Any:
    """The table in `file`, read in pieces so that a small file cannot fill the memory."""
    batches, size = [], 0
    for batch in file.iter_batches(batch_size=1_000):
        size += batch.nbytes
        if size > limit:
            raise DatasetError(
                f"{source}: the file unpacks to more than {limit / 1e6:g} MB. "
                "Take a sample of its rows."
            )
        batches.append(batch)
    return pa.Table.from_batches(batches, schema=file.schema_arrow)


_READERS: "dict[str, Callable[[str, bytes, int, int], pd.DataFrame]]" = {
    ".csv": _csv_frame,
    ".json": _json_frame,
    ".jsonl": _jsonl_frame,
    ".ndjson": _jsonl_frame,
    ".parquet": _parquet_frame,
}
