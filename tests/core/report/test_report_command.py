import pytest

from core.cli import main
from core.storage.location import open_store
from tests import run_log


@pytest.fixture
def run_id(home):
    return run_log.iris_run(open_store())[0]


@pytest.mark.parametrize(("name", "start"), [("r.html", "<!doctype html>"), ("r.md", "# Report")])
def test_a_report_is_written_in_the_form_that_the_name_tells(run_id, tmp_path, capsys, name, start):
    out = tmp_path / name
    assert main(["report", run_id, "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8").startswith(start)
    assert f"Wrote {out}." in capsys.readouterr().err


def test_another_form_or_run_is_refused(run_id, tmp_path, capsys):
    assert main(["report", run_id, "--out", str(tmp_path / "r.pdf")]) == 2
    assert "a report ends in .html or .md" in capsys.readouterr().err
    assert main(["report", "nowhere", "--out", str(tmp_path / "r.md")]) == 2
    assert main(["report", run_id, "--out", str(tmp_path / "no" / "r.md")]) == 2
    assert "cannot be written" in capsys.readouterr().err
