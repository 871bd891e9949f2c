import re
from collections import Counter

import pytest

from core.lm.outage import ATTEMPTS
from core.optimizers.actions import Score
from core.optimizers.adaptive_search import AdaptiveSearch
from core.optimizers.policy import Policy
from core.runs.scores import val_scores
from tests.known_optimum import WEATHER, Fold, made_up_config, made_up_task, quality


def policy(task, config):
    return Policy(task, config, AdaptiveSearch(task, config))


def finished(task=None, config=None, **settings):
    task, config = task or made_up_task(val=60), config or made_up_config(trials=40)
    run = Fold(policy=policy(task, config), task=task, **settings)
    run.run()
    assert run.state.status == "finished", run.state.message
    return run


def trials(run, purpose):
    return [trial for trial in run.state.trials.values() if trial.purpose == purpose]


def test_it_finds_a_far_better_candidate_than_the_baseline():
    run = finished()
    gain = quality(run.state, run.state.best) - quality(run.state, run.state.baseline)
    assert gain > 0.3


@pytest.mark.parametrize("concurrency", [1, 8, 64])
def test_no_example_runs_twice_under_one_candidate(concurrency):
    assert max(finished(concurrency=concurrency).scored.values()) == 1


def test_the_best_is_fully_evaluated_before_it_is_called_best():
    run = finished()
    assert len(val_scores(run.state, run.state.best)) == 60
    assert run.state.best in run.state.fully_evaluated


def test_trials_are_small_blocks_and_each_says_why():
    run = finished()
    assert {len(trial.examples) for trial in trials(run, "minibatch")} <= set(range(1, 11))
    assert all(trial.reason for trial in (*trials(run, "minibatch"), *trials(run, "full")))


def test_poor_candidates_get_fewer_examples_than_good_ones():
    run = finished(config=made_up_config(trials=60))
    spent = Counter(candidate for candidate, _ in run.scored.elements())
    tried = sorted(spent, key=lambda each: quality(run.state, each))
    third = len(tried) // 3
    poor = sum(spent[each] for each in tried[:third] if each != run.state.baseline)
    assert poor < sum(spent[each] for each in tried[-third:])


def test_with_one_slot_a_run_that_is_cut_and_resumed_ends_as_if_nothing_had_happened():
    task, config = made_up_task(val=40), made_up_config(trials=20)
    whole = finished(task, config)
    for groups in range(1, len(whole.log), 60):
        rest = whole.resumed(groups, policy(task, config))
        rest.run()
        assert rest.log == whole.log


def test_slots_are_kept_full_while_the_search_goes_on():
    assert finished(concurrency=16).most_in_flight == 16


def test_a_straggler_holds_no_block_up():
    def stuck(action):
        return isinstance(action, Score) and action.example == "35"

    assert finished(concurrency=8, last_to_finish=stuck).state.status == "finished"


def test_failures_are_no_zeros_and_are_not_asked_for_again():
    def failing(action):
        odd = isinstance(action, Score) and int(action.example) % 5 == 0
        return WEATHER if odd else None

    run = finished(faults=failing)
    assert max(run.scored.values()) <= ATTEMPTS
    assert not any(int(each) % 5 == 0 for each in val_scores(run.state, run.state.best))
    gain = quality(run.state, run.state.best) - quality(run.state, run.state.baseline)
    assert gain > 0.2


@pytest.mark.parametrize("concurrency", [1, 16])
@pytest.mark.parametrize("extra", [0, 60, 200])
def test_under_a_cap_the_search_ends_early_and_the_run_still_finishes(concurrency, extra):
    task, config = made_up_task(val=40), made_up_config(trials=60)
    cap = task.estimate(config).least + extra
    run = finished(task, config, concurrency=concurrency, max_calls=cap)
    assert run.state.usage.calls <= cap
    assert len(trials(run, "test")) >= 1


@pytest.mark.parametrize("trials_", [3, 12, 60])
def test_calls_never_exceed_the_estimate(trials_):
    task, config = made_up_task(val=40), made_up_config(trials=trials_)
    run = finished(task, config, concurrency=8)
    assert run.state.usage.calls <= task.estimate(config).total


def test_a_space_of_one_candidate_ends_at_once():
    config = made_up_config(instructions=1, demo_sets=1)
    run = finished(made_up_task(predictors=1), config)
    assert run.state.best == run.state.baseline


def test_equal_candidates_end_the_search_before_the_budget():
    task, config = made_up_task(predictors=1, val=60), made_up_config(trials=300)
    run = finished(task, config, quality=lambda state, candidate: 2.0)
    assert len(run.scored) < task.estimate(config).minibatch


def test_with_64_slots_every_trial_has_its_number_and_its_reason_names_its_candidate():
    run = finished(config=made_up_config(trials=60), concurrency=64)
    tried = list(run.state.candidates)
    assert list(run.state.trials) == list(range(len(run.state.trials)))
    for trial in trials(run, "minibatch"):
        named = re.search(r"C(\d+)", trial.reason)
        assert tried[int(named[1])] == trial.candidate
