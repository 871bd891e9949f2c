"""How a file is read: what is detected, shown, and may be changed by a person.

A setting that is None is detected. What `core.data.readers` hands back has every setting filled
that plays a part in the file's format, so reading again with it gives the same rows.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

DELIMITERS = {
    ",": "comma",
    ";": "semicolon",
    "\t": "tab",
    "|": "vertical bar",
    "^": "caret",
    "~": "tilde",
    ":": "colon",
    " ": "space",
}
"""Delimiters by name, to choose from. Any other single character can be given too."""

QUOTES = {'"': 'double "', "'": "single '", "": "none"}

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16, little-endian without a mark",
    "utf-16-be": "UTF-16, big-endian without a mark",
    "utf-32": "UTF-32",
    "cp1252": "Western European (Windows-1252)",
    "iso8859_15": "Western European (ISO 8859-15)",
    "cp437": "Western European (DOS 437)",
    "mac_roman": "Western European (Macintosh)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8_r": "Cyrillic (KOI8-R)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp932": "Japanese (Shift JIS)",
    "euc_jp": "Japanese (EUC)",
    "gb18030": "Chinese, simplified (GB 18030)",
    "big5": "Chinese, traditional (Big5)",
    "cp949": "Korean (EUC-KR)",
}
"""Python's name of each encoding that is read, and its name for people."""

Quote = Literal['"', "'", ""]


class ReadAs(BaseModel):
    """Settings of one file; None where they are to be detected or do not apply."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    quote: Quote | None = None
    """What encloses a field that holds the delimiter; empty when nothing does."""
    encoding: str | None = None
    """A key of `ENCODINGS`."""
    header: int | None = Field(default=None, ge=0, le=1_000)
    """Number of the row with the column names, from 1; those above are skipped. 0: no such row."""
    sheet: str | None = None
    """Of a workbook."""
    flatten: bool = False
    """Objects inside a row become columns of their own: `{"a": {"b": 1}}` gives column `a.b`."""

    @field_validator("delimiter")
    @classmethod
    def _divides(cls, delimiter: str | None) -> str | None:
        if delimiter in ("\n", "\r", "\0", '"'):
            raise ValueError("a line break, a zero byte or a double quote cannot be a delimiter.")
        return delimiter

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str | None) -> str | None:
        if encoding is not None and encoding not in ENCODINGS:
            raise ValueError(f"encoding {encoding!r} is not read; there are {list(ENCODINGS)}.")
        return encoding

    def described(self) -> str:
        """The settings that are not what one would expect, as words in brackets; often empty."""
        words = []
        if self.encoding not in (None, "utf-8"):
            words.append(ENCODINGS[str(self.encoding)])
        if self.delimiter not in (None, ","):
            words.append(f"divided by {delimiter_name(str(self.delimiter))}")
        if self.quote not in (None, '"'):
            words.append("quotes: " + QUOTES[str(self.quote)])
        if self.header not in (None, 1):
            words.append(f"column names in row {self.header}" if self.header else "no header row")
        if self.sheet is not None:
            words.append(f"sheet {self.sheet!r}")
        if self.flatten:
            words.append("objects flattened")
        return f" ({'; '.join(words)})" if words else ""


def delimiter_name(delimiter: str) -> str:
    """The delimiter as a message names it."""
    return "tabs" if delimiter == "\t" else f"'{delimiter}'"
