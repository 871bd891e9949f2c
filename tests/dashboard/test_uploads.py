import copy

from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from dashboard.uploads import share_uploaded_bytes


def test_copies_of_an_uploaded_file_share_its_bytes_until_one_is_written_to():
    share_uploaded_bytes()
    content = bytes(100_000)
    file = UploadedFile(UploadedFileRec("f1", "a.csv", "text/csv", content), FileURLs(file_id="f1"))
    other = copy.deepcopy(file)
    assert other is not file
    assert other.getvalue() is content
    assert (other.file_id, other.name, other.size, other._file_urls.file_id) == (
        "f1",
        "a.csv",
        100_000,
        "f1",
    )
    other.write(b"x")
    assert file.getvalue() is content
