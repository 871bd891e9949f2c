import optuna
import pytest

from core.optimizers.family import build
from core.runs.remaining import ENOUGH, remaining_calls
from core.runs.state import RunState
from tests.known_optimum import Fold, made_up_config, made_up_task


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def history(task, config, concurrency=1):
    """(state after each append, its events), oldest first, of a whole run."""
    run = Fold(policy=build(task, config), task=task, concurrency=concurrency)
    run.run()
    assert run.state.status == "finished"
    return run, [run.resumed(groups, run.policy).state for groups in range(1, len(run.log), 3)]


def left(state, task, config, now=0.0, in_flight=0):
    return remaining_calls(state, task, config, now, in_flight=in_flight)


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize(
    ("task", "config"),
    [
        (made_up_task(), made_up_config()),
        (made_up_task(predictors=1, repeats=3), made_up_config(trials=7, full_every=3)),
        (made_up_task(), made_up_config(instructions=1, bootstrapped_demos=0)),
        (made_up_task(val=4), made_up_config(minibatch=35)),
        (made_up_task(), made_up_config(name="light", minibatch=35)),
    ],
)
def test_it_is_never_less_than_what_is_really_still_to_come(task, config, concurrency):
    run, states = history(task, config, concurrency)
    total = run.state.usage.calls
    for state in states:
        assert left(state, task, config).calls >= total - state.usage.calls


def test_it_starts_within_the_estimate_and_ends_at_nothing():
    task, config = made_up_task(), made_up_config()
    run, states = history(task, config)
    assert left(RunState(), task, config).calls <= task.estimate(config).total
    assert left(states[0], task, config).calls <= task.estimate(config).total
    assert left(run.state, task, config).calls == 0


def test_it_shrinks_with_every_call_of_the_teacher_by_what_the_call_took():
    task = made_up_task(predictors=1, repeats=3)
    config = made_up_config()
    run, _ = history(task, config)
    states = [run.resumed(groups, run.policy).state for groups in range(1, len(run.log))]
    teaching = [s for s in states if s.phase == "bootstrap" and s.traces and not s.results]
    for before, after in zip(teaching, teaching[1:], strict=False):
        runs = len(after.traces) - len(before.traces)
        spent = left(before, task, config).calls - left(after, task, config).calls
        assert spent == 3 * runs


def test_when_the_baseline_is_the_best_no_second_test_is_to_come():
    task, config = made_up_task(test=10), made_up_config(instructions=1, demo_sets=1)
    _, states = history(task, config)
    testing = [state for state in states if state.phase == "test" and state.trials]
    assert testing
    for state in testing:
        done = len(state.test_results.get(state.baseline, {}))
        if any(trial.purpose == "test" for trial in state.trials.values()):
            assert left(state, task, config).calls == 2 * (10 - done)


def test_nothing_is_said_about_time_before_enough_examples_have_run():
    task, config = made_up_task(), made_up_config()
    _, states = history(task, config)
    for state in states:
        said = left(state, task, config, now=state.last_event_at).seconds
        assert (said is None) == (state.examples_scored < ENOUGH)


def test_time_goes_on_at_the_rate_of_the_run_so_far():
    task, config = made_up_task(), made_up_config()
    _, states = history(task, config)
    state = states[-10]
    now = state.last_event_at
    what = left(state, task, config, now=now)
    rate = state.elapsed(now) / state.usage.calls
    assert what.seconds == pytest.approx(what.calls * rate)


def test_what_is_in_flight_is_passed_on_until_the_run_has_ended():
    task, config = made_up_task(), made_up_config()
    run, states = history(task, config)
    assert left(states[5], task, config, in_flight=3).in_flight == 3
    assert left(run.state, task, config, in_flight=3).in_flight == 0
