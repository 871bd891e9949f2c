"""Pipelines on the command line."""

import json

import pytest

from core.cli import _parser, main
from core.command.inputs import run_config
from core.data.bundled import FOLDER
from core.programs.pipeline.edits import changed_stage
from core.storage.location import open_store
from tests.pipelines import EQUAL

IRIS, HOPS = EQUAL["iris"], EQUAL["multi_hop_qa"]


pytestmark = pytest.mark.usefixtures("home")


def words(program, data="iris.csv", inputs=IRIS.inputs):
    names = ",".join(each.name for each in inputs)
    arguments = ["optimize", "--program", str(program), "--data", str(FOLDER / data)]
    return [*arguments, "--inputs", names, "--output", "answer", "--trials", "2", "--quiet"]


def optimize(program, **given):
    return main([*words(program, **given), "--json"])


def test_a_pipelines_file_is_optimized_and_taken_home(home, capsys):
    spec = changed_stage(IRIS, "classify", instruction="Name <keep>the species</keep>.")
    file = home / "flowers.json"
    file.write_text(spec.model_dump_json(), encoding="utf-8")
    assert optimize(file) == 0
    found = json.loads(capsys.readouterr().out)
    config = open_store().run(found["run_id"]).config
    assert (config.program, config.pipeline) == ("pipeline:flowers", spec)
    out = home / "out.py"
    assert main(["export", found["run_id"], "--format", "python", "--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert "class Pipeline(dspy.Module):" in text
    assert "core." not in text
    assert "keep>" not in text


def test_a_saved_pipeline_is_named_and_the_run_keeps_the_version_it_takes():
    store = open_store()
    for spec in (IRIS, changed_stage(IRIS, "classify", instruction="Guess.")):
        store.save_pipeline("Flowers", spec, "Ada")
        config = run_config(_parser().parse_args(words("pipeline:Flowers")), store)
        version = store.pipeline("Flowers").version
        assert (config.program, config.pipeline) == (f"pipeline:Flowers@{version}", spec)
    config = run_config(_parser().parse_args(words("pipeline:Flowers@1")), store)
    assert (config.program, config.pipeline) == ("pipeline:Flowers@1", IRIS)


def test_a_pipeline_that_searches_asks_for_its_corpus(capsys):
    open_store().save_pipeline("Hops", HOPS, "Ada")
    assert optimize("pipeline:Hops", data="multi_hop_questions.jsonl", inputs=HOPS.inputs) == 2
    assert "name one with --corpus" in capsys.readouterr().err
    assert optimize("pipeline:Nope") == 2
    assert "Saved pipelines: Hops." in capsys.readouterr().err
    assert list(open_store().runs()) == []
