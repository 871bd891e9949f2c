"""Programs and metrics by import path, and the parameters of a metric, on the command line."""

import csv
import json

import pytest

from core.cli import main
from core.storage.location import open_store

PROGRAM = '''
import dspy


class Sort(dspy.Module):
    """Sorts a text."""

    def __init__(self):
        super().__init__()
        self.sort = dspy.Predict("text -> label")

    def forward(self, text):
        return self.sort(text=text)


class Restless(Sort):
    def forward(self, text):
        self.sort(text=text)
        return self.sort(text=text)


def lenient(example, prediction):
    return 1.0 if prediction.label else 0.0
'''


@pytest.fixture
def name(home, own_module):
    return own_module(PROGRAM)


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "texts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows([f"{'red' if n % 2 else 'blue'} thing number {n}", f"kind {n % 2}"]
                         for n in range(20))  # fmt: skip
    return path


def optimize(program, data, *options):
    arguments = ["optimize", "--program", program, "--data", str(data), "--inputs", "text"]
    return main([*arguments, "--output", "label", "--trials", "2", "--quiet", "--json", *options])


def test_a_program_is_named_by_its_import_path(name, data, capsys):
    assert optimize(f"{name}:Sort", data) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "finished"
    assert open_store().run(found["run_id"]).config.program == f"{name}:Sort"


def test_a_program_that_calls_more_often_than_it_says_fails_instead_of_passing_the_cap(
    name, data, capsys
):
    assert optimize(f"{name}:Restless", data) == 1
    assert "makes more than the 1 LM calls that its template announces" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("{}:Nothing", "has no 'Nothing'"),
        ("nowhere.at_all:X", "there is no module 'nowhere.at_all'"),
        ("os:system", "is a part of Python itself"),
    ],
)
def test_an_import_path_that_leads_nowhere_is_bad_input(name, data, program, words, capsys):
    assert optimize(program.format(name), data) == 2
    assert words in capsys.readouterr().err


def test_a_metric_has_parameters(name, data, capsys):
    parameters = json.dumps({"function": f"{name}:lenient"})
    code = optimize(f"{name}:Sort", data, "--metric", "own", "--metric-parameters", parameters)
    assert code == 0
    found = json.loads(capsys.readouterr().out)
    assert open_store().run(found["run_id"]).config.metric_parameters == json.loads(parameters)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--metric-parameters", "[1]"], "write one JSON object"),
        (["--metric-parameters", "{broken"], "write one JSON object"),
        (["--metric", "number", "--metric-parameters", '{"relative": -1}'], "'number', relative"),
        (["--metric", "judge"], "'judge', model: Field required"),
        (["--metric", "conditional"], "reads the output field 'category'"),
        (
            ["--metric", "judge", "--metric-parameters",
             '{"model": {"model": "m", "api_key_env": "NO_SUCH_KEY_HERE"}}'],
            "judge 'm': the environment variable 'NO_SUCH_KEY_HERE' is not set",
        ),
    ],
)  # fmt: skip
def test_parameters_that_do_not_fit_are_bad_input_before_anything_is_spent(
    name, data, options, words, capsys
):
    assert optimize(f"{name}:Sort", data, *options) == 2
    assert words in capsys.readouterr().err
    assert list(open_store().runs()) == []
