from collections import Counter
from typing import get_args

import optuna
import pytest

from core.optimizers.actions import Bootstrap, Observe, Propose, ProposeSet, Score
from core.optimizers.family import OPTIMIZERS, build
from core.programs.candidate import NO_DEMOS
from core.runs import events as ev
from core.runs.config import OptimizerName
from core.runs.remaining import remaining_calls
from core.search.family import FAMILY
from tests.known_optimum import WEATHER, Fold, made_up_config, made_up_task, quality

EVERY = list(FAMILY)
IN_ROUNDS = [name for name, info in FAMILY.items() if info.shape.in_rounds]
WITHOUT_DEMOS = [name for name, info in FAMILY.items() if not info.shape.demos]
WITHOUT_INSTRUCTIONS = [name for name, info in FAMILY.items() if not info.shape.instructions]


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def fold(optimizer, task=None, numbers=None, seed=0, **settings):
    task = task or made_up_task()
    config = made_up_config(seed=seed, optimizer=optimizer, **(numbers or {}))
    return Fold(policy=build(task, config), task=task, **settings), config


def finished(optimizer, task=None, numbers=None, seed=0, **settings):
    run, _ = fold(optimizer, task, numbers, seed, **settings)
    run.run()
    assert run.state.status == "finished", run.state.message
    return run


def kinds(run, kind):
    return [action for action in run.asked if isinstance(action, kind)]


def test_every_name_has_an_optimizer_and_a_word_for_the_screen():
    assert list(get_args(OptimizerName)) == list(FAMILY) == list(OPTIMIZERS)
    for name, info in FAMILY.items():
        assert info.name == name
        assert info.title
        assert 60 < len(info.when_to_use) < 400
    assert len({info.title for info in FAMILY.values()}) == len(FAMILY)


def test_what_is_searched_is_said_in_words():
    assert FAMILY["mipro"].searches == "instructions and demos"
    assert FAMILY["zero_shot_mipro"].searches == "instructions"
    assert FAMILY["bootstrap_random_search"].searches == "demos"


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_better_candidate_than_the_baseline_is_found(optimizer):
    run = finished(optimizer, numbers={"trials": 24})
    assert quality(run.state, run.state.baseline) == 0.2
    assert quality(run.state, run.state.best) > 0.3
    assert run.state.best in run.state.fully_evaluated


@pytest.mark.parametrize("concurrency", [1, 5, 64])
@pytest.mark.parametrize("optimizer", EVERY)
def test_no_example_is_run_twice_under_one_candidate(optimizer, concurrency):
    run = finished(optimizer, concurrency=concurrency)
    assert max(run.scored.values()) == 1
    proposed = Counter((a.predictor, a.index) for a in kinds(run, Propose))
    assert set(proposed.values()) <= {1}


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_run_that_is_cut_anywhere_and_resumed_ends_as_if_nothing_had_happened(optimizer):
    task, config = made_up_task(), made_up_config(optimizer=optimizer, trials=8, full_every=3)
    whole = finished(optimizer, task, {"trials": 8, "full_every": 3})
    for groups in [*range(1, len(whole.log), 17), len(whole.log) - 1]:
        rest = whole.resumed(groups, build(task, config))
        rest.run()
        assert rest.log == whole.log


@pytest.mark.parametrize("concurrency", [1, 16])
@pytest.mark.parametrize(
    "numbers",
    [
        {"trials": 9, "full_every": 2},
        {"minibatch": 500, "trials": 5},
        {"name": "light", "trials": 6},
        {"instructions": 1, "demo_sets": 1},
    ],
    ids=["minibatches", "whole", "light", "smallest"],
)
@pytest.mark.parametrize("optimizer", EVERY)
def test_calls_never_exceed_the_estimate_nor_what_is_said_to_remain(
    optimizer, numbers, concurrency
):
    for task in (made_up_task(), made_up_task(predictors=1, repeats=3, train=8, val=5, test=3)):
        run, config = fold(optimizer, task, numbers, concurrency=concurrency)
        run.run()
        assert run.state.status == "finished"
        needed = task.estimate(config)
        assert run.state.task_usage.calls <= needed.task
        assert run.state.prompt_usage.calls <= needed.prompt
        for groups in range(1, len(run.log), 9):
            state = run.resumed(groups, run.policy).state
            left = remaining_calls(state, task, config, 0.0, in_flight=0).calls
            assert left >= run.state.usage.calls - state.usage.calls


@pytest.mark.parametrize("concurrency", [1, 16])
@pytest.mark.parametrize("extra", [0, 23, 90, 300])
@pytest.mark.parametrize("optimizer", EVERY)
def test_under_a_cap_the_search_ends_early_and_the_run_still_finishes(
    optimizer, extra, concurrency
):
    task, numbers = made_up_task(), {"trials": 60, "full_every": 5}
    config = made_up_config(optimizer=optimizer, **numbers)
    cap = task.estimate(config).least + extra
    run = finished(optimizer, task, numbers, concurrency=concurrency, max_calls=cap)
    assert run.state.usage.calls <= cap
    assert any(trial.purpose == "test" for trial in run.state.trials.values())


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_cap_that_is_high_enough_changes_nothing(optimizer):
    task = made_up_task()
    cap = task.estimate(made_up_config(optimizer=optimizer)).total
    capped = finished(optimizer, task, max_calls=cap)
    assert capped.log == finished(optimizer, task).log


@pytest.mark.parametrize("optimizer", WITHOUT_DEMOS)
def test_instructions_alone_are_tried_without_demos(optimizer):
    run = finished(optimizer)
    for candidate in run.state.candidates.values():
        assert {choice.demo_set for choice in candidate.choices.values()} == {NO_DEMOS}


@pytest.mark.parametrize("optimizer", WITHOUT_INSTRUCTIONS)
def test_demos_alone_need_no_call_to_the_prompt_model(optimizer):
    run = finished(optimizer)
    assert run.state.prompt_usage.calls == 0


# Rounds


@pytest.mark.parametrize("optimizer", IN_ROUNDS)
def test_every_trial_of_a_round_is_preceded_by_its_own_proposals(optimizer):
    run = finished(optimizer, numbers={"trials": 7})
    assert list(run.state.rounds) == list(range(7))
    for number, one in run.state.rounds.items():
        assert set(one.instructions) == set(one.predictors)
        candidate = run.state.candidates[run.state.trials[one.trial].candidate]
        for name, key in one.instructions.items():
            text = f"Instruction {number + 1} for {name}."
            assert run.state.instructions[name][key].text == text
            assert candidate.choices[name].instruction == key


@pytest.mark.parametrize("optimizer", IN_ROUNDS)
def test_with_one_slot_no_round_starts_before_the_last_one_is_scored(optimizer):
    run = finished(optimizer)
    done = 0
    for event in run.events:
        if isinstance(event, ev.TrialFinished) and run.state.trials[event.number].round is not None:
            done += 1
        if isinstance(event, ev.RoundStarted):
            assert event.number == done


@pytest.mark.parametrize(("concurrency", "most"), [(5, 2), (10, 3), (30, 7)])
@pytest.mark.parametrize("optimizer", IN_ROUNDS)
def test_no_more_rounds_are_under_way_than_fill_the_slots(optimizer, concurrency, most):
    """Of five examples each; one more while the last ones of a trial come in."""
    run = finished(optimizer, numbers={"trials": 30}, concurrency=concurrency)
    under_way, seen = set(), []
    for event in run.events:
        if isinstance(event, ev.RoundStarted):
            under_way.add(event.number)
            seen.append(len(under_way))
        if isinstance(event, ev.TrialFinished):
            under_way.discard(run.state.trials[event.number].round)
    assert 2 <= max(seen) <= most


@pytest.mark.parametrize("optimizer", IN_ROUNDS)
def test_a_proposal_that_fails_three_times_leaves_the_rest_of_its_round(optimizer):
    def fault(action):
        first = isinstance(action, Propose) and action.predictor == "part0" and action.round == 2
        whole = isinstance(action, ProposeSet) and action.round == 2
        return WEATHER if first or whole else None

    run = finished(optimizer, faults=fault)
    failed = run.state.rounds[2]
    assert "part0" not in failed.instructions
    alone = optimizer in ("program_opro", "coordinate_opro")
    assert (failed.trial is None) == alone
    assert len(run.state.rounds) == 12


@pytest.mark.parametrize("optimizer", IN_ROUNDS)
def test_proposals_that_repeat_each_other_are_scored_once(optimizer):
    run = finished(optimizer, wording=lambda proposal: "Be quick.")
    assert max(run.scored.values()) == 1


@pytest.mark.parametrize("optimizer", IN_ROUNDS)
def test_when_the_prompt_model_never_answers_the_baseline_is_the_best(optimizer):
    prompts = (Propose, ProposeSet)
    run = finished(optimizer, faults=lambda a: WEATHER if isinstance(a, prompts) else None)
    assert run.state.best == run.state.baseline


# One by one


def test_random_search_names_other_candidates_than_tpe_from_the_same_pool():
    tpe, drawn = finished("mipro_tpe"), finished("random_search")
    assert tpe.state.instructions == drawn.state.instructions
    names = [[t.candidate for t in run.state.trials.values()] for run in (tpe, drawn)]
    assert names[0] != names[1]


def test_bootstrap_random_search_evaluates_whole_programs_fully_and_none_twice():
    run = finished("bootstrap_random_search", numbers={"trials": 6})
    fulls = [t for t in run.state.trials.values() if t.purpose == "full"]
    assert len({t.candidate for t in fulls}) == len(fulls) == 6
    assert {len(t.examples) for t in fulls} == {20}
    for trial in fulls:
        shown = [
            {demo["question"] for demo in run.state.demo_sets[name][choice.demo_set].demos}
            for name, choice in run.state.candidates[trial.candidate].choices.items()
        ]
        assert shown[1] <= shown[0]  # part1 has no labelled demos to fill up with


def test_opro_without_grounding_asks_for_nothing_but_proposals():
    run = finished("module_opro_ungrounded")
    assert kinds(run, Observe) == kinds(run, Bootstrap) == []
    assert {a.settings.dataset_summary for a in kinds(run, Propose)} == {False}
    assert {a.settings.history for a in kinds(run, Propose)} == {True}


def test_program_level_opro_makes_one_call_per_round():
    run = finished("program_opro", numbers={"trials": 6})
    assert len(kinds(run, ProposeSet)) == 6
    assert kinds(run, Propose) == []


def test_coordinate_ascent_changes_one_predictor_at_a_time_in_the_best_so_far():
    run = finished("coordinate_opro", numbers={"trials": 12, "instructions": 4})
    assert [one.predictors[0] for one in run.state.rounds.values()] == [
        *["part0"] * 3,
        *["part1"] * 3,
        *["part0"] * 3,
        *["part1"] * 3,
    ]
    second = [run.state.rounds[number] for number in (3, 4, 5)]
    kept = {
        run.state.candidates[run.state.trials[one.trial].candidate].choices["part0"].instruction
        for one in second
    }
    best = {i.id for i in run.state.instructions["part0"].values() if i.number == 2}
    assert kept == best


def tip_matters(state, candidate):
    """Expected score: 0.8 for instructions written to be simple, 0.2 for others."""
    for one in state.rounds.values():
        if one.trial is not None and state.trials[one.trial].candidate == candidate:
            return 0.8 if one.settings.tip == "simple" else 0.2
    return 0.2


def test_plus_plus_learns_which_setting_of_the_proposer_helps():
    early, late = 0, 0
    for seed in range(3):
        run = finished(
            "zero_shot_mipro_plus_plus", numbers={"trials": 40}, seed=seed, quality=tip_matters
        )
        simple = [one.settings.tip == "simple" for one in run.state.rounds.values()]
        early, late = early + sum(simple[:10]), late + sum(simple[-15:])
    assert early <= 12
    assert late >= 18  # by chance 7 or 8


def test_plus_plus_shares_its_settings_between_predictors():
    run = finished("zero_shot_mipro_plus_plus")
    for one in run.state.rounds.values():
        own = {a.settings for a in kinds(run, Propose) if a.round == one.number}
        assert own == {one.settings}


def test_mipro_plus_plus_chooses_demo_sets_as_well():
    run = finished("mipro_plus_plus", numbers={"trials": 20})
    used = {
        (name, choice.demo_set)
        for candidate in run.state.candidates.values()
        for name, choice in candidate.choices.items()
    }
    assert len({demo_set for name, demo_set in used if name == "part0"}) > 2
    for one in run.state.rounds.values():
        candidate = run.state.candidates[run.state.trials[one.trial].candidate]
        assert one.demo_sets == {n: c.demo_set for n, c in candidate.choices.items()}


def test_scores_are_asked_for_only_after_the_proposals_of_their_round():
    run = finished("module_opro", concurrency=64)
    rounds = run.state.rounds
    first_score = {}
    for place, action in enumerate(run.asked):
        if isinstance(action, Score):
            first_score.setdefault(run.state.trials[action.trial].round, place)
    for place, action in enumerate(run.asked):
        if isinstance(action, Propose) and rounds[action.round].trial is not None:
            assert place < first_score.get(action.round, len(run.asked))
