"""Delimited text: CSV, TSV and their kin, read strictly, record by record.

Delimiter, quotes and whether there is a header are detected from the first records unless given.
A cell stays as it is written; only the blanks around the cells of a column of numbers go.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from core.data.numbers import as_numbers
from core.data.readers.read_as import Quote, ReadAs, delimiter_name
from core.data.readers.source import Limits, Opened, Source
from core.data.readers.text import checked_lines, encoding_of
from core.errors import DatasetError

_DETECTED = (",", ";", "\t", "|", "^", "~")
_SNIFFED_RECORDS = 20
_SNIFFED_LINES = 2_000
_MOST_FIELD = 2_000_000_000
"""Characters; the csv module has a limit of its own, and ours is on the whole file."""

Record = tuple[int, list[str]]
"""The number of the line that a record begins on, and its fields."""


class _Dialect(NamedTuple):
    delimiter: str
    quote: Quote


def open_delimited(source: Source, read_as: ReadAs, limits: Limits) -> Opened:
    """The rows of a delimited file.

    Raises:
        DatasetError: here, if the header cannot be used; while rows are read, at the first fault,
            with its line.
    """
    encoding = encoding_of(source, read_as.encoding)
    head = list(islice(checked_lines(source, encoding.name), _SNIFFED_LINES))
    if not any(line.strip() for line in head):
        raise DatasetError(f"{source.name}: the file is empty.")
    dialect = _dialect(source, head, read_as)
    header = _header_row(head, dialect) if read_as.header is None else read_as.header
    records = _records(source, checked_lines(source, encoding.name), dialect)
    names, rows = _split_header(source, records, header)
    guesses = encoding.guess
    if read_as.header is None and not header:
        guesses += ("The first row looks like data, so columns are numbered instead of named.",)
    return Opened(
        read_as=read_as.model_copy(
            update={
                "delimiter": dialect.delimiter,
                "quote": dialect.quote,
                "encoding": encoding.name,
                "header": header,
                "sheet": None,
                "flatten": False,
            }
        ),
        names=names,
        rows=_rows(source, rows, names, dialect),
        finished=_cells,
        blank=_is_blank,
        guesses=guesses,
    )


def _records(source: Source, lines: Iterator[str], dialect: _Dialect) -> Iterator[Record]:
    """Each record that has a value."""
    csv.field_size_limit(_MOST_FIELD)
    reader = _csv_reader(lines, dialect, strict=True)
    line = 1
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            if "unexpected end" in str(error):
                problem = "a quoted field begins in this row and is never closed"
            else:
                problem = f"the quotes do not match ({error})"
            quote = dialect.quote
            raise DatasetError(
                f"{source.name}, line {line}: {problem}. Write a {quote} inside a quoted field as "
                f"{quote * 2}."
            ) from error
        if fields is None:
            return
        if any(field.strip() for field in fields):
            yield line, fields
        line = reader.line_num + 1


def _csv_reader(lines: Iterator[str], dialect: _Dialect, *, strict: bool) -> Any:
    if dialect.quote:
        return csv.reader(
            lines, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=strict
        )
    return csv.reader(lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE, strict=strict)


def _split_header(
    source: Source, records: Iterator[Record], header: int
) -> tuple[list[str], Iterator[Record]]:
    """Column names, and the records below them."""
    if not header:
        first = next(records, None)
        if first is None:
            raise DatasetError(f"{source.name}: the file is empty.")
        names = [f"column {number}" for number in range(1, len(first[1]) + 1)]
        return names, _prepended(first, records)
    skipped = list(islice(records, header))
    if len(skipped) < header:
        if not skipped:  # lines with nothing but delimiters
            raise DatasetError(f"{source.name}, line 1: column 1 has no name.")
        raise DatasetError(
            f"{source.name}: there is no row {header} to take column names from; the file has "
            f"{len(skipped)}."
        )
    return _names(source, *skipped[-1]), records


def _prepended(first: Record, rest: Iterator[Record]) -> Iterator[Record]:
    yield first
    yield from rest


def _names(source: Source, line: int, header: Sequence[str]) -> list[str]:
    names = [name.strip() for name in header]
    for position, name in enumerate(names, start=1):
        if not name:
            raise DatasetError(f"{source.name}, line {line}: column {position} has no name.")
        first = names.index(name) + 1
        if first != position:
            raise DatasetError(
                f"{source.name}, line {line}: columns {first} and {position} are both named "
                f"{name!r}; rename one."
            )
    return names


def _rows(
    source: Source, records: Iterator[Record], names: Sequence[str], dialect: _Dialect
) -> Iterator[tuple[str, ...]]:
    width, is_empty = len(names), True
    for line, fields in records:
        if len(fields) != width:
            raise DatasetError(_wrong_width(source, line, fields, names, dialect.delimiter))
        is_empty = False
        yield tuple(fields)
    if is_empty:
        raise DatasetError(f"{source.name}: there is a header but no row below it.")


def _wrong_width(
    source: Source, line: int, fields: list[str], names: Sequence[str], delimiter: str
) -> str:
    by = delimiter_name(delimiter)
    counts = f"{len(fields)} field{'s' * (len(fields) != 1)} found, {len(names)} expected"
    if len(fields) < len(names):
        without = ", ".join(repr(name) for name in names[len(fields) :][:5])
        detail = f"nothing is given for {without}"
    else:
        detail = f"put a field that contains {by} in double quotes"
    return f"{source.name}, line {line}: {counts} (separated by {by}); {detail}."


def _is_blank(cell: str | None) -> bool:
    return not cell or cell.isspace()


def _cells(written: list[Any]) -> list[str | None]:
    """A column as it is written; None where a cell is blank."""
    bare = [cell.strip() for cell in written]
    is_numeric = as_numbers([cell for cell in bare if cell]) is not None
    kept = bare if is_numeric else written
    return [cell if cell.strip() else None for cell in kept]


# Detection


def _dialect(source: Source, head: list[str], read_as: ReadAs) -> _Dialect:
    if read_as.delimiter is not None:
        quote = _quote(head, read_as.delimiter) if read_as.quote is None else read_as.quote
        return _Dialect(read_as.delimiter, quote)
    quote = '"' if read_as.quote is None else read_as.quote
    delimiter = _delimiter(source, head, quote)
    return _Dialect(delimiter, _quote(head, delimiter) if read_as.quote is None else quote)


def _delimiter(source: Source, head: list[str], quote: Quote) -> str:
    """The delimiter that divides the header; if several do, the one that fits the first rows."""
    found = {each: _sniffed(head, _Dialect(each, quote)) for each in _DETECTED}
    widths = {each: [len(fields) for fields in records] for each, records in found.items()}
    dividing = [each for each in _DETECTED if widths[each] and widths[each][0] > 1]
    if source.suffix in (".tsv", ".tab") and ("\t" in dividing or not dividing):
        return "\t"
    if len(dividing) < 2:
        return dividing[0] if dividing else ","
    fitting = [each for each in dividing if len(set(widths[each])) == 1]
    if len(fitting) == 1:
        return fitting[0]
    if "," in dividing:
        return ","
    named = " or by ".join(delimiter_name(each) for each in (fitting or dividing)[:3])
    raise DatasetError(
        f"{source.name}: the fields may be separated by {named}; use commas to be clear, or choose "
        "the delimiter."
    )


def _sniffed(head: list[str], dialect: _Dialect) -> list[list[str]]:
    """The first records that are not empty, as far as they can be read."""
    csv.field_size_limit(_MOST_FIELD)
    records = filter(None, _csv_reader(iter(head), dialect, strict=False))
    return list(islice(records, _SNIFFED_RECORDS))


def _quote(head: list[str], delimiter: str) -> Quote:
    """Single quotes where every record has a field in them and none in double ones."""
    cut = re.escape(delimiter)
    if re.search(rf'(?:^|{cut})"', "".join(head[:_SNIFFED_RECORDS]), re.MULTILINE):
        return '"'
    single = re.compile(rf"(?:^|{cut})'[^\r\n]*?'(?={cut}|[\r\n]|\Z)")
    lines = [line for line in head[:_SNIFFED_RECORDS] if line.strip()]
    widths = {len(fields) for fields in _sniffed(head, _Dialect(delimiter, "'"))}
    is_single = len(lines) > 1 and all(map(single.search, lines[1:])) and len(widths) == 1
    return "'" if is_single else '"'


def _header_row(head: list[str], dialect: _Dialect) -> int:
    """1, or 0 when the first record can only be data.

    That is when it holds numbers, and what is no number in it recurs in the same column below.
    """
    first, *rest = _sniffed(head, dialect) or [[]]
    numbers = [as_numbers([cell]) is not None for cell in first]
    if not any(numbers) or not rest:
        return 1
    columns = list(zip(*rest, strict=False))
    recur = all(
        is_number or (place < len(columns) and cell in columns[place])
        for place, (cell, is_number) in enumerate(zip(first, numbers, strict=True))
    )
    return 0 if recur else 1
