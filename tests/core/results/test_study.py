import optuna
import pytest

from core.errors import ConfigError
from core.optimizers.family import build
from core.results.study import study_trials, write_study
from core.runs.scores import val_mean
from core.runs.snapshot import Predicted, RunSummary, Snapshot
from tests.known_optimum import Fold, made_up_config, made_up_task


@pytest.fixture(scope="module")
def state():
    task, config = made_up_task(val=40), made_up_config(optimizer="mipro", trials=15)
    run = Fold(policy=build(task, config), task=task)
    run.run()
    return run.state


def test_optunas_own_tools_open_the_study_and_agree_on_the_best(state, tmp_path):
    path = tmp_path / "study.db"
    write_study(path, "made up", state, None)
    study = optuna.load_study(study_name="made up", storage=f"sqlite:///{path}")
    assert len(study.trials) == len(state.results)
    complete = study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
    assert len(complete) == len(state.fully_evaluated)
    assert study.best_value == pytest.approx(val_mean(state, state.best))
    assert {"n", "mean", "full", "instructions", "demos"} <= set(study.best_trial.user_attrs)
    assert not study.trials_dataframe().empty


def test_a_candidate_that_was_left_is_pruned_at_its_last_mean(state):
    trials = study_trials(state)
    left = [each for each in trials if each.state == optuna.trial.TrialState.PRUNED]
    assert left
    for trial in left:
        last = max(trial.intermediate_values)
        assert trial.user_attrs["n"] == last
        assert trial.intermediate_values[last] == pytest.approx(trial.user_attrs["mean"])


def test_the_surrogates_interval_is_kept_with_its_candidate(state):
    predictions = {state.best: Predicted(mean=0.7, sd=0.1)}
    snapshot = Snapshot(seq=1, summary=RunSummary(status="finished"), predictions=predictions)
    kept = [t.user_attrs for t in study_trials(state, snapshot) if "surrogate_mean" in t.user_attrs]
    (attributes,) = kept
    assert attributes["surrogate_low90"] == pytest.approx(0.7 - 0.164)
    assert attributes["surrogate_high90"] == pytest.approx(0.7 + 0.164)


def test_an_existing_file_is_not_touched(state, tmp_path):
    path = tmp_path / "there.db"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="exists already"):
        write_study(path, "made up", state, None)
    assert path.read_text() == "mine"
