import pytest

from core.cli import main
from core.command.export import NAMES
from core.export.formats import DESTINATIONS, FORMATS, GROUPS
from core.export.source import source_of
from core.storage.location import open_store
from tests.exported_runs import config_of, logged, made_up


@pytest.fixture(scope="module")
def source():
    return made_up("classification")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_makes_the_file_it_says(source, name):
    form = FORMATS[name]
    first, *_ = form.make(source)
    assert first.name == form.file
    assert first.content
    assert form.group in GROUPS
    assert form.words.endswith(".")


@pytest.mark.parametrize("name", [name for name, each in FORMATS.items() if not each.needs_data])
def test_what_needs_no_dataset_is_exported_without_one(name):
    source = made_up("classification")
    source.store.delete_dataset(source.config.dataset)
    assert FORMATS[name].make(source_of(source.run_id, source.store))


def test_a_browser_is_told_a_name_that_fits(source):
    config = source.config
    with_corpus = config.model_copy(update={"passages": "x"})
    assert FORMATS["python"].download_name(config, "C3") == "run_optimized_program.py"
    assert FORMATS["python"].download_name(with_corpus, "C3") == "run_optimized_program.zip"
    assert FORMATS["examples-csv"].download_name(config, "C3") == "examples_C3.csv"
    assert FORMATS["trials-parquet"].download_name(config, "C3") == "trials.parquet"


@pytest.fixture
def run_id(home, monkeypatch):
    monkeypatch.chdir(home)
    store = open_store()
    return logged(config_of(store, "retrieval_qa"), store)


def test_the_command_line_writes_every_kind_of_file_that_the_screen_offers(
    run_id, capsys, tmp_path
):
    assert (*FORMATS, *DESTINATIONS) == NAMES
    for name in ("messages", "proposals-parquet", "optuna"):
        assert main(["export", run_id, "--format", name]) == 0
        assert (tmp_path / FORMATS[name].file).stat().st_size > 0
        assert capsys.readouterr().err == f"Wrote {FORMATS[name].file}.\n"


def test_what_belongs_to_a_file_is_written_beside_it(run_id, capsys, tmp_path):
    (tmp_path / "out").mkdir()
    out = tmp_path / "out" / "mine.py"
    assert main(["export", run_id, "--format", "python", "--out", str(out)]) == 0
    assert {each.name for each in out.parent.iterdir()} == {"mine.py", "passages.jsonl"}


def test_the_command_line_exports_the_candidate_it_is_told(run_id, capsys, tmp_path):
    for name in ("C0", "best"):
        out = tmp_path / f"{name}.json"
        arguments = ["--format", "dspy", "--out", str(out), "--candidate", name]
        assert main(["export", run_id, *arguments]) == 0
    assert '"demos": []' in (tmp_path / "C0.json").read_text()
    assert '"demos": []' not in (tmp_path / "best.json").read_text()
    assert main(["export", run_id, "--format", "dspy", "--candidate", "C99"]) == 2
    assert "no candidate 'C99'" in capsys.readouterr().err


def test_bad_targets_are_refused_in_words(run_id, capsys, tmp_path):
    (tmp_path / "study.db").write_text("mine")
    assert main(["export", run_id, "--format", "optuna"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "study.db").read_text() == "mine"
    assert main(["export", run_id, "--format", "mlflow"]) == 2
    assert "--out http://localhost:5000" in capsys.readouterr().err
    missing = str(tmp_path / "no" / "x.json")
    assert main(["export", run_id, "--format", "dspy", "--out", missing]) == 2
    assert "cannot be written" in capsys.readouterr().err
