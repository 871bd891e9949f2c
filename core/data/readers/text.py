"""Bytes as text: which encoding they are in, and the text, strictly decoded.

UTF-8 is told exactly. Any other encoding without a mark is a guess (charset-normalizer), said to be
one; a file that is UTF-8 in most places and broken in others is refused, not guessed at.
"""

import codecs
import io
import re
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from charset_normalizer import from_bytes

from core.data.readers.read_as import ENCODINGS
from core.data.readers.source import Source, check_text
from core.errors import DatasetError

_CHUNK = 1 << 20
_FEWEST_WIDE = 8
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "iso8859_15", "mac_roman")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSED = [name for name in ENCODINGS if not name.startswith("utf") and name != "cp437"]
_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_LINE_END = re.compile(r"\r\n|\r(?!\Z)|\n")


class Encoding(NamedTuple):
    """What a file is written in."""

    name: str
    """A key of `ENCODINGS`."""
    is_guess: bool

    @property
    def guess(self) -> tuple[str, ...]:
        """The sentence that says so, if it is a guess."""
        if not self.is_guess:
            return ()
        label = ENCODINGS[self.name]
        return (f"The file is not UTF-8; it is read as {label}, which is a guess.",)


def encoding_of(source: Source, given: str | None) -> Encoding:
    """The encoding that is given, or else found, for the whole file.

    Raises:
        DatasetError: it is no text, mixes encodings, or fits none; the message has line and column.
    """
    check_text(source)
    if given is not None:
        return Encoding(given, is_guess=False)
    start = source.start()
    for mark, name in _MARKS:
        if start.startswith(mark):
            return Encoding(name, is_guess=False)
    if (wide := _wide(start)) is not None:
        return Encoding(wide, is_guess=True)
    fault = _bad_byte(source, "utf-8")
    if fault is None:
        return Encoding("utf-8", is_guess=False)
    return Encoding(_guessed(source, fault), is_guess=True)


def text_lines(source: Source, encoding: str) -> TextIO:
    """The text, decoded as it is read, without its byte order mark; line ends as they are."""
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    return io.TextIOWrapper(source.opened(), encoding=codec, newline="")


def checked_lines(source: Source, encoding: str) -> Iterator[str]:
    """Line by line, each with its end.

    Raises:
        DatasetError: a byte that does not belong, or a zero, with its line and column.
    """
    with text_lines(source, encoding) as lines:
        number = 0
        while True:
            try:
                line = lines.readline()
            except UnicodeError as error:
                raise _undecodable(source, encoding, error) from error
            if not line:
                return
            number += 1
            if "\0" in line:
                raise DatasetError(
                    f"{source.name}, line {number}, column {line.index(chr(0)) + 1}: a zero byte, "
                    "as in UTF-16 or binary files. Save the file as UTF-8 text."
                )
            yield line


def whole_text(source: Source, encoding: str) -> str:
    """All of the text. Raises as `checked_lines`, and when there is nothing but space."""
    text = "".join(checked_lines(source, encoding))
    if not text.strip():
        raise DatasetError(f"{source.name}: the file is empty.")
    return text


class _BadByte(NamedTuple):
    offset: int
    value: int
    line: int
    column: int
    """Both from 1."""


def _bad_byte(source: Source, encoding: str) -> _BadByte | None:
    """The first byte that the encoding does not allow."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    with source.opened() as file:
        while True:
            chunk = file.read(_CHUNK)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                start = offset - waiting + error.start
                line, column = _place(source, encoding, start)
                return _BadByte(start, error.object[error.start], line, column)
            if not chunk:
                return None
            offset += len(chunk)


def _place(source: Source, encoding: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of the byte at `offset`, before which all is well."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, tail = 1, ""
    with source.opened() as file:
        while offset > 0 and (chunk := file.read(min(_CHUNK, offset))):
            offset -= len(chunk)
            # A return at the end may be half of a line end, so it waits for the next chunk.
            *ended, tail = _LINE_END.split(tail + decoder.decode(chunk))
            line += len(ended)
    *ended, tail = tail.split("\r")
    line += len(ended)
    return line, len(tail.removeprefix("\ufeff")) + 1


def _wide(start: bytes) -> str | None:
    """UTF-16 without a mark: most of every second byte is zero and few of the others are."""
    even, odd = start[0::2], start[1::2]
    if len(start) < _FEWEST_WIDE:
        return None
    zeros = even.count(0) / len(even), odd.count(0) / len(odd)
    if zeros[0] < 0.1 and zeros[1] > 0.4:
        return "utf-16-le"
    return "utf-16-be" if zeros[0] > 0.4 and zeros[1] < 0.1 else None


def _guessed(source: Source, fault: _BadByte) -> str:
    """The most likely encoding of a file that is not UTF-8 because of `fault`."""
    with source.opened() as file:
        file.read(max(0, fault.offset - _CHUNK // 4))
        sample = file.read(_CHUNK // 2)
    where = f"{source.name}, line {fault.line}, column {fault.column}"
    byte = f"byte 0x{fault.value:02X}"
    advice = "Save the file as UTF-8 (in Excel: 'CSV UTF-8')"
    if 0 in sample:
        raise DatasetError(
            f"{where}: {byte} is not UTF-8, and the file holds zero bytes as binary files do. "
            f"{advice}."
        )
    sequences = _UTF8_SEQUENCE.findall(sample)
    others = len(_HIGH_BYTE.findall(_UTF8_SEQUENCE.sub(b"", sample)))
    is_cut = source.size - fault.offset < 4  # within the last character of a file cut short
    if sequences and (is_cut or len(sequences) >= others):
        raise DatasetError(
            f"{where}: {byte} is not UTF-8, though other characters are: the file mixes encodings "
            f"or is damaged there. {advice}, or choose its encoding."
        )
    best = from_bytes(sample, cp_isolation=_GUESSED).best()
    if best is None:
        raise DatasetError(
            f"{where}: {byte} is not UTF-8, and no other encoding fits. {advice}, or choose its "
            "encoding."
        )
    name = codecs.lookup(best.encoding).name.replace("-", "_").replace("windows_", "cp")
    known = name if name in ENCODINGS else "cp949" if name == "euc_kr" else best.encoding
    return _plainest(sample, known)


def _plainest(sample: bytes, guess: str) -> str:
    """`guess`, or Windows-1252 where it gives the same text or fits the letters better.

    The code pages of Latin script share most letters, and single bytes among plain letters are
    accents, not the double bytes of Asian scripts.
    """
    try:
        western = sample.decode("cp1252")
    except UnicodeDecodeError:
        return guess if guess in ENCODINGS else "cp1252"
    runs = [len(run) for run in _HIGH_RUN.findall(sample)]
    are_accents = guess not in _LATIN and 2 * runs.count(1) > len(runs)
    same = guess in ENCODINGS and western == sample.decode(guess, errors="replace")
    return "cp1252" if same or are_accents or guess not in ENCODINGS else guess


def _undecodable(source: Source, encoding: str, error: UnicodeError) -> DatasetError:
    fault = _bad_byte(source, encoding)
    label = ENCODINGS[encoding]
    if fault is None:
        return DatasetError(f"{source.name}: the file is not {label} ({error}).")
    return DatasetError(
        f"{source.name}, line {fault.line}, column {fault.column}: byte 0x{fault.value:02X} is not "
        f"{label}. Choose another encoding, or save the file as UTF-8 (in Excel: 'CSV UTF-8')."
    )
