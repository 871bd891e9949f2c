"""Files from elsewhere are data: they run nothing, lead nowhere, and are refused when too large."""

import ast
import pickle
from pathlib import Path

import pytest

from core.data.readers import read
from core.errors import DatasetError, RunNotFound, StudioError
from core.worker.launcher import cache_folder

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(
    path
    for name in ("core", "dashboard", "sample_programs")
    for path in (ROOT / name).rglob("*.py")
)
RUNS_WHAT_IT_READS = {
    *("pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "jsonpickle", "yaml"),
}
"""Libraries whose files can be programs."""
CALLS = {"eval", "exec", "compile", "read_pickle", "unsafe_load", "system", "popen", "__import__"}


def called(node: ast.Call) -> str:
    head = node.func
    return head.attr if isinstance(head, ast.Attribute) else getattr(head, "id", "")


def suspicious(node: ast.AST) -> bool:
    match node:
        case ast.Import():
            return bool({each.name.split(".")[0] for each in node.names} & RUNS_WHAT_IT_READS)
        case ast.ImportFrom(module=str()):
            return node.module.split(".")[0] in RUNS_WHAT_IT_READS
        case ast.Call():
            if {each.arg for each in node.keywords} & {"allow_pickle", "shell"}:
                return True
            is_pattern = ast.unparse(node.func) in ("re.compile", "regex.compile")
            return called(node) in CALLS and not is_pattern
    return False


def test_nothing_that_is_read_can_be_a_program():
    assert len(SOURCES) > 300
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not suspicious(node), f"{path}, line {node.lineno}: {ast.unparse(node)}"


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize(
    "name", ["x.pkl", "x.csv", "x.json", "x.jsonl", "x.parquet", "x.xlsx", "x.csv.gz", "x.zip"]
)
def test_a_pickle_under_any_name_is_refused_and_not_run(tmp_path, name):
    sprung = tmp_path / "sprung"
    with pytest.raises(DatasetError):
        read(name, pickle.dumps(Trap(sprung)))
    assert not sprung.exists()


@pytest.mark.parametrize("name", ["../../up.csv", "/etc/up.csv", "a/../../up.csv"])
def test_no_path_is_taken_from_the_name_of_a_file(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert read(name, b"a,b\n1,2\n").name == "up.csv"
    assert not list(tmp_path.iterdir())


def test_a_file_over_the_limit_is_refused_before_it_is_read():
    with pytest.raises(DatasetError, match="the limit is 0.001 MB"):
        read("large.csv", b"a\n" + b"1\n" * 1_000, max_bytes=1_000)


@pytest.mark.parametrize("run_id", ["../../home", "a/b", "", ".", "a b", "%2e%2e"])
def test_no_path_is_taken_from_the_id_of_a_run(run_id):
    with pytest.raises(RunNotFound) as error:
        cache_folder(run_id)
    assert isinstance(error.value, StudioError)
