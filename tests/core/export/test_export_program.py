import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from core.data.dataset import Dataset
from core.errors import ConfigError, ProgramError
from core.export.files import one_file
from core.export.program import (
    PASSAGES_FILE,
    PROGRAM_FILE,
    SCRIPT_FILE,
    dspy_files,
    program_json,
    python_files,
    python_script,
)
from core.export.source import source_of
from core.results.run_results import CandidateTexts
from core.runs.preparation import prepare
from core.storage.memory import MemoryStore
from tests import run_log
from tests.exported_runs import config_of, endpoint, logged, made_up, really_sent


@pytest.fixture(scope="module")
def iris():
    return made_up("classification")


def run(folder, *arguments, **variables):
    """The exported file as a stranger runs it: alone in a folder, without this project."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "error", SCRIPT_FILE, *arguments],
        cwd=folder,
        env={**kept, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "DSPY_CACHEDIR": str(folder / "c")}
        | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def put(files, folder):
    for file in files:
        (folder / file.name).write_bytes(file.content)


def test_dspy_loads_the_exported_program_with_its_instructions_and_demos(iris, tmp_path):
    put(dspy_files(iris), tmp_path)
    path, texts = tmp_path / PROGRAM_FILE, iris.texts
    program = iris.task.program.deepcopy()
    program.load(str(path))
    ((name, predictor),) = program.named_predictors()
    assert predictor.signature.instructions == texts.instructions[name]
    assert [
        {key: value for key, value in dict(demo).items() if key != "augmented"}
        for demo in predictor.demos
    ] == list(texts.demos[name])
    assert json.loads(path.read_text())["metadata"]["dependency_versions"]["dspy"]


def test_a_candidate_of_another_program_is_refused(iris):
    other = CandidateTexts(candidate="x", label="C1", instructions={"a": "b"}, demos={"a": ()})
    with pytest.raises(ProgramError, match=r"classify\.predict"):
        program_json(iris.task, other)


@pytest.mark.parametrize("program", ["classification", "retrieval_qa", "multi_hop_qa"])
def test_the_python_file_alone_sends_what_the_run_sent(program, server, sent, tmp_path):
    model = endpoint(server[0])
    source = made_up(program, task_model=model)
    files = python_files(source)
    put(files, tmp_path)
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    by_file = sent()
    really_sent(source, source.texts, 0, model)
    assert by_file == sent()[len(by_file) :]
    (output,) = source.config.mapping.outputs
    assert done.stdout.startswith(f"{output}: ")
    retrieves = source.config.passages is not None
    assert {each.name for each in files} == {SCRIPT_FILE, *([PASSAGES_FILE] if retrieves else [])}
    assert one_file(files).name.endswith(".zip") == retrieves


def test_the_python_file_answers_the_inputs_it_is_given(server, sent, tmp_path):
    put(python_files(made_up("question_answering", task_model=endpoint(server[0]))), tmp_path)
    inputs = {"context": "Ada wrote it.", "question": 'Who "wrote" {it}?'}
    done = run(tmp_path, json.dumps(inputs))
    assert done.returncode == 0, done.stderr
    assert 'Who "wrote" {it}?' in sent()[-1][-1]["content"]


def test_another_model_can_be_named_and_none_is_asked_for(iris, server, sent, tmp_path):
    put(python_files(iris), tmp_path)
    assert "Name a model: set DSPY_MODEL" in run(tmp_path).stderr
    done = run(tmp_path, DSPY_MODEL="openai/other", DSPY_API_BASE=server[0], DSPY_API_KEY="sk-mine")
    assert done.returncode == 0, done.stderr
    assert server[1].seen.bodies[-1]["model"] == "other"
    assert server[1].seen.keys[-1] == "Bearer sk-mine"
    assert len(sent()) == 1


def test_texts_that_look_like_source_stay_texts(server, sent, tmp_path):
    nasty = "End \"\"\" here. \\n {0} {{x}} %s ''' \\ ${y} \u2028 é \x00"
    rows = [
        {"context": f"{nasty} {row}", "question": nasty + "?", "answer": "yes"} for row in range(40)
    ]
    store = MemoryStore()
    data = Dataset(name=nasty, origin="", frame=pd.DataFrame(rows))
    model = endpoint(server[0])
    config = config_of(store, "question_answering", data=data, name=nasty, task_model=model)
    source = source_of(logged(config, store), store)
    info = source.task.predictors[0]
    demo = {name: nasty for name in info.fields}
    texts = CandidateTexts(
        candidate="x", label="C1", instructions={info.name: nasty}, demos={info.name: (demo,)}
    )
    (tmp_path / SCRIPT_FILE).write_text(python_script(source, texts), encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    really_sent(source, texts, 0, model)
    first, second = sent()
    assert first == second


def test_the_python_file_names_the_key_and_holds_none(monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-secret")
    model = endpoint("http://localhost:1/v1", api_key_env="MY_KEY")
    source = made_up("classification", task_model=model)
    text = python_script(source, source.texts)
    assert "os.environ.get('MY_KEY')" in text
    assert "Set MY_KEY to your key first." in text
    assert "sk-secret" not in text


def test_a_program_that_cannot_stand_alone_is_imported(iris, monkeypatch):
    monkeypatch.setattr("core.export.program.bundle", lambda name: None)
    text = python_script(iris, iris.texts)
    assert "from sample_programs.classification import TEMPLATE" in text
    assert "that folder on PYTHONPATH" in text
    scope = {"__name__": "exported"}
    exec(compile(text, SCRIPT_FILE, "exec"), scope)
    (predictor,) = scope["load"]().predictors()
    assert [predictor.signature.instructions] == list(iris.texts.instructions.values())


def test_a_run_without_a_full_evaluation_has_nothing_to_take_home():
    store = MemoryStore()
    config = config_of(store, "classification")
    run_id = store.create(config)
    plan = run_log.plan_of(prepare(config, store), config)
    run_log.append(store, run_id, run_log.log(plan)[:3])
    with pytest.raises(ConfigError, match="no fully evaluated candidate yet"):
        python_files(source_of(run_id, store))


@pytest.mark.parametrize("name", ["baseline", "C0", "c0"])
def test_a_candidate_is_chosen_by_id_label_or_role(iris, name):
    found = source_of(iris.run_id, iris.store, name)
    assert found.candidate == iris.results.baseline.candidate
    assert found.texts == iris.baseline_texts
    with pytest.raises(ConfigError, match="no candidate 'C99'.*C0, C1"):
        source_of(iris.run_id, iris.store, "C99")
