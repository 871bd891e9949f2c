"""A file to be read: its bytes, opened as often as needed, within limits; and what it opens as.

Archives are unwrapped here: one file of gzip, or a zip archive with one data file. No path out of
an archive is ever used, nothing is written to disk, and both the size that an archive declares and
the bytes that really come out of it are held against the limit.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, BinaryIO

from core.data.readers.read_as import ReadAs
from core.errors import DatasetError

MAX_BYTES = 50_000_000
"""Largest file that is read whole."""

MAX_ROWS = 200_000
MAX_COLUMNS = 1_000

MAX_SAMPLED_BYTES = 250_000_000
"""Largest file that a sample is drawn from."""

MOST_MEMBERS = 10_000
"""Files in an archive."""

_TAKE_LESS = "Take a sample of its rows."
_MAGIC = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; give it the suffix .zip or .xlsx",
    b"PAR1": "a Parquet file; give it the suffix .parquet",
    b"\x1f\x8b": "compressed with gzip; give it the suffix .gz",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save it as .xlsx",
    b"%PDF": "a PDF; save its table as CSV",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite format 3": "a SQLite database; export the table as CSV",
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is read at most, of one file."""

    max_bytes: int = MAX_BYTES
    max_rows: int = MAX_ROWS

    def check_size(self, name: str, size: int) -> None:
        """Raise a `DatasetError` that names the limit if a file of `size` bytes is over it."""
        if size > self.max_bytes:
            raise DatasetError(
                f"{name}: the file has {size / 1e6:,.1f} MB; the limit is "
                f"{self.max_bytes / 1e6:g} MB. {_TAKE_LESS}"
            )

    def check_rows(self, name: str, rows: int) -> None:
        """Raise a `DatasetError` that names the limit if there are more rows."""
        if rows > self.max_rows:
            raise DatasetError(
                f"{name}: the file has more than {self.max_rows:,} rows, which is the limit. "
                f"{_TAKE_LESS}"
            )


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file that can be opened again and again from its beginning."""

    name: str
    """Without folders."""
    size: int
    """Bytes as stored; those of an archive are more once it is unwrapped."""
    opened: Callable[[], BinaryIO]

    @property
    def suffix(self) -> str:
        """In lower case, with its dot."""
        return PurePath(self.name).suffix.lower()

    def start(self, size: int = 4_096) -> bytes:
        """The first bytes."""
        with self.opened() as file:
            return file.read(size)

    def content(self) -> bytes:
        """All bytes."""
        with self.opened() as file:
            return file.read()


@dataclass(kw_only=True)
class Opened:
    """A file's rows, one after the other, and how they were read."""

    read_as: ReadAs
    names: list[str]
    """Of the columns. May grow while rows are read; earlier rows miss what came later."""
    rows: Iterator[tuple[Any, ...]]
    """Each as long as `names` was at the time, or shorter."""
    finished: Callable[[list[Any]], list[Any]] = field(default=lambda values: values)
    """From a column as read to its values, once all of its rows are there."""
    blank: Callable[[Any], bool] = field(default=lambda value: value is None)
    """Whether a value as read counts as missing."""
    guesses: tuple[str, ...] = ()
    """What was guessed and should be looked at, in sentences."""


def source_of_bytes(name: str, content: bytes) -> Source:
    """A file that is in memory."""
    # `BytesIO` shares the bytes until somebody writes.
    return Source(name=PurePath(name).name, size=len(content), opened=lambda: io.BytesIO(content))


def source_of_path(path: Path) -> Source:
    """A file on disk.

    Raises:
        DatasetError: it cannot be opened.
    """
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        raise DatasetError(f"{path}: the file cannot be opened ({error.strerror}).") from error
    return Source(name=path.name, size=size, opened=lambda: path.open("rb"))


def unwrapped(source: Source, limits: Limits, suffixes: tuple[str, ...]) -> Source:
    """The data file inside an archive, or `source` itself if it is none.

    Raises:
        DatasetError: the archive is damaged, holds no or several files with one of `suffixes`, or
            unpacks to more than the limit.
    """
    if source.suffix == ".gz":
        inner = Source(
            name=source.name[: -len(".gz")],
            size=source.size,
            opened=lambda: _gunzipped(source, limits.max_bytes),
        )
        inner.start(1)  # a damaged header shows now
        return inner
    if source.suffix != ".zip":
        return source
    found = [each for each in members(source, limits) if each.suffix in suffixes]
    if len(found) != 1:
        listed = ", ".join(repr(each.name) for each in found[:5])
        raise DatasetError(
            f"{source.name}: the archive holds {len(found) or 'no'} data files"
            f"{f' ({listed})' if found else ''}; exactly one is expected "
            f"({', '.join(suffixes)}). Unpack it and choose one file."
        )
    return found[0]


def members(source: Source, limits: Limits) -> list[Source]:
    """The files in a zip archive, by their own names without any folder.

    Folders, hidden files and what macOS adds are left out.

    Raises:
        DatasetError: the archive is damaged or encrypted, has too many files, or unpacks to more
            than `limits.max_bytes`: as declared at once, as it really is on reading.
    """
    try:
        with source.opened() as file, zipfile.ZipFile(file) as archive:
            infos = [info for info in archive.infolist() if _is_shown(info.filename)]
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise _damaged(source.name, error) from error
    if len(infos) > MOST_MEMBERS:
        raise DatasetError(
            f"{source.name}: the archive holds {len(infos):,} files; the limit is {MOST_MEMBERS:,}."
        )
    if any(info.flag_bits & 1 for info in infos):
        raise DatasetError(f"{source.name}: the archive is encrypted. Unpack it first.")
    declared = sum(info.file_size for info in infos)
    if declared > limits.max_bytes:
        raise _too_large(source.name, limits.max_bytes)
    return [_member(source, info, limits.max_bytes) for info in infos]


def check_text(source: Source) -> None:
    """Raise a `DatasetError` that says what the file is, if it begins as no file of text does."""
    start = source.start()
    for magic, what in _MAGIC.items():
        if start.startswith(magic):
            raise DatasetError(f"{source.name}: this is {what}.")
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise DatasetError(
            f"{source.name}: this is a web page, as a link to a file that needs a login gives. "
            "Download the file itself."
        )


class _Bounded(io.BufferedIOBase):
    """Bytes out of an archive, refused from the one on that is too many."""

    def __init__(self, inner: BinaryIO, name: str, limit: int) -> None:
        self._inner, self._name, self._limit = inner, name, limit
        self._given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes, or all. Raises DatasetError on damage and past the limit."""
        left = self._limit - self._given + 1
        wanted = left if size is None or size < 0 else min(size, left)
        try:
            data = self._inner.read(wanted)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
            raise _damaged(self._name, error) from error
        self._given += len(data)
        if self._given > self._limit:
            raise _too_large(self._name, self._limit)
        return data

    def read1(self, size: int = -1, /) -> bytes:
        """As `read`."""
        return self.read(size)

    def close(self) -> None:
        """Close the archive too."""
        self._inner.close()
        super().close()


def _gunzipped(source: Source, limit: int) -> BinaryIO:
    # The file object closes with the stream that `fileobj` is read through.
    inner = gzip.GzipFile(fileobj=_closing(source.opened()))
    return _Bounded(inner, source.name, limit)  # type: ignore[arg-type,return-value]


def _closing(file: BinaryIO) -> BinaryIO:
    """The bytes of `file` in memory: gzip leaves a file it was given open."""
    with file:
        return io.BytesIO(file.read())


def _member(source: Source, info: zipfile.ZipInfo, limit: int) -> Source:
    def opened() -> BinaryIO:
        archive = zipfile.ZipFile(_closing(source.opened()))
        try:
            inner = archive.open(info)
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
            raise _damaged(source.name, error) from error
        return _Bounded(inner, source.name, limit)  # type: ignore[arg-type,return-value]

    return Source(name=_bare(info.filename), size=info.file_size, opened=opened)


def _bare(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).name


def _is_shown(path: str) -> bool:
    return (
        not path.endswith(("/", "\\"))
        and "__MACOSX" not in path
        and not _bare(path).startswith(".")
        and bool(_bare(path))
    )


def _damaged(name: str, error: Exception) -> DatasetError:
    reason = str(error).rstrip(".") or type(error).__name__
    return DatasetError(f"{name}: the archive is damaged ({reason}). Make or download it again.")


def _too_large(name: str, limit: int) -> DatasetError:
    return DatasetError(
        f"{name}: the archive unpacks to more than {limit / 1e6:g} MB, which is the limit. "
        f"{_TAKE_LESS}"
    )
