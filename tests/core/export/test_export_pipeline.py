"""A pipeline taken home as a Python file asks and answers what its run did."""

import importlib.util
import os
import subprocess
import sys

import dspy
import pytest

from core.errors import ProgramError
from core.export.pipeline_source import pipeline_source
from core.export.program import SCRIPT_FILE, python_files
from core.export.source import source_of
from core.programs.pipeline.edits import changed_stage, with_stage
from core.programs.pipeline.spec import PipelineSpec, PipelineStage
from core.programs.pipeline.template import pipeline_template
from core.storage.memory import MemoryStore
from tests.exported_runs import config_of, endpoint, logged, really_sent
from tests.pipeline_runs import PASSAGES, answered, inputs_of, setup_of, typed
from tests.pipelines import EQUAL, NASTY, field, output, reads
from tests.scripted_lm import scripted_lm

HOPS = EQUAL["multi_hop_qa"]
KEPT = NASTY.replace("<keep>", "<keep>all</keep> ")


def voted():
    """Two hops, three answers out of a choice, a vote, and a text made of it."""
    answer = field("answer", NASTY, type="choice", choices=("yes", "no", "it's {x}"))
    spec = changed_stage(
        HOPS, "generate_answer", calls=3, temperature=0.9, instruction=KEPT, writes=(answer,)
    )
    vote = PipelineStage(
        name="decide",
        kind="vote",
        reads=(reads("votes", "generate_answer.answer"),),
        writes=(field("winner"),),
    )
    tell = PipelineStage(
        name="tell",
        kind="fill",
        instruction=NASTY + "{winner}.",
        reads=(reads("winner", "decide.winner"),),
        writes=(field("told"),),
    )
    spec = with_stage(with_stage(spec, tell), vote)
    return spec.model_copy(update={"title": 'Say """hi"""', "outputs": (output("answer", "told"),)})


def source_for(spec, model):
    store = MemoryStore()
    config = config_of(store, "multi_hop_qa", task_model=model)
    config = config.model_copy(update={"program": "pipeline:Hops@1", "pipeline": spec})
    return source_of(logged(config, store), store)


def test_the_python_file_of_a_run_alone_sends_and_answers_what_the_run_did(server, sent, tmp_path):
    model = endpoint(server[0])
    source = source_for(voted(), model)
    for file in python_files(source):
        (tmp_path / file.name).write_bytes(file.content)
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    caches = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "DSPY_CACHEDIR": str(tmp_path / "c")}
    done = subprocess.run(
        [sys.executable, "-W", "error", SCRIPT_FILE],
        cwd=tmp_path,
        env=kept | caches,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    by_file = sent()
    assert len(by_file) == 5
    really_sent(source, source.texts, 0, model)
    assert by_file == sent()[5:]
    assert done.stdout.startswith("answer: ")
    assert "__class__ {self.__class__.__init__}" in done.stdout


@pytest.mark.parametrize("spec", [voted(), EQUAL["scone"]], ids=["all", "one stage"])
def test_the_python_file_of_a_pipeline_is_the_pipeline_as_it_was_built(spec, tmp_path):
    path = tmp_path / "made.py"
    path.write_text(pipeline_source(spec, NASTY), encoding="utf-8")
    lines = '{"title": "Ada", "text": "Ada wrote it."}\n{"title": "It", "text": "A machine."}\n'
    (tmp_path / "passages.jsonl").write_text(lines, encoding="utf-8")
    found = importlib.util.spec_from_file_location("made_pipeline", path)
    made = importlib.util.module_from_spec(found)
    found.loader.exec_module(made)
    corpus = tuple(type(PASSAGES[0])(title=title, text=text)
                   for title, text in (("Ada", "Ada wrote it."), ("It", "A machine.")))  # fmt: skip
    setup = setup_of(spec, corpus)
    with scripted_lm(typed) as (lm, engine):
        program = pipeline_template(spec, "it").build(setup)
        for _, predictor in program.named_predictors():
            plain = predictor.signature.instructions.replace("<keep>all</keep>", "all")
            predictor.signature = predictor.signature.with_instructions(plain)
        ours = answered(program, inputs_of(spec), lm, engine)
        assert answered(made.load(), inputs_of(spec), lm, engine) == ours
    assert isinstance(made.load(), dspy.Module)
    assert set(made.OUTPUTS) == {"answer"}


def test_a_pipeline_with_errors_is_no_python_file():
    with pytest.raises(ProgramError, match="cannot run yet: the pipeline is given nothing"):
        pipeline_source(PipelineSpec(title="x"), "x")
