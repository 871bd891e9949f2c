import pytest

from core.lm.connection import LMConfig
from core.runs.preparation import prepare
from core.search.budget import preset
from dashboard.readiness import obstacle, visible_difference, warnings
from tests.dashboard.conftest import SMALL, iris_config


@pytest.fixture
def ready(store):
    config = iris_config(store, budget=preset("light", 1))
    return prepare(config, store), config


def test_nothing_stands_in_the_way_of_an_offline_run(ready):
    assert obstacle(*ready) is None


def test_a_cap_that_is_too_low_and_a_missing_key_are_obstacles(ready, monkeypatch):
    task, config = ready
    assert "too low" in str(obstacle(task, config.model_copy(update={"max_calls": 5})))
    monkeypatch.delenv("STUDIO_TEST_KEY", raising=False)
    model = LMConfig(model="m", api_key_env="STUDIO_TEST_KEY")
    for role in ("task_model", "prompt_model"):
        assert "STUDIO_TEST_KEY" in str(obstacle(task, config.model_copy(update={role: model})))


def test_sixty_examples_show_differences_of_about_13_points(ready):
    assert visible_difference(60) == pytest.approx(0.1265, abs=1e-4)
    assert any(
        "60 validation examples" in each and "13 points" in each for each in warnings(*ready)
    )


def test_a_budget_larger_than_the_data_is_pointed_out(store):
    greedy = SMALL.model_copy(update={"minibatch": 35, "bootstrapped_demos": 64, "trials": 50})
    config = iris_config(store, budget=greedy)
    found = " ".join(warnings(prepare(config, store), config))
    assert "Each trial covers the whole valset (10 examples)" in found
    assert "10 of the 60 validation examples are used" in found
    assert "fewer than the 64 demos" in found
    assert "50 trials are more than there are candidates (4)" in found
