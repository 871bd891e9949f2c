import shlex

import pytest

from core.cli import _parser
from core.command.inputs import run_config
from core.data.dataset import FieldMapping
from core.data.split import SplitConfig
from core.lm.connection import LMConfig
from core.report.reproduction import reproduction
from core.results.run_results import run_results
from core.runs.state import RunState
from core.search.budget import Budget, preset
from core.search.family import FAMILY
from core.storage.memory import MemoryStore
from tests import run_log

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
    ],
)
def test_the_command_gives_the_settings_of_the_run(changes):
    config, found, store = made(**changes)
    again = understood(found.command, store)
    same = {"name": "", "dataset_name": ""}
    assert again.model_copy(update=same) == config.model_copy(update=same)
    assert not any("no option for these settings" in note for note in found.notes)


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
        "0.5 / 0.3 / 0.2, seed 3", "kept 0.5", "task model's temperature 0.3",
        "the prompt model's own address or key", "instructions 9", "demo sets 2",
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
