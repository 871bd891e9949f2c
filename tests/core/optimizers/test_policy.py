import itertools
from collections import defaultdict

import optuna
import pytest

from core.lm.outage import ATTEMPTS
from core.optimizers.actions import (
    Bootstrap,
    DescribePredictor,
    DescribeProgram,
    Propose,
    Score,
    Slots,
    Summarise,
)
from core.optimizers.family import build
from core.optimizers.policy import Policy
from core.optimizers.tpe_search import PoolSearch
from core.programs.candidate import NO_DEMOS
from core.runs import events as ev
from core.runs.choices import search_space
from core.runs.scores import test_scores as scores_on_test
from core.runs.scores import val_mean, val_scores
from core.runs.state import RunState
from core.search.tpe import suggest
from tests.known_optimum import WEATHER, Fold, made_up_config, made_up_task, quality


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def fold(task=None, config=None, choose=suggest, **settings):
    task, config = task or made_up_task(), config or made_up_config()
    policy = Policy(task, config, PoolSearch(task, config, choose))
    return Fold(policy=policy, task=task, **settings)


def finished(task=None, config=None, **settings):
    run = fold(task, config, **settings)
    run.run()
    assert run.state.status == "finished", run.state.message
    return run


def trials(run, purpose):
    return [trial for trial in run.state.trials.values() if trial.purpose == purpose]


def ids(examples):
    return [example.id for example in examples]


# The whole run


def test_a_run_finds_a_far_better_candidate_than_the_baseline():
    run = finished(config=made_up_config(trials=40, full_every=5))
    assert quality(run.state, run.state.baseline) == 0.2
    assert quality(run.state, run.state.best) > 0.6


def test_the_best_is_the_fully_evaluated_candidate_with_the_highest_mean():
    run = finished()
    state = run.state
    means = {candidate: val_mean(state, candidate) for candidate in state.fully_evaluated}
    assert means[state.best] == max(means.values())
    assert state.baseline in means


def test_the_baseline_is_the_programs_own_instructions_and_no_demos():
    run = finished()
    choices = run.state.candidates[run.state.baseline].choices
    for info in run.task.predictors:
        own = run.state.instructions[info.name][choices[info.name].instruction]
        assert own.text == info.instruction
        assert choices[info.name].demo_set == NO_DEMOS


def test_phases_follow_one_another():
    run = finished(concurrency=4)
    phases = [event.phase for event in run.events if isinstance(event, ev.PhaseChanged)]
    assert phases == ["bootstrap", "propose", "search", "test"]


def test_the_baseline_evaluation_overlaps_with_the_preparation():
    run = finished(concurrency=64)
    kinds = [type(action).__name__ for action in run.asked]
    assert kinds.index("Score") < kinds.index("Summarise")


def test_the_log_of_a_run_says_all_there_is_to_know():
    run = finished(concurrency=4)
    assert run.resumed(len(run.log), run.policy).state == run.state


# Nothing is paid for twice


@pytest.mark.parametrize("concurrency", [1, 4, 32])
def test_no_example_is_run_twice_under_one_candidate(concurrency):
    run = finished(config=made_up_config(trials=30, full_every=3), concurrency=concurrency)
    assert max(run.scored.values()) == 1


def test_a_full_evaluation_runs_only_what_the_minibatches_left_over():
    run = finished()
    for full in trials(run, "full"):
        own = [a for a in run.asked if isinstance(a, Score) and a.trial == full.number]
        assert len(own) <= len(run.task.val) - 5
        assert len(full.examples) == full.n == len(run.task.val)
        assert full.mean == val_mean(run.state, full.candidate)


def test_a_candidate_that_is_named_again_is_scored_on_examples_it_has_not_seen():
    run = finished(
        made_up_task(predictors=1),
        made_up_config(instructions=2, demo_sets=2, trials=12, full_every=100),
    )
    seen = defaultdict(list)
    for trial in trials(run, "minibatch"):
        seen[trial.candidate].extend(trial.examples)
    assert any(len(examples) > 5 for examples in seen.values())
    assert all(len(set(examples)) == len(examples) for examples in seen.values())


@pytest.mark.parametrize("concurrency", [1, 16])
@pytest.mark.parametrize(
    "numbers",
    [
        {"trials": 30, "full_every": 1},
        {"trials": 7, "full_every": 3},
        {"minibatch": 500},
        {"instructions": 1},
        {"bootstrapped_demos": 0},
        {"demo_sets": 1, "instructions": 2},
        {"name": "light"},
    ],
)
def test_calls_never_exceed_the_estimate(numbers, concurrency):
    config = made_up_config(**numbers)
    for task in (made_up_task(), made_up_task(predictors=1, repeats=3, train=8, val=5, test=3)):
        run = finished(task, config, concurrency=concurrency)
        needed = task.estimate(config)
        assert run.state.task_usage.calls <= needed.task
        assert run.state.prompt_usage.calls <= needed.prompt


# Minibatches


def test_two_candidates_are_compared_on_the_same_validation_examples():
    run = finished(config=made_up_config(trials=10, full_every=100))
    first = {}
    for trial in trials(run, "minibatch"):
        first.setdefault(trial.candidate, trial.examples)
    assert len(first) > 3
    assert set(first.values()) == {tuple(ids(run.task.val[:5]))}


def test_a_minibatch_larger_than_the_valset_is_clamped():
    run = finished(made_up_task(val=8), made_up_config(minibatch=35))
    assert {len(trial.examples) for trial in trials(run, "full")} == {8}
    assert trials(run, "minibatch") == []


def test_as_many_minibatches_are_run_as_the_budget_says():
    run = finished(config=made_up_config(trials=17))
    assert len(trials(run, "minibatch")) == 17


def test_every_candidate_is_one_observation_for_tpe_whatever_its_number_of_trials():
    asked = []

    def watched(sizes, observations, **rest):
        asked.append(observations)
        return suggest(sizes, observations, **rest)

    finished(choose=watched, config=made_up_config(trials=20, full_every=2))
    for observations in asked:
        levels = [seen.levels for seen in observations]
        assert len(set(levels)) == len(levels)
    assert asked[0][0].levels == (0, 0, 0, 0)


def test_tpe_learns_the_mean_over_minibatch_and_full_results_together():
    told = {}

    def watched(sizes, observations, **rest):
        told.update({seen.levels: seen.mean for seen in observations})
        return suggest(sizes, observations, **rest)

    run = finished(choose=watched, config=made_up_config(trials=11, full_every=5))
    space = search_space(run.state)
    for full in trials(run, "full")[:1]:
        levels = space.levels(run.state.candidates[full.candidate])
        assert told[levels] == pytest.approx(full.mean)


# Trials on the whole valset


def whole(**numbers):
    """A named budget on a small valset."""
    return made_up_config(**{"name": "light", "minibatch": 35, **numbers})


def test_a_named_budget_evaluates_every_trial_on_the_whole_of_a_small_valset():
    run = finished(config=whole(trials=9))
    searched = trials(run, "full")
    assert len(searched) == 9
    assert trials(run, "minibatch") == []
    assert {trial.examples for trial in searched} == {tuple(ids(run.task.val))}
    assert set(run.state.fully_evaluated) == set(run.state.results)


def test_exact_numbers_are_taken_as_given_on_a_small_valset():
    run = finished(config=whole(name="exact", minibatch=5, trials=9))
    assert len(trials(run, "minibatch")) == 9


def test_on_the_whole_valset_no_candidate_is_tried_twice_and_a_small_space_is_exhausted():
    run = finished(made_up_task(predictors=1), whole(instructions=2, demo_sets=2, trials=200))
    assert len(trials(run, "full")) == 3
    assert max(run.scored.values()) == 1


@pytest.mark.parametrize("concurrency", [1, 16])
def test_on_the_whole_valset_a_cap_ends_the_search_early_and_the_run_still_finishes(concurrency):
    task, config = made_up_task(), whole(trials=60)
    for extra in (0, 30, 200):
        cap = task.estimate(config).least + extra
        run = finished(task, config, concurrency=concurrency, max_calls=cap)
        assert run.state.usage.calls <= cap
        assert 0 < len(trials(run, "full")) < 60
        assert len(trials(run, "test")) >= 1


def test_a_run_on_the_whole_valset_that_is_cut_and_resumed_ends_as_if_nothing_had_happened():
    task, config = made_up_task(), whole()
    run = finished(task, config)
    for groups in range(1, len(run.log), 40):
        rest = run.resumed(groups, build(task, config))
        rest.run()
        assert rest.log == run.log


# Full evaluations


@pytest.mark.parametrize(
    ("trials_", "every", "fulls"), [(12, 4, 3), (13, 4, 4), (3, 5, 1), (5, 1, 5)]
)
def test_the_best_by_mean_is_fully_evaluated_every_few_trials(trials_, every, fulls):
    run = finished(config=made_up_config(trials=trials_, full_every=every))
    kinds = [t.purpose for t in run.state.trials.values() if t.purpose in ("minibatch", "full")]
    expected = ["minibatch"] * trials_
    for place in range(every, trials_ + 1, every):
        expected.insert(place + place // every - 1, "full")
    expected += ["full"] * (trials_ % every > 0)
    assert kinds == expected
    assert kinds.count("full") == fulls


def test_each_full_evaluation_is_of_the_best_mean_at_that_moment_not_yet_evaluated():
    run = finished(config=made_up_config(trials=20, full_every=4))
    checked = 0
    for place, events in enumerate(run.log):
        for event in events:
            if isinstance(event, ev.TrialStarted) and event.purpose == "full":
                state = run.resumed(place, run.policy).state
                open_ = {c for c in state.results if c not in state.fully_evaluated}
                means = {c: val_mean(state, c) for c in open_}
                assert means[event.candidate.id] == max(means.values())
                checked += 1
    assert checked == 5


def test_no_trial_is_wasted_on_a_candidate_that_is_fully_evaluated():
    run = finished(
        made_up_task(predictors=1), made_up_config(instructions=2, demo_sets=3, trials=30)
    )
    done = set()
    for event in run.events:
        match event:
            case ev.TrialStarted(purpose="minibatch" | "full"):
                assert event.candidate.id not in done
            case ev.TrialFinished():
                trial = run.state.trials[event.number]
                if trial.purpose in ("baseline", "full"):
                    done.add(trial.candidate)


# Small spaces


def test_a_space_of_one_candidate_ends_without_an_error():
    run = finished(config=made_up_config(instructions=1, demo_sets=1, trials=20))
    assert run.state.best == run.state.baseline
    assert trials(run, "minibatch") == []


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_space_smaller_than_the_number_of_trials_is_exhausted_and_the_run_finishes(concurrency):
    task = made_up_task(predictors=1)
    config = made_up_config(instructions=2, demo_sets=1, trials=200, full_every=2)
    run = finished(task, config, concurrency=concurrency)
    assert len(run.state.results) == 2
    assert set(run.state.fully_evaluated) == set(run.state.results)
    assert all(count == 1 for count in run.scored.values())


def test_proposals_that_repeat_each_other_or_the_own_instruction_are_one_arm():
    alike = finished(wording=lambda proposal: "Be quick.")
    assert search_space(alike.state).sizes == (2, 4, 2, 4)
    own = finished(wording=lambda proposal: proposal.predictor.replace("part", "Do part ") + ".")
    assert search_space(own.state).sizes == (1, 4, 1, 4)


# Demo sets


def test_labelled_demos_alone_make_a_run_without_bootstrapped_ones():
    run = finished(config=made_up_config(bootstrapped_demos=0))
    sources = {
        name: [each.source for each in sets.values()] for name, sets in run.state.demo_sets.items()
    }
    assert sources == {"part0": ["none", "labelled"], "part1": ["none"]}


def test_instructions_alone_make_a_run_without_demos():
    run = finished(config=made_up_config(demo_sets=1))
    assert all(list(sets) == [NO_DEMOS] for sets in run.state.demo_sets.values())
    assert quality(run.state, run.state.best) > 0.2


def test_demos_alone_make_a_run_without_a_call_to_the_prompt_model():
    run = finished(config=made_up_config(instructions=1))
    assert run.state.prompt_usage.calls == 0
    assert quality(run.state, run.state.best) > 0.2


# Failures


def failing(examples, times=10**9):
    """The first `times` runs of each of these examples fail."""
    tried = defaultdict(int)

    def fault(action):
        if isinstance(action, Score) and action.example in examples:
            tried[action.candidate, action.example] += 1
            if tried[action.candidate, action.example] <= times:
                return WEATHER
        return None

    return fault


def test_a_failed_example_is_tried_again_and_its_score_then_counts():
    task = made_up_task()
    run = finished(task, faults=failing(ids(task.val[:2]), times=2))
    assert len(val_scores(run.state, run.state.baseline)) == len(task.val)
    assert run.scored[run.state.baseline, task.val[0].id] == 3


def test_a_failed_example_is_tried_three_times_at_most_and_never_scored_zero():
    task = made_up_task()
    bad = ids(task.val[:2])
    run = finished(task, faults=failing(bad))
    assert max(run.scored.values()) == ATTEMPTS
    assert not set(bad) & set(val_scores(run.state, run.state.best))
    for trial in trials(run, "full"):
        assert (trial.n, trial.failed) == (len(task.val) - 2, 2)
    attempts = [e.attempt for e in run.events if isinstance(e, ev.ExampleScored) and e.failure]
    assert set(attempts) == {0, 1, 2}


def test_a_candidate_of_which_everything_fails_is_no_observation_and_never_the_best():
    def baseline_only(action):
        if isinstance(action, Score) and action.candidate != run.state.baseline:
            return WEATHER
        return None

    told = []

    def watched(sizes, observations, **rest):
        told.append({seen.levels for seen in observations})
        return suggest(sizes, observations, **rest)

    run = fold(choose=watched)
    run.faults = baseline_only
    run.run()
    assert run.state.status == "finished"
    assert run.state.best == run.state.baseline
    assert set().union(*told) == {(0, 0, 0, 0)}


def test_a_run_in_which_everything_fails_ends_as_failed_with_the_last_words():
    run = fold(faults=lambda action: WEATHER if isinstance(action, Score) else None)
    run.run()
    assert run.state.status == "failed"
    assert "every validation example failed" in run.state.message
    assert "no answer within 60 seconds" in run.state.message
    assert run.state.results[run.state.baseline]
    assert trials(run, "test") == []


def test_when_the_prompt_model_never_answers_the_run_goes_on_with_demos_alone():
    prompts = (DescribeProgram, DescribePredictor, Propose, Summarise)
    run = finished(faults=lambda action: WEATHER if isinstance(action, prompts) else None)
    assert all(len(own) == 1 for own in run.state.instructions.values())
    assert quality(run.state, run.state.best) > 0.2
    assert max(run.state.prompt_failures.values()) == ATTEMPTS


def test_when_the_teacher_never_succeeds_the_run_goes_on_with_labels_and_instructions():
    run = finished(faults=lambda action: WEATHER if isinstance(action, Bootstrap) else None)
    assert [len(sets) for sets in run.state.demo_sets.values()] == [2, 1]
    teacher = [a for a in run.asked if isinstance(a, Bootstrap)]
    assert max(a.attempt for a in teacher) == ATTEMPTS - 1


def test_failed_test_examples_are_left_out_of_both_test_scores():
    task = made_up_task()
    run = finished(task, faults=failing(ids(task.test[:1])))
    assert [(t.n, t.failed) for t in trials(run, "test")] == [(9, 1), (9, 1)]


# The held-out test


def test_the_held_out_test_is_run_once_for_baseline_and_best():
    run = finished(concurrency=8)
    assert sorted(t.candidate for t in trials(run, "test")) == sorted(
        [run.state.baseline, run.state.best]
    )
    for candidate in (run.state.baseline, run.state.best):
        assert set(scores_on_test(run.state, candidate)) == set(ids(run.task.test))


def test_a_baseline_that_stays_the_best_is_tested_once():
    run = finished(config=made_up_config(instructions=1, demo_sets=1))
    assert len(trials(run, "test")) == 1


def test_test_results_never_reach_the_search():
    run = finished(concurrency=8)
    tested = set(ids(run.task.test))
    assert not any(tested & set(results) for results in run.state.results.values())
    searched = [a for a in run.asked if isinstance(a, Score) and a.example in tested]
    assert {run.state.trials[a.trial].purpose for a in searched} == {"test"}


# No barrier


def test_a_new_trial_starts_while_an_old_ones_stragglers_are_in_flight():
    task = made_up_task()
    slow = task.val[0].id
    run = finished(
        task,
        made_up_config(trials=12, full_every=100),
        concurrency=4,
        last_to_finish=lambda action: isinstance(action, Score) and action.example == slow,
    )
    overlapping = 0
    open_ = set()
    for event in run.events:
        match event:
            case ev.TrialStarted(purpose="minibatch"):
                overlapping += len(open_) > 0
                open_.add(event.number)
            case ev.TrialFinished():
                open_.discard(event.number)
    assert overlapping >= 6


@pytest.mark.parametrize("concurrency", [2, 8, 64])
def test_slots_are_kept_full_while_the_search_goes_on(concurrency):
    run = fold(config=made_up_config(trials=20, full_every=10), concurrency=concurrency)
    idle = []
    finish = run._finish_one

    def watched():
        search = sum(t.purpose == "minibatch" for t in run.state.trials.values())
        if run.state.phase == "search" and 0 < search < 20:
            idle.append(concurrency - len(run._busy))
        finish()

    run._finish_one = watched
    run.run()
    assert run.state.status == "finished"
    assert max(idle) == 0


def test_candidates_under_evaluation_are_pending_for_tpe():
    pending = []

    def watched(sizes, observations, **rest):
        pending.append(len(rest["pending"]))
        return suggest(sizes, observations, **rest)

    finished(choose=watched, concurrency=32)
    assert max(pending) > 2


# Seeds and resuming


def first_candidates(seed):
    run = finished(config=made_up_config(seed=seed))
    return [trial.candidate for trial in trials(run, "minibatch")][:5]


def test_seed_0_is_a_seed_like_any_other():
    assert first_candidates(0) == first_candidates(0)
    assert first_candidates(0) != first_candidates(9)


def test_with_one_slot_the_same_settings_give_the_same_log():
    assert finished().log == finished().log


def test_a_run_that_is_cut_anywhere_and_resumed_ends_as_if_nothing_had_happened():
    task, config = made_up_task(), made_up_config(full_every=4)
    whole = finished(task, config)
    for groups in itertools.chain(range(1, len(whole.log), 11), [len(whole.log) - 1]):
        rest = whole.resumed(groups, build(task, config))
        rest.run()
        assert rest.log == whole.log


def test_a_run_that_is_cut_again_and_again_pays_only_for_what_was_in_flight():
    task, config = made_up_task(), made_up_config()
    lost = 0
    run = fold(task, config, concurrency=4)
    asked = []
    for _ in range(200):
        before = len(run.log)
        while not run.state.is_ended and len(run.log) < before + 15:
            if not run.state.started:
                run.append([run._started()])
            if run._dispatch():
                run._finish_one()
        asked += run.asked
        if run.state.is_ended:
            break
        lost += len(run._busy)
        run = run.resumed(len(run.log), build(task, config))
    assert run.state.status == "finished"
    paid = len({action.key for action in asked})
    assert len(asked) - paid <= lost
    counted = [e for e in run.events if isinstance(e, ev.ExampleScored)]
    assert len({(e.candidate, e.example) for e in counted}) == len(counted)


def test_a_stopped_run_keeps_the_best_fully_evaluated_candidate():
    run = finished()
    halfway = run.resumed(2 * len(run.log) // 3, run.policy).state
    (event,) = run.policy.closing_actions(halfway)
    assert isinstance(event, ev.RunStopped)
    assert event.best in halfway.fully_evaluated


def test_a_run_stopped_before_the_baseline_is_evaluated_has_no_best():
    (event,) = build(made_up_task(), made_up_config()).closing_actions(RunState())
    assert event.best is None


# The cap


@pytest.mark.parametrize("concurrency", [1, 16])
@pytest.mark.parametrize("every", [1, 3, 100])
@pytest.mark.parametrize("extra", [0, 23, 60, 200])
def test_under_a_cap_the_search_ends_early_and_the_run_still_finishes(concurrency, every, extra):
    task = made_up_task()
    config = made_up_config(trials=60, full_every=every)
    cap = task.estimate(config).least + extra
    run = finished(task, config, concurrency=concurrency, max_calls=cap)
    assert run.state.usage.calls <= cap
    assert len(trials(run, "minibatch")) < 60
    assert len(trials(run, "test")) >= 1


def test_a_cap_that_is_high_enough_changes_nothing():
    task, config = made_up_task(), made_up_config()
    cap = task.estimate(config).total
    assert finished(task, config, max_calls=cap).log == finished(task, config).log


def test_with_room_under_the_cap_the_search_uses_it():
    task, config = made_up_task(), made_up_config(trials=60, full_every=5)
    least = task.estimate(config).least
    runs = [finished(task, config, max_calls=least + extra) for extra in (20, 200, 800)]
    searched = [len(trials(run, "minibatch")) for run in runs]
    assert searched == sorted(searched)
    assert searched[-1] > searched[0] > 0


# Asking


def test_nothing_new_is_started_while_there_is_more_waiting_than_slots():
    run = fold()
    run.append([run._started()])
    policy = run.policy
    while not run.state.trials:
        plan = policy.next_actions(run.state, Slots(free=1, busy=set(), calls_left=None))
        run.append(plan.events)
    plan = policy.next_actions(run.state, Slots(free=1, busy=set(), calls_left=None))
    assert plan.events == []
    assert len(plan.actions) > 1
