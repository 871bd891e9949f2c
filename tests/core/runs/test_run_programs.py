"""Pipelines as programs of runs."""

import sys

import pytest

from core.errors import ConfigError, ProgramError
from core.programs.pipeline.edits import changed_stage
from core.programs.pipeline.saved import checked_name, parsed_name, program_name, spec_from_json
from core.programs.pipeline.spec import PipelineSpec
from core.programs.predictors import structure
from core.programs.source import source_of
from core.runs.branching import branch
from core.runs.config import RunConfig
from core.runs.preparation import prepare
from core.runs.programs import named_template, program_at, saved_library, template_of
from core.storage.memory import MemoryStore
from tests.exported_runs import config_of
from tests.pipelines import EQUAL, NASTY

HOPS = EQUAL["multi_hop_qa"]


@pytest.fixture
def store():
    return MemoryStore()


def pipeline_config(store, spec, program="pipeline:Hops@1"):
    """Settings of a run of the pipeline on the data of multi-hop questions."""
    config = config_of(store, "multi_hop_qa")
    return config.model_copy(update={"program": program, "pipeline": spec})


def test_a_run_carries_its_pipeline_and_is_prepared_from_that_alone(store):
    config = pipeline_config(store, HOPS)
    assert RunConfig.model_validate_json(config.model_dump_json()) == config
    task = prepare(config, store)
    assert task.template.name == "pipeline:Hops@1"
    assert [each.name for each in task.predictors] == [
        "generate_query.predict",
        "generate_answer.predict",
    ]
    assert task.sizes.calls_per_run == 3
    assert task.template.passages
    copy = branch(store, store.create(config), by="Ada", name="again")
    assert store.run(copy).config.pipeline == HOPS


def test_settings_of_before_there_were_pipelines_can_be_read(store):
    kept = config_of(store, "iris").model_dump(exclude={"pipeline"})
    assert RunConfig.model_validate(kept).pipeline is None


def test_settings_that_only_name_a_pipeline_are_refused(store):
    with pytest.raises(ProgramError, match="do not hold the pipeline itself"):
        template_of(pipeline_config(store, None))


def test_what_an_instruction_marks_is_locked_and_the_marks_reach_nobody(store):
    spec = changed_stage(HOPS, "generate_answer", instruction="Answer <keep>in one word</keep>.")
    task = prepare(pipeline_config(store, spec), store)
    assert task.locks == {"generate_answer.predict": ("in one word",)}
    assert task.predictors[1].instruction == "Answer in one word."
    told = structure(task.predictors, task.template.description, source_of(task.program))
    assert "class Pipeline(dspy.Module):" in told
    assert "Answer in one word." in told
    assert "keep>" not in told
    broken = changed_stage(HOPS, "generate_answer", instruction="Answer <keep>in one word.")
    with pytest.raises(ConfigError, match=r"'generate_answer\.predict': a <keep> mark is not"):
        prepare(pipeline_config(store, broken), store)


def test_saved_pipelines_are_programs_by_name_and_version(store):
    other = changed_stage(HOPS, "generate_answer", calls=2)
    for spec in (HOPS, other):
        store.save_pipeline("Hops", spec, "Ada")
    store.save_pipeline("Draft", PipelineSpec(title="Draft"), "Ada")
    assert named_template("pipeline:Hops", store).name == "pipeline:Hops@2"
    assert named_template("pipeline:Hops@1", store).pipeline == HOPS
    assert named_template("iris", store).pipeline is None
    library = saved_library(store)
    assert library.templates["pipeline:Hops@2"].pipeline == other
    assert list(library.templates) == ["pipeline:Hops@2"]
    assert "no stage. Add one." in library.faults["pipeline:Draft@1"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "pipeline:Nope",
            r"no pipeline 'Nope'\..* Saved pipelines: Hops\.",
        ),
        ("pipeline:Hops@7", "no version 7 of 'Hops'"),
        ("pipeline:Hops@x", "has no version"),
        ("pipeline:", "cannot be saved as"),
        (f"pipeline:{NASTY}", "cannot be saved as"),
        ("nope.json", r"nope\.json cannot be read as a pipeline"),
    ],
)
def test_a_pipeline_that_is_not_there_is_named(store, name, said):
    store.save_pipeline("Hops", HOPS, "Ada")
    with pytest.raises(ProgramError, match=said):
        program_at(name, store)


def test_a_module_of_ones_own_may_be_called_pipeline(store, tmp_path, monkeypatch):
    code = "import dspy\nANSWER = dspy.Predict('question -> answer')\n"
    (tmp_path / "pipeline.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        own = program_at("pipeline:ANSWER", store)
        assert (own.name, own.pipeline) == ("pipeline:ANSWER", None)
        assert template_of(pipeline_config(store, None, "pipeline:ANSWER")).title == "ANSWER"
        with pytest.raises(ProgramError, match="no pipeline 'Two words'"):
            program_at("pipeline:Two words", store)
    finally:
        sys.modules.pop("pipeline", None)


def test_names_and_versions_are_read_as_they_are_written():
    assert parsed_name(program_name("a b", 3)) == ("a b", 3)
    assert parsed_name(program_name("a b")) == ("a b", None)
    assert parsed_name("iris") is None
    assert checked_name("  e\u0301t\u00e9 ") == "\u00e9t\u00e9"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not JSON", r"it is no pipeline \("),
        ("[]", r"it is no pipeline \("),
        ('{"title": "x", "code": "import os"}', "code: Extra inputs are not permitted"),
        ('{"title": "x", "stages": [{"name": "a", "kind": "exec"}]}', r"stages\.0\.kind"),
        ('{"title": "' + "x" * 2_000_001 + '"}', "too long"),
        ('{"title": "x", "inputs": [' + '{"name": "a"},' * 40_000 + '{"name": "b"}]}', "too large"),
    ],
    ids=["text", "list", "unknown key", "unknown kind", "too long", "too large"],
)
def test_a_file_that_is_no_pipeline_says_why(text, said):
    with pytest.raises(ProgramError, match=said):
        spec_from_json(text, "it")
