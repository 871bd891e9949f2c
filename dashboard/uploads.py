"""Files in the upload box, kept in memory once however often the page is drawn."""

import copyreg
from typing import Any

from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec


def share_uploaded_bytes() -> None:
    """Have copies of an uploaded file share its bytes. Once per process.

    Streamlit hands a page a deep copy of every widget's value at every run of its script, which of
    a big file would be its whole content each time. Bytes never change, and `BytesIO` takes a copy
    of its own as soon as somebody writes.
    """
    copyreg.pickle(UploadedFile, _shared)  # type: ignore[arg-type]


def _shared(file: UploadedFile) -> tuple[Any, ...]:
    record = UploadedFileRec(file.file_id, file.name, file.type, file.getvalue())
    return UploadedFile, (record, file._file_urls)
