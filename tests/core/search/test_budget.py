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
    paper_budget,
    preset,
    search_plan,
    shaped,
    summary_batches,
    teacher_runs,
    wanted_traces,
)
from core.search.family import FAMILY

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
        calls_per_run=3,
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


# Other optimizers


def shape_of(optimizer):
    return FAMILY[optimizer].shape


@pytest.mark.parametrize(
    ("optimizer", "numbers"),
    [
        ("mipro", (3, 6, 20)),
        ("zero_shot_mipro", (6, 1, 10)),
        ("bayesian_bootstrap", (1, 6, 10)),
        ("bootstrap_random_search", (1, 6, 5)),
        ("module_opro", (11, 1, 10)),
        ("coordinate_opro", (6, 1, 10)),
        ("mipro_plus_plus", (21, 6, 20)),
    ],
)
def test_presets_have_the_numbers_that_the_optimizer_needs(optimizer, numbers):
    budget = preset("light", 2, shape_of(optimizer))
    assert (budget.instructions, budget.demo_sets, budget.trials) == numbers


@pytest.mark.parametrize("optimizer", FAMILY)
def test_a_shaped_budget_is_shaped_once(optimizer):
    once = shaped(exact(trials=9), shape_of(optimizer))
    assert shaped(once, shape_of(optimizer)) == once
    assert Budget.model_validate(once.model_dump()) == once


@pytest.mark.parametrize(
    ("evaluations", "rows", "trials"),
    [(50, 500, 333), (30, 500, 200), (20, 500, 133), (30, 75, 69), (30, 120, 97)],
)
def test_the_papers_budget_gives_the_papers_number_of_minibatches(evaluations, rows, trials):
    budget = paper_budget(1, rows, full_evaluations=evaluations)
    assert (budget.name, budget.trials) == ("paper", trials)
    assert (budget.minibatch, budget.full_every) == (25, 10)


def test_the_papers_budget_costs_about_the_full_evaluations_it_is_named_by():
    plan = search_plan(paper_budget(1, 500, full_evaluations=30), 500)
    assert plan.trials * plan.batch + plan.fulls * 500 == pytest.approx(30 * 500, rel=0.05)


@pytest.mark.parametrize("predictors", [1, 2, 4])
@pytest.mark.parametrize("rows", [30, 100, 500])
def test_the_papers_budget_has_fewer_choices_than_trials_per_variable(predictors, rows):
    budget = paper_budget(predictors, rows)
    assert budget.instructions == budget.demo_sets <= 30
    assert budget.instructions == 2 or budget.instructions < budget.trials / (2 * predictors)


def test_the_papers_budget_of_whole_programs_is_counted_in_them():
    budget = paper_budget(2, 500, shape_of("bootstrap_random_search"), full_evaluations=30)
    assert (budget.trials, budget.demo_sets, budget.instructions) == (30, 31, 1)


def test_the_papers_budget_keeps_its_minibatches_on_small_valsets():
    assert search_plan(paper_budget(1, 40), 40).batch == 25


def test_proposals_while_searching_are_in_the_estimate_and_a_cap_may_leave_them_out():
    each = estimate(exact(), SIZES, shape_of("module_opro"))
    together = estimate(exact(), SIZES, shape_of("program_opro"))
    bare = estimate(exact(), SIZES, shape_of("module_opro_ungrounded"))
    grounding = (5 + 1) + 1 + 2
    assert (each.propose, each.later_proposals) == (grounding + 12 * 2, 11 * 2)
    assert (together.propose, together.later_proposals) == (grounding + 12, 11)
    assert (bare.propose, bare.bootstrap) == (12 * 2, 0)
    assert each.least == each.bootstrap + grounding + 2 + 2 * each.baseline + each.test


def test_whole_programs_are_evaluated_fully_each():
    needed = estimate(exact(), SIZES, shape_of("bootstrap_random_search"))
    assert (needed.minibatch, needed.full, needed.propose) == (3 * 12 * 80, 0, 0)
