import pytest

from core.errors import ConfigError
from core.search.budget import (
    EVIDENCE_TRACES,
    Budget,
    CallEstimate,
    Sizes,
    bootstrapped_sets,
    check_cap,
    estimate,
    preset,
    search_plan,
    summary_batches,
    teacher_runs,
    wanted_traces,
)

SIZES = Sizes(predictors=2, calls_per_run=3, train=80, val=80, test=40)


def exact(**changes):
    numbers = {"name": "exact", "instructions": 4, "demo_sets": 5, "trials": 12}
    return Budget(**{**numbers, **changes})


@pytest.mark.parametrize(
    ("name", "predictors", "numbers"),
    [
        ("light", 1, (3, 6, 10, 100)),
        ("light", 2, (3, 6, 20, 100)),
        ("light", 3, (3, 6, 31, 100)),
        ("light", 4, (3, 6, 41, 100)),
        ("medium", 1, (6, 12, 18, 300)),
        ("medium", 2, (6, 12, 28, 300)),
        ("heavy", 1, (9, 18, 27, 1000)),
        ("heavy", 4, (9, 18, 66, 1000)),
    ],
)
def test_presets_have_dspys_numbers(name, predictors, numbers):
    budget = preset(name, predictors)
    assert (budget.instructions, budget.demo_sets, budget.trials, budget.val_cap) == numbers
    assert (budget.minibatch, budget.full_every) == (35, 5)
    assert budget.name == name


def test_the_estimate_is_the_documented_formula():
    needed = estimate(exact(minibatch=10, full_every=5), SIZES)
    assert needed == CallEstimate(
        bootstrap=3 * 64,  # 4 sets of 4 demos, at most four runs for each
        propose=(5 + 1) + 1 + 2 + 2 * 3,
        baseline=3 * 80,
        minibatch=3 * 12 * 10,
        full=3 * 3 * 80,
        test=2 * 3 * 40,
    )
    assert needed.total == needed.task + needed.prompt
    assert needed.prompt == needed.propose


def test_a_minibatch_is_no_larger_than_the_valset():
    needed = estimate(exact(minibatch=35), Sizes(**{**vars(SIZES), "val": 8}))
    assert needed.minibatch == 3 * 12 * 8


def test_validation_examples_beyond_the_cap_cost_nothing():
    capped = estimate(exact(val_cap=20, minibatch=10), SIZES)
    assert (capped.baseline, capped.full) == (3 * 20, 3 * 3 * 20)


def test_trials_on_the_whole_valset_need_no_further_full_evaluations():
    plan = search_plan(exact(minibatch=35), 20)
    assert (plan.batch, plan.whole, plan.fulls) == (20, True, 0)
    assert estimate(exact(val_cap=20), SIZES).full == 0


@pytest.mark.parametrize(("val", "batch"), [(50, 50), (51, 35)])
def test_named_budgets_use_minibatches_only_on_more_than_fifty_examples(val, batch):
    assert search_plan(preset("light", predictors=1), val).batch == batch


def test_a_small_trainset_bounds_the_teacher_runs():
    assert teacher_runs(exact(), 10) == 10
    assert teacher_runs(exact(), 1000) == 4 * wanted_traces(exact())


def test_one_instruction_each_needs_no_call_to_the_prompt_model():
    assert estimate(exact(instructions=1), SIZES).prompt == 0


def test_without_bootstrapped_demos_a_few_traces_are_kept_for_the_proposer():
    assert bootstrapped_sets(exact(bootstrapped_demos=0)) == 0
    assert wanted_traces(exact(bootstrapped_demos=0)) == EVIDENCE_TRACES
    assert wanted_traces(exact(bootstrapped_demos=0, instructions=1)) == 0
    assert estimate(exact(bootstrapped_demos=0, instructions=1), SIZES).bootstrap == 0


def test_the_empty_demo_set_alone_needs_no_traces_of_its_own():
    assert bootstrapped_sets(exact(demo_sets=1)) == 0


@pytest.mark.parametrize(("train", "batches"), [(1, 1), (10, 1), (11, 2), (50, 5), (5000, 5)])
def test_the_summary_reads_ten_examples_at_a_time_and_fifty_at_most(train, batches):
    assert summary_batches(train) == batches


def test_a_cap_below_the_shortest_run_is_refused_with_what_it_takes():
    needed = estimate(exact(minibatch=10), SIZES)
    check_cap(needed.least, needed)
    with pytest.raises(ConfigError) as caught:
        check_cap(needed.least - 1, needed)
    assert str(caught.value) == (
        "a cap of 926 LM calls is too low: bootstrapping (192), proposals (15), the baseline and "
        "one more full evaluation (480) and the held-out test (240) take up to 927. "
        "Raise the cap, or use fewer examples."
    )


def test_the_shortest_run_is_no_longer_than_the_longest():
    for budget in (exact(), exact(trials=1, full_every=50), preset("heavy", 2)):
        needed = estimate(budget, SIZES)
        assert needed.least <= needed.total


@pytest.mark.parametrize(
    "wrong", [{"trials": 0}, {"instructions": 0}, {"demo_sets": 0}, {"minibatch": 0}]
)
def test_numbers_that_mean_no_run_are_refused(wrong):
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        exact(**wrong)
