"""Parquet: typed columns, read in batches so that a small file cannot fill the memory."""

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.data.dataset import arrow_frame
from core.data.readers.read_as import ReadAs
from core.data.readers.source import Limits, Opened, Source
from core.errors import DatasetError

_UNPACKED_FACTOR = 10
"""A file may unpack to this many times the limit on its bytes."""

_BATCH = 1_000
# pandas writes a frame's index into such columns.
_PANDAS_INDEX = re.compile(r"__index_level_[0-9]+__")


def open_parquet(source: Source, read_as: ReadAs, limits: Limits) -> Opened:
    """The rows of a Parquet file, without the index that pandas adds.

    Raises:
        DatasetError: it is damaged, has too many rows, none, or two columns of one name; while rows
            are read, if it unpacks to more than ten times the limit on bytes.
    """
    try:
        with source.opened() as handle, pq.ParquetFile(handle) as file:
            total, names = file.metadata.num_rows, file.schema_arrow.names
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(source, error) from error
    limits.check_rows(source.name, total)
    if not total:
        raise DatasetError(f"{source.name}: there are columns but no row.")
    if repeated := [name for name in names if names.count(name) > 1]:
        raise DatasetError(f"{source.name}: two columns are named {repeated[0]!r}; rename one.")
    kept = [name for name in names if not _PANDAS_INDEX.fullmatch(name)]
    return Opened(read_as=ReadAs(), names=kept, rows=_rows(source, kept, limits))


def _rows(source: Source, names: list[str], limits: Limits) -> Iterator[tuple[Any, ...]]:
    limit, size = limits.max_bytes * _UNPACKED_FACTOR, 0
    for batch in _batches(source, names):
        size += batch.nbytes
        if size > limit:
            raise DatasetError(
                f"{source.name}: the file unpacks to more than {limit / 1e6:g} MB. "
                "Take a sample of its rows."
            )
        frame = arrow_frame(batch, source.name)
        yield from zip(*(frame[name].tolist() for name in names), strict=True)


def _batches(source: Source, names: list[str]) -> Iterator[Any]:
    """Tables of a few rows each, with these columns."""
    with source.opened() as handle, pq.ParquetFile(handle) as file:
        batches = file.iter_batches(batch_size=_BATCH, use_threads=False)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                raise _unreadable(source, error) from error
            if batch is None:
                return
            yield pa.Table.from_batches([batch], schema=file.schema_arrow).select(names)


def _unreadable(source: Source, error: Exception) -> DatasetError:
    reason = str(error).partition("\n")[0].rstrip(".")
    return DatasetError(f"{source.name}: not a readable Parquet file ({reason}).")
