import optuna
import pytest

from core.optimizers.family import build
from core.proposal.settings import GRID
from core.results.settings import settings_importance
from core.runs.state import RunState
from tests.known_optimum import Fold, made_up_config, made_up_task


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def tip_matters(state, candidate):
    for one in state.rounds.values():
        if one.trial is not None and state.trials[one.trial].candidate == candidate:
            return 0.8 if one.settings.tip == "simple" else 0.2
    return 0.2


def ended(optimizer, trials):
    task, config = made_up_task(), made_up_config(optimizer=optimizer, trials=trials)
    run = Fold(policy=build(task, config), task=task, quality=tip_matters)
    return run.run()


def test_the_setting_that_decides_the_scores_is_the_most_important():
    found = settings_importance(ended("zero_shot_mipro_plus_plus", 40))
    assert set(found) == set(GRID)
    assert next(iter(found)) == "tip"
    assert found["tip"] > 0.5
    assert sum(found.values()) == pytest.approx(1.0)


def test_the_same_run_says_the_same_twice():
    state = ended("mipro_plus_plus", 12)
    assert settings_importance(state) == settings_importance(state) != {}


def test_nothing_is_said_before_enough_was_tried():
    assert settings_importance(RunState()) == {}
    assert settings_importance(ended("zero_shot_mipro_plus_plus", 5)) == {}


@pytest.mark.parametrize("optimizer", ["mipro_tpe", "module_opro"])
def test_runs_that_do_not_learn_settings_have_none(optimizer):
    assert settings_importance(ended(optimizer, 12)) == {}
