import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from core.data.dataset import Dataset, Example
from core.errors import ProgramError
from core.evaluation.evaluator import Trace
from core.results.export import (
    PROGRAM_FILE,
    SNIPPET_FILE,
    examples_csv,
    neutralised,
    program_json,
    python_snippet,
    trials_csv,
)
from core.results.run_results import CandidateTexts, run_results
from core.runs.config import RunConfig
from core.runs.events import Failure
from core.runs.parts import Result
from core.runs.preparation import prepare
from core.storage.memory import MemoryStore
from tests import run_log

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def iris():
    store = MemoryStore()
    run_id, config, _ = run_log.iris_run(store)
    results = run_results(run_log.replay(store, run_id), config)
    return store, config, results


def test_dspy_loads_the_exported_program_with_its_instructions_and_demos(iris, tmp_path):
    store, config, results = iris
    task, texts = prepare(config, store), results.texts(results.best.candidate)
    path = tmp_path / PROGRAM_FILE
    path.write_text(program_json(task, texts), encoding="utf-8")
    program = task.program.deepcopy()
    program.load(str(path))
    ((name, predictor),) = program.named_predictors()
    assert predictor.signature.instructions == texts.instructions[name]
    assert [
        {key: value for key, value in dict(demo).items() if key != "augmented"}
        for demo in predictor.demos
    ] == list(texts.demos[name])
    assert json.loads(path.read_text())["metadata"]["dependency_versions"]["dspy"]


def test_a_candidate_of_another_program_is_refused(iris):
    store, config, _ = iris
    other = CandidateTexts(candidate="x", label="C1", instructions={"a": "b"}, demos={"a": ()})
    with pytest.raises(ProgramError, match=r"classify\.predict"):
        program_json(prepare(config, store), other)


def run_snippet(folder: Path, program: str, snippet: str) -> subprocess.CompletedProcess[str]:
    (folder / PROGRAM_FILE).write_text(program, encoding="utf-8")
    (folder / SNIPPET_FILE).write_text(snippet, encoding="utf-8")
    return subprocess.run(
        [sys.executable, SNIPPET_FILE],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_python_file_answers_an_example_from_the_file_beside_it(iris, tmp_path):
    store, config, results = iris
    task = prepare(config, store)
    program = program_json(task, results.texts(results.best.candidate))
    done = run_snippet(tmp_path, program, python_snippet(task, config, store))
    assert done.returncode == 0, done.stderr
    name, _, answer = done.stdout.strip().partition(": ")
    assert name == "answer"
    assert answer in ("setosa", "versicolor", "virginica")


def retrieval_config(store: MemoryStore, corpus: Dataset) -> RunConfig:
    rows = [{"question": f"Where is town {row}?", "answer": f"Hill {row}"} for row in range(10)]
    questions = Dataset(name="q", origin="", frame=pd.DataFrame(rows))
    return RunConfig(
        name='Towns """ and \\',
        program="retrieval_qa",
        dataset=store.put_dataset(questions),
        dataset_name="Towns",
        mapping={"inputs": {"question": "question"}, "outputs": {"answer": "answer"}},
        passages=store.put_dataset(corpus),
        metric="exact_match",
        budget=run_log.Plan().budget,
    )


def own_texts(task) -> CandidateTexts:
    return CandidateTexts(
        candidate="x",
        label="C0",
        instructions={each.name: each.instruction for each in task.predictors},
        demos={each.name: () for each in task.predictors},
    )


def test_the_python_file_brings_its_own_corpus_when_it_is_no_bundled_one(tmp_path):
    store = MemoryStore()
    passages = [
        {"title": f'Town {row} "x"', "text": f"Town {row} is on Hill {row}."} for row in range(10)
    ]
    corpus = Dataset(name="towns", origin="", frame=pd.DataFrame(passages))
    config = retrieval_config(store, corpus)
    task = prepare(config, store)
    done = run_snippet(
        tmp_path, program_json(task, own_texts(task)), python_snippet(task, config, store)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("answer: ")


def test_the_python_file_names_a_bundled_corpus():
    store = MemoryStore()
    from core.data.bundled import bundled_dataset

    config = retrieval_config(store, bundled_dataset("multi_hop_passages"))
    text = python_snippet(prepare(config, store), config, store)
    assert "bundled_dataset('multi_hop_passages')" in text
    assert len(text) < 2_000


def test_the_python_file_names_the_key_and_holds_none(iris, monkeypatch):
    store, config, _ = iris
    monkeypatch.setenv("MY_KEY", "sk-secret")
    model = config.task_model.model_copy(
        update={"model": "m", "api_base": "http://localhost:1/v1", "api_key_env": "MY_KEY"}
    )
    with_key = config.model_copy(update={"task_model": model})
    text = python_snippet(prepare(config, store), with_key, store)
    assert "api_key_env='MY_KEY'" in text
    assert "Set MY_KEY to your key first." in text
    assert "sk-secret" not in text
    compile(text, SNIPPET_FILE, "exec")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_trials_are_exported_one_per_line_with_their_candidate(iris):
    _, _, results = iris
    lines = rows(trials_csv(results.tables.trials, results.labels))
    assert len(lines) == len(results.tables.trials)
    assert lines[0]["label"] == "C0 (baseline)"
    assert lines[0]["purpose"] == "baseline"
    assert float(lines[0]["mean"]) == pytest.approx(results.baseline.val.value)
    assert lines[0]["started"].startswith("2023-11-14")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_cells_that_a_spreadsheet_would_run_are_neutralised(start):
    assert neutralised(f"{start}HYPERLINK()") == f"'{start}HYPERLINK()"


def test_numbers_and_plain_text_stay_as_they_are():
    assert [neutralised(cell) for cell in (-1.5, None, "a=b", "")] == [-1.5, None, "a=b", ""]


def test_examples_are_exported_with_outputs_scores_and_failures_and_no_formulas():
    examples = [
        Example(id="1", inputs={"=x": "=cmd()", "n": -2}, outputs={"label": "cat"}),
        Example(id="2", inputs={"=x": "plain", "n": 3}, outputs={"label": "dog"}),
        Example(id="3", inputs={"=x": "not run", "n": 3}, outputs={"label": "dog"}),
    ]
    failure = Failure(kind="Timeout", message="slow")
    results = {
        "2": Result(score=None, failure=failure, attempt=1, seconds=1.23456),
        "1": Result(score=1.0, failure=None, attempt=0, seconds=0.5),
    }
    traces = {"1": Trace(outputs={"label": "@cat"}, stages=[], prompts=[])}
    first, second = rows(examples_csv({"val": (examples, results)}, traces))
    assert first == {
        "example": "1",
        "part": "val",
        "input.=x": "'=cmd()",
        "input.n": "-2",
        "expected.label": "cat",
        "output": "'@cat",
        "score": "1.0",
        "failure": "",
        "seconds": "0.5",
    }
    assert (second["score"], second["failure"]) == ("", "Timeout: slow")
