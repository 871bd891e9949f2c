"""JSON and JSON Lines: objects as rows, their types and nested values kept."""

import json
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from core.data.readers.read_as import ReadAs
from core.data.readers.source import Limits, Opened, Source
from core.data.readers.text import Encoding, checked_lines, encoding_of, whole_text
from core.errors import DatasetError

_KINDS = {list: "a list", str: "text", bool: "true or false", type(None): "null"}


def open_json(source: Source, read_as: ReadAs, limits: Limits) -> Opened:
    """The objects of one JSON document: a list, or an object with exactly one list of objects.

    Raises:
        DatasetError: it is anything else; the message has line and column, or the row.
    """
    limits.check_size(source.name, source.size)
    encoding = encoding_of(source, read_as.encoding)
    text = whole_text(source, encoding.name)
    try:
        document = _parsed(text)
    except json.JSONDecodeError as error:
        hint = " A file with one object per line is named .jsonl." * (error.msg == "Extra data")
        raise DatasetError(
            f"{source.name}, line {error.lineno}, column {error.colno}: {error.msg}.{hint}"
        ) from error
    except ValueError as error:
        raise DatasetError(f"{source.name}: {error}.") from error
    rows = _row_list(source, document)
    limits.check_rows(source.name, len(rows))
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise DatasetError(
                f"{source.name}, row {number}: {_kind(row)} where an object is expected."
            )
    return _opened(source, read_as, encoding, iter(rows))


def open_json_lines(source: Source, read_as: ReadAs, limits: Limits) -> Opened:
    """The objects of a file with one per line.

    Raises:
        DatasetError: while rows are read, at the first fault, with its line.
    """
    encoding = encoding_of(source, read_as.encoding)
    return _opened(source, read_as, encoding, _lines(source, encoding.name))


def _opened(
    source: Source, read_as: ReadAs, encoding: Encoding, rows: Iterator[dict[str, Any]]
) -> Opened:
    names: list[str] = []
    flat: Callable[[dict[str, Any]], dict[str, Any]] = (
        (lambda row: _flattened(source, row)) if read_as.flatten else (lambda row: row)
    )
    return Opened(
        read_as=ReadAs(encoding=encoding.name, flatten=read_as.flatten),
        names=names,
        rows=_tuples(map(flat, rows), names),
        guesses=encoding.guess,
    )


def _tuples(rows: Iterator[dict[str, Any]], names: list[str]) -> Iterator[tuple[Any, ...]]:
    """Each row in the order of `names`, which grows by what a row brings."""
    known: dict[str, None] = {}
    for row in rows:
        if not row.keys() <= known.keys():
            new = [name for name in row if name not in known]
            known.update(dict.fromkeys(new))
            names.extend(new)
        yield tuple([row.get(name) for name in names])


def _lines(source: Source, encoding: str) -> Iterator[dict[str, Any]]:
    is_empty = True
    for line, text in enumerate(checked_lines(source, encoding), start=1):
        if not text.strip():
            continue
        is_empty = False
        yield _line(source, line, text)
    if is_empty:
        raise DatasetError(f"{source.name}: the file is empty.")


def _line(source: Source, line: int, text: str) -> dict[str, Any]:
    try:
        row = _parsed(text.rstrip("\r\n"))
    except json.JSONDecodeError as error:
        raise DatasetError(
            f"{source.name}, line {line}, column {error.colno}: {error.msg}. "
            "Each line holds one whole JSON object."
        ) from error
    except ValueError as error:
        raise DatasetError(f"{source.name}, line {line}: {error}.") from error
    if not isinstance(row, dict):
        hint = " A file that is one list of objects is named .json." * isinstance(row, list)
        raise DatasetError(
            f"{source.name}, line {line}: {_kind(row)} where an object is expected.{hint}"
        )
    return row


def _flattened(source: Source, row: dict[str, Any]) -> dict[str, Any]:
    """`row` with every object in it replaced by its own fields, under dotted names."""
    flat: dict[str, Any] = {}
    for path, value in chain.from_iterable(_leaves(name, value) for name, value in row.items()):
        if path in flat:
            raise DatasetError(
                f"{source.name}: flattening gives two columns named {path!r}. Rename one of them, "
                "or read the file without flattening."
            )
        flat[path] = value
    return flat


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict) or not value:
        yield path, value or None if isinstance(value, dict) else value
        return
    for name, inner in value.items():
        yield from _leaves(f"{path}.{name}", inner)


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


def _row_list(source: Source, document: Any) -> list[Any]:
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
            f"{source.name}: expected a list of objects, or an object with exactly one such list; "
            f"found {found}."
        )
    if not lists[0]:
        raise DatasetError(f"{source.name}: the list is empty; add at least one object.")
    return lists[0]


def _all_objects(values: list[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number")
