"""Files that leave the app: a name, bytes, and how a browser shall take them."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

_MIMES = {
    "json": "application/json",
    "py": "text/x-python",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
    "db": "application/vnd.sqlite3",
}
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can say; with it, equal contents give equal files."""


@dataclass(frozen=True, kw_only=True)
class ExportFile:
    """A file for somebody to keep."""

    name: str
    content: bytes

    @property
    def mime(self) -> str:
        """Its media type."""
        return mime_of(self.name)

    @property
    def text(self) -> str:
        """The content of a text file."""
        return self.content.decode("utf-8")


def mime_of(name: str) -> str:
    """The media type of a file that is called so."""
    return _MIMES.get(name.rpartition(".")[2], "application/octet-stream")


def text_file(name: str, text: str) -> ExportFile:
    """A file with this text, in UTF-8."""
    return ExportFile(name=name, content=text.encode("utf-8"))


def zipped(name: str, files: Sequence[ExportFile]) -> ExportFile:
    """The files in one zip; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.name, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.content)
    return ExportFile(name=name, content=buffer.getvalue())


def one_file(files: Sequence[ExportFile]) -> ExportFile:
    """The only file, or all of them in a zip that is called after the first."""
    if len(files) == 1:
        return files[0]
    return zipped(f"{files[0].name.rpartition('.')[0]}.zip", files)
