"""From a file to a dataset: the format by its suffix, the limits, the whole or a refusal."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from core.data.dataset import Dataset
from core.data.readers.columnar import open_parquet
from core.data.readers.delimited import open_delimited
from core.data.readers.objects import open_json, open_json_lines
from core.data.readers.read_as import ReadAs
from core.data.readers.source import (
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_ROWS,
    Limits,
    Opened,
    Source,
    source_of_bytes,
    source_of_path,
    unwrapped,
)
from core.data.readers.workbook import open_workbook
from core.errors import DatasetError

Opener = Callable[[Source, ReadAs, Limits], Opened]

_OPENERS: dict[str, Opener] = {
    ".csv": open_delimited,
    ".tsv": open_delimited,
    ".tab": open_delimited,
    ".json": open_json,
    ".jsonl": open_json_lines,
    ".ndjson": open_json_lines,
    ".parquet": open_parquet,
    ".xlsx": open_workbook,
    ".xlsm": open_workbook,
}

ARCHIVES = (".gz", ".zip")
"""What may wrap one file of another type."""

SUFFIXES = (*_OPENERS, *ARCHIVES)
"""Of the files that are read."""

_PASTED = "Pasted rows"
_ANYTHING = ReadAs()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A dataset, and how it was read."""

    dataset: Dataset
    read_as: ReadAs
    """Complete: reading the same file with it gives the same dataset."""
    guesses: tuple[str, ...]
    """What was guessed and should be looked at, in sentences; empty when nothing was."""


def read(
    name: str, content: bytes, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS
) -> Dataset:
    """The dataset in a file called `name` (its suffix tells the format) with these bytes.

    Raises:
        DatasetError: the file is of another type, too big, or not faultless; the message names the
            file, the line or row and the column.
    """
    limits = Limits(max_bytes=max_bytes, max_rows=max_rows)
    return reading(source_of_bytes(name, content), limits=limits).dataset


def read_file(path: Path) -> Dataset:
    """The dataset in the file at `path`, within the limits of `read`.

    Raises:
        DatasetError: as `read`, or the file cannot be opened.
    """
    check_type(path.name)
    return reading(source_of_path(path)).dataset


def read_pasted(text: str, read_as: ReadAs = _ANYTHING) -> Reading:
    """The dataset in rows that a person pasted: from a spreadsheet, as CSV, JSON or JSON Lines.

    Raises:
        DatasetError: as `read`.
    """
    start = text.lstrip()[:1]
    suffix = {"[": ".json", "{": ".jsonl"}.get(start, ".tsv" if _is_tabular(text) else ".csv")
    if suffix == ".jsonl" and len(text.strip().splitlines()) > 1 and _is_one_object(text):
        suffix = ".json"
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise DatasetError(
            f"{_PASTED}: the text holds half a character. Paste it again."
        ) from error
    given = read_as.model_copy(update={"encoding": "utf-8"})
    source = replace(source_of_bytes(f"{_PASTED}{suffix}", content), name=f"{_PASTED}{suffix}")
    return reading(source, given, origin="Pasted", name=_PASTED)


def reading(
    source: Source,
    read_as: ReadAs = _ANYTHING,
    limits: Limits = Limits(),  # noqa: B008
    *,
    name: str | None = None,
    origin: str | None = None,
) -> Reading:
    """The dataset in a file, read with these settings, and what was detected besides.

    Raises:
        DatasetError: as `read`.
    """
    found = opened(source, read_as, limits)
    rows: list[tuple[Any, ...]] = []
    for row in found.rows:
        rows.append(row)
        limits.check_rows(source.name, len(rows))
    told = origin or f"Uploaded as {source.name}"
    dataset = Dataset(
        name=name or source.name,
        origin=told + found.read_as.described(),
        frame=frame_of(source.name, found, rows),
    )
    return Reading(dataset=dataset, read_as=found.read_as, guesses=found.guesses)


def opened(source: Source, read_as: ReadAs, limits: Limits) -> Opened:
    """The rows of a file of any type that is read, unwrapped and within the limit on bytes.

    Raises:
        DatasetError: as `read`.
    """
    check_type(source.name)
    limits.check_size(source.name, source.size)
    if not source.size:
        raise DatasetError(f"{source.name}: the file is empty.")
    inner = unwrapped(source, limits, tuple(_OPENERS))
    check_type(inner.name)
    if inner is not source and not inner.start(1):
        raise DatasetError(f"{inner.name}: the file is empty.")
    return _OPENERS[inner.suffix](inner, read_as, limits)


def frame_of(source: str, found: Opened, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """The table of these rows of an opened file, one object column per name.

    Raises:
        DatasetError: there are too many columns.
    """
    names = found.names
    if len(names) > MAX_COLUMNS:
        raise DatasetError(
            f"{source}: the file has {len(names):,} columns; the limit is {MAX_COLUMNS:,}."
        )
    width = len(names)
    full = [row if len(row) == width else row + (None,) * (width - len(row)) for row in rows]
    columns = zip(*full, strict=True)
    return pd.DataFrame(
        {
            name: pd.Series(found.finished(list(values)), dtype=object)
            for name, values in zip(names, columns, strict=True)
        }
    )


def check_type(name: str) -> None:
    """Raise a `DatasetError` that lists what is read, if a file of this name is not.

    An old workbook is told apart: it only has to be saved anew.
    """
    suffix = _suffix(name)
    if suffix == ".gz":
        suffix = _suffix(name[: -len(".gz")])
    if suffix in (".xls", ".xlsb", ".ods"):
        raise DatasetError(f"{name}: workbooks of type {suffix} are not read. Save it as .xlsx.")
    if suffix not in SUFFIXES or (suffix in ARCHIVES and _suffix(name) == ".gz"):
        kinds = f"files of type {suffix}" if suffix else "files without a suffix"
        raise DatasetError(f"{name}: {kinds} are not read. Use one of {', '.join(SUFFIXES)}.")


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _is_tabular(text: str) -> bool:
    return "\t" in text.lstrip("\r\n").partition("\n")[0]


def _is_one_object(text: str) -> bool:
    """Whether the first line is no object by itself, as in a document over several lines."""
    return not text.strip().splitlines()[0].rstrip().endswith("}")
