import json
import subprocess
import sys

import pytest

from core.data.readers import hub
from core.errors import DatasetError

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
ROWS = [{"question": f"q{n} 🙂", "answer": {"text": [str(n)]}, "n": n} for n in range(7)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    pytest.importorskip("datasets", reason="the extra 'huggingface' is not installed")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    made = tmp_path / "made_set"
    made.mkdir()
    for split, rows in (("train", ROWS[:5]), ("test", ROWS[5:])):
        (made / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return made


@pytest.mark.parametrize(("split", "rows"), [("train", ROWS[:5]), ("test", ROWS[5:])])
def test_a_split_is_read_with_its_nested_values(folder, split, rows):
    made = hub.read_folder(folder, split=split)
    assert made.frame.to_dict("records") == rows
    assert made.origin == f"made_set ({split}), from the Hugging Face hub"


def test_only_the_first_rows_are_read_and_that_is_said(folder):
    made = hub.read_folder(folder, rows=2)
    assert made.frame.to_dict("records") == ROWS[:2]
    assert made.origin.startswith("The first 2 rows of made_set (train)")


def test_an_unknown_split_is_refused_with_those_there_are(folder):
    with pytest.raises(DatasetError, match="made_set \\(dev\\).*train.*test"):
        hub.read_folder(folder, split="dev")


def test_a_folder_without_data_is_refused(tmp_path, folder):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(DatasetError, match="nothing \\(train\\): "):
        hub.read_folder(tmp_path / "nothing")


@pytest.mark.parametrize(
    "name", ["../secrets", "/etc", "a/b/c", "", "C:\\x", "https://x/y", ".ssh"]
)
def test_a_name_that_is_a_path_or_an_address_is_refused(name):
    with pytest.raises(DatasetError, match="is no name of a dataset on the hub"):
        hub.read_hub(name)


def test_a_name_that_is_a_folder_of_the_server_is_refused(tmp_path, monkeypatch):
    (tmp_path / "owner" / "name").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match="also a folder of this server"):
        hub.read_hub("owner/name")


def test_without_the_library_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DatasetError, match='pip install "datasets'):
        hub.read_hub("owner/name")


def test_the_readers_do_not_import_the_library():
    code = (
        "import sys, core.data.readers, core.data.readers.hub; sys.exit('datasets' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
