"""Excel workbooks: one sheet's values as Excel last showed them. Nothing is calculated.

A formula counts as its stored result; one without a result is refused by its cell. Dates become ISO
text, text that looks like a number stays text, and an error such as #DIV/0! is kept as that text.
"""

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from core.data.readers.read_as import ReadAs
from core.data.readers.source import Limits, Opened, Source, members
from core.errors import DatasetError

_UNPACKED_FACTOR = 10
"""The XML inside a workbook may have this many times the limit on its bytes."""

_CHUNK = 1 << 20
_DAMAGED = (
    *(InvalidFileException, zipfile.BadZipFile, ParseError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError),
)
"""What openpyxl raises on files that are not what they say."""


class _Row(NamedTuple):
    number: int
    """As Excel counts."""
    values: tuple[Any, ...]


def open_workbook(source: Source, read_as: ReadAs, limits: Limits) -> Opened:
    """The rows of one sheet: the one that is named, or the first with any value.

    Raises:
        DatasetError: the workbook is damaged, protected or too big, the sheet does not exist or is
            empty, its header cannot be used, or a formula has no stored result.
    """
    limits.check_size(source.name, source.size)
    has_formulas = _checked(source, limits)
    content = source.content()
    names = _visible_sheets(source, content)
    if read_as.sheet is not None and read_as.sheet not in names:
        listed = ", ".join(map(repr, names[:10]))
        raise DatasetError(
            f"{source.name}: there is no sheet {read_as.sheet!r}; the sheets are {listed}."
        )
    wanted = names if read_as.sheet is None else [read_as.sheet]
    sheet, rows = _first_filled(source, content, wanted, limits)
    if has_formulas:
        _check_results(source, content, sheet, rows)
    header = 1 if read_as.header is None else read_as.header
    columns, body = _split_header(source, sheet, rows, header)
    others = [name for name in names if name != sheet]
    guesses = (
        (f"Only the sheet {sheet!r} is read; there is also {', '.join(map(repr, others[:5]))}.",)
        if others and read_as.sheet is None
        else ()
    )
    return Opened(
        read_as=ReadAs(sheet=sheet, header=header), names=columns, rows=body, guesses=guesses
    )


def sheet_names(source: Source, limits: Limits) -> tuple[str, ...]:
    """The visible sheets of a workbook. Raises DatasetError as `open_workbook`."""
    limits.check_size(source.name, source.size)
    _checked(source, limits)
    return tuple(_visible_sheets(source, source.content()))


def _checked(source: Source, limits: Limits) -> bool:
    """Whether a sheet holds formulas, after all parts were read through once within the limit."""
    if source.start(4) == b"\xd0\xcf\x11\xe0":
        raise DatasetError(
            f"{source.name}: this is an old or a password-protected workbook. Save it as .xlsx "
            "without a password."
        )
    room = Limits(max_bytes=limits.max_bytes * _UNPACKED_FACTOR, max_rows=limits.max_rows)
    has_formulas = False
    for part in members(source, room):
        if part.suffix not in (".xml", ".rels"):
            continue
        with part.opened() as file:
            tail = b""
            while chunk := file.read(_CHUNK):
                seen = tail + chunk
                if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                    raise DatasetError(
                        f"{source.name}: the workbook defines XML entities, as no program that "
                        "writes workbooks does. Save it anew."
                    )
                has_formulas |= b"<f>" in seen or b"<f " in seen or b"<f/" in seen
                tail = seen[-16:]
    return has_formulas


def _book(source: Source, content: bytes, *, results: bool) -> Any:
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and validations that it leaves out; only values matter here.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=results)
    except _DAMAGED as error:
        raise _unreadable(source, error) from error


def _visible_sheets(source: Source, content: bytes) -> list[str]:
    book = _book(source, content, results=True)
    names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    book.close()
    if not names:
        raise DatasetError(f"{source.name}: the workbook has no sheet with a table.")
    return names


def _first_filled(
    source: Source, content: bytes, names: Sequence[str], limits: Limits
) -> tuple[str, list[_Row]]:
    for name in names:
        if rows := _sheet_rows(source, content, name, limits):
            return name, rows
    empty = f"the sheet {names[0]!r} is" if len(names) == 1 else "all sheets are"
    raise DatasetError(f"{source.name}: {empty} empty.")


def _sheet_rows(
    source: Source, content: bytes, name: str, limits: Limits, *, results: bool = True
) -> list[_Row]:
    """The rows of a sheet that have a value."""
    book = _book(source, content, results=results)
    rows: list[_Row] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sheet = book[name]
            sheet.reset_dimensions()  # a wrong size in the file would cut rows off
            for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                if any(not _is_blank(value) for value in values):
                    rows.append(_Row(number, values))
                    limits.check_rows(source.name, len(rows) - 1)
    except _DAMAGED as error:
        raise _unreadable(source, error) from error
    finally:
        book.close()
    return rows


def _check_results(source: Source, content: bytes, name: str, rows: Sequence[_Row]) -> None:
    """Raise for the first formula whose result the file does not hold."""
    stored = {row.number: row.values for row in rows}
    for number, written in _sheet_rows(source, content, name, Limits(), results=False):
        results = stored.get(number, ())
        for place, value in enumerate(written):
            is_formula = (isinstance(value, str) and value.startswith("=")) or hasattr(value, "ref")
            if is_formula and (place >= len(results) or results[place] is None):
                cell = f"{get_column_letter(place + 1)}{number}"
                raise DatasetError(
                    f"{source.name}, sheet {name!r}, cell {cell}: a formula without a stored "
                    "result. Open the file in Excel and save it, or paste the column as values."
                )


def _split_header(
    source: Source, sheet: str, rows: Sequence[_Row], header: int
) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    where = f"{source.name}, sheet {sheet!r}"
    if header > len(rows):
        raise DatasetError(
            f"{where}: there is no row {header} to take column names from; it has {len(rows)}."
        )
    body = rows[header:]
    width = max((_filled(row.values) for row in rows[max(0, header - 1) :]), default=0)
    if not body:
        raise DatasetError(f"{where}: there is a header but no row below it.")
    names = [f"column {number}" for number in range(1, width + 1)]
    if header:
        names = _names(where, rows[header - 1], width)
    return names, (_blanks_missing(row.values, width) for row in body)


def _names(where: str, header: _Row, width: int) -> list[str]:
    given = [*header.values, *[None] * width][:width]
    names = ["" if _is_blank(value) else str(value).strip() for value in given]
    for place, name in enumerate(names):
        cell = f"{get_column_letter(place + 1)}{header.number}"
        if not name:
            raise DatasetError(
                f"{where}, cell {cell}: the column has values but no name. Name it or delete it."
            )
        if names.index(name) != place:
            first = f"{get_column_letter(names.index(name) + 1)}{header.number}"
            raise DatasetError(
                f"{where}: cells {first} and {cell} both name a column {name!r}; rename one."
            )
    return names


def _filled(values: Sequence[Any]) -> int:
    """Number of cells up to the last one with a value."""
    return max((place for place, value in enumerate(values, 1) if not _is_blank(value)), default=0)


def _blanks_missing(values: Sequence[Any], width: int) -> tuple[Any, ...]:
    cells = [*values, *[None] * width][:width]
    return tuple(None if _is_blank(value) else value for value in cells)


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _unreadable(source: Source, error: Exception) -> DatasetError:
    reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
    return DatasetError(
        f"{source.name}: not a readable Excel workbook ({reason}). Save it anew as .xlsx, or as "
        "'CSV UTF-8'."
    )
