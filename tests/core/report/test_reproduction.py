import json
import shlex

import pytest

from core.cli import _parser
from core.command.inputs import run_config
from core.data.bundled import bundled_dataset
from core.data.cleaning import CapRows, clean
from core.data.dataset import FieldMapping
from core.data.part_names import combined
from core.data.readers import read
from core.data.split import SplitConfig
from core.lm.connection import LMConfig
from core.lm.failures import FailurePolicy, Rule
from core.report.reproduction import reproduction
from core.results.run_results import run_results
from core.runs.state import RunState
from core.search.budget import Budget, preset
from core.search.family import FAMILY
from core.storage.memory import MemoryStore
from tests import run_log
from tests.pipelines import EQUAL

SHORT = preset("medium", 1, FAMILY["zero_shot_mipro"].shape)


def made(**changes):
    """The settings of a run on iris, its reproduction, and the store."""
    store = MemoryStore()
    settings = {"budget": preset("light", 1), **changes}
    config = run_log.iris_config(store, **settings)
    events = run_log.events(run_log.Plan(predictors=(run_log.ANSWER,)), "bootstrap")
    results = run_results(run_log.state_of(events), config)
    return config, reproduction(config, results), store


def understood(command, store):
    """The settings that the command line makes of it."""
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:3] == ["python", "-m", "core"]
    return run_config(_parser().parse_args(words[3:]), store)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"seed": 7, "split": SplitConfig(seed=7), "concurrency": 1, "max_calls": 90_000},
        {"optimizer": "zero_shot_mipro", "budget": SHORT, "review": True},
        {"locks": {"classify.predict": ("produce the",)}},
        {"split": SplitConfig(train=0.5, val=1 / 3, test=1 / 6, seed=3, stratify=False)},
        {"split": SplitConfig(counts=(60, 40, 20))},
        {"split": SplitConfig(order_by="sepal_width", counts=(60, 40, 20), seed=9)},
        {"split": SplitConfig(group_by="sepal_length")},
        {"program_description": "Tells flowers apart; that's $HOME `all`."},
        {"metric": "number", "metric_parameters": {"relative": 0.01}},
        {
            "on_failure": FailurePolicy(
                rate_limit=Rule(then="pause", attempts=7), too_long=Rule(then="skip", attempts=2)
            )
        },
        {
            "task_model": LMConfig(
                model="openai/x",
                api_base="http://here/v1",
                temperature=0.3,
                timeout=20,
                retries=2,
                concurrency=4,
            ),
            "prompt_model": LMConfig(model="openai/y", max_tokens=900),
            "teacher_model": LMConfig(model="z", api_base="http://here/v1", timeout=5),
            "response_cache": False,
        },
        {
            "teacher_model": LMConfig(
                model="z", api_base="http://here/v1", input_price=1.5, output_price=2
            ),
            "task_model": LMConfig(delay=0.01),
        },
    ],
)
def test_the_command_gives_the_settings_of_the_run(changes):
    config, found, store = made(**changes)
    again = understood(found.command, store)
    same = {"name": "", "dataset_name": ""}
    assert again.model_copy(update=same) == config.model_copy(update=same)
    assert not any("no option for these settings" in note for note in found.notes)


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        (clean(bundled_dataset("iris"), [CapRows(rows=90)]).dataset, "cleaned in 1 step"),
        (combined(bundled_dataset("iris"), test=bundled_dataset("iris")), "Put together of 2"),
    ],
    ids=["cleaned", "files per part"],
)
def test_rows_that_no_file_has_come_out_of_the_database(dataset, words):
    config, _, store = made()
    column = "split" if "split" in dataset.frame.columns else None
    config = config.model_copy(
        update={"dataset": store.put_dataset(dataset), "dataset_name": dataset.name,
                "split": SplitConfig(part_column=column)}
    )  # fmt: skip
    stored = {each.id: each for each in store.datasets()}
    found = reproduction(config, run_results(RunState(), config), stored)
    assert f"--data stored:{dataset.id}" in found.command
    assert words in " ".join(found.notes)
    again = understood(found.command, store)
    assert (again.dataset, again.split) == (dataset.id, config.split)


def test_a_file_that_was_uploaded_as_it_is_is_named():
    config, _, store = made()
    dataset = read("flowers.csv", b"a,answer\n" + b"1,x\n2,y\n" * 9)
    config = config.model_copy(
        update={"dataset": store.put_dataset(dataset), "dataset_name": dataset.name}
    )
    stored = {each.id: each for each in store.datasets()}
    found = reproduction(config, run_results(RunState(), config), stored)
    assert "--data flowers.csv" in found.command
    assert f"fingerprint {dataset.id}" in " ".join(found.notes)


def test_what_is_set_about_each_model_is_carried():
    _, found, _ = made(
        task_model=LMConfig(model="openai/x", api_base="http://here/v1", temperature=0.3),
        prompt_model=LMConfig(model="openai/y", api_key_env="Y_KEY"),
        teacher_model=LMConfig(model="z", api_base="http://here/v1", concurrency=2),
        response_cache=False,
    )
    for each in (
        "--task-options temperature=0.3", "--prompt-options api_base=,api_key_env=Y_KEY",
        "--teacher-model z", "--teacher-options concurrency=2", "--no-cache",
    ):  # fmt: skip
        assert each in found.command, each


def test_what_the_command_cannot_carry_is_said():
    _, found, _ = made(
        threshold=0.5,
        split=SplitConfig(train=0.5, val=0.3, test=0.2, seed=3),
        task_model=LMConfig(model="openai/x", api_base="http://here/v1", temperature=0.3),
        prompt_model=LMConfig(model="openai/y"),
        budget=Budget(instructions=9, demo_sets=2, trials=5, name="exact"),
    )
    said = " ".join(found.notes)
    for each in (
        "50 % / 30 % / 20 %, seed 3", "kept 0.5", "instructions 9", "demo sets 2",
        "does not answer the same way each time",
    ):  # fmt: skip
        assert each in said, each
    assert "--trials 5" in found.command


def test_names_cannot_become_commands():
    _, found, _ = made(dataset_name="; rm -rf $(x) `y` '\n.csv", dataset="0" * 16)
    words = shlex.split(found.command.replace("\\\n", " "))
    assert words[words.index("--data") + 1] == "; rm -rf $(x) `y` '\n.csv"
    assert "has the fingerprint 0000000000000000" in " ".join(found.notes)


def test_a_column_that_the_command_cannot_name_is_said():
    mapping = FieldMapping(inputs={"a": "x,y"}, outputs={"answer": "answer"})
    _, found, _ = made(mapping=mapping)
    assert "which the command cannot carry" in " ".join(found.notes)


def test_a_run_without_events_has_a_command_too():
    store = MemoryStore()
    config = run_log.iris_config(store)
    found = reproduction(config, run_results(RunState(), config))
    assert found.command.startswith("python -m core optimize")
    assert found.versions["dspy"]


def test_a_pipeline_comes_out_of_the_settings_where_it_is_not_saved(tmp_path):
    spec = EQUAL["iris"]
    config, found, store = made(program="pipeline:Iris@1", pipeline=spec)
    assert "write what the settings below have as `pipeline` into a file" in " ".join(found.notes)
    file = tmp_path / "iris.json"
    file.write_text(json.dumps(json.loads(found.settings)["pipeline"]), encoding="utf-8")
    again = understood(found.command.replace("pipeline:Iris@1", str(file)), store)
    assert again.pipeline == config.pipeline
    store.save_pipeline("Iris", spec, "Ada")
    named = understood(found.command, store)
    assert (named.program, named.pipeline) == ("pipeline:Iris@1", spec)


def test_a_pipeline_from_a_file_is_not_taken_for_a_saved_one_of_that_name(tmp_path):
    spec = EQUAL["iris"]
    config, found, store = made(program="pipeline:My iris", pipeline=spec)
    store.save_pipeline("My iris", spec.model_copy(update={"title": "Another"}), "Ada")
    assert "into the file My iris.json." in " ".join(found.notes)
    assert "--program 'My iris.json'" in found.command
    file = tmp_path / "My iris.json"
    file.write_text(spec.model_dump_json(), encoding="utf-8")
    again = understood(found.command.replace("'My iris.json'", shlex.quote(str(file))), store)
    assert (again.program, again.pipeline) == (config.program, spec)
