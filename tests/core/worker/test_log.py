import os

import pytest

from core.worker.launcher import cache_folder
from core.worker.log import MOST_LINES, last_words


@pytest.fixture
def write(tmp_path, monkeypatch):
    """`write(bytes, at)` is the log of run `r`, last written at that time."""
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))

    def written(content, at=1_000.0):
        path = cache_folder("r") / "worker.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (at, at))

    return written


def test_the_last_lines_come_back_as_text(write):
    write(b"".join(b"line %d\n" % number for number in range(1000)) + b"ImportError: \xff gone\n\n")
    lines = last_words("r", since=None).splitlines()
    assert len(lines) == MOST_LINES
    assert (lines[0], lines[-1]) == ("line 981", "ImportError: \ufffd gone")


def test_one_endless_line_is_cut(write):
    write(b"x" * 1_000_000)
    assert len(last_words("r", since=None)) == 8_000


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_log_says_nothing(write, content):
    write(content)
    assert last_words("r", since=None) is None


def test_a_run_without_a_log_has_no_last_words(write):
    assert last_words("r", since=None) is None


def test_what_was_printed_before_the_last_sign_of_life_killed_nobody(write):
    write(b"ImportError: gone\n", at=1_000.0)
    assert last_words("r", since=999.0) == "ImportError: gone"
    assert last_words("r", since=1_001.0) is None
