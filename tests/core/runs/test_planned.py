"""The budget in force, and what people have asked for beside it."""

import optuna
import pytest

from core.optimizers.family import build
from core.programs.candidate import ChoiceRef, instruction_id
from core.runs import decisions as de
from core.runs.planned import budget_of, plan_of, results_of
from core.runs.state import RunState
from core.runs.wishes import is_granted, is_tried, missing_proposals, results_wanted
from core.search.budget import result_budget
from tests.known_optimum import Fold, made_up_config, made_up_task

VAL = 20


@pytest.fixture
def run():
    """A finished run with 7 trials on minibatches of 5 of 20 examples, full after every 4."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    task, config = made_up_task(), made_up_config(trials=7, full_every=4)
    fold = Fold(policy=build(task, config), task=task)
    fold.run()
    return fold


@pytest.fixture
def config():
    return made_up_config(trials=7, full_every=4)


def test_the_settings_hold_until_somebody_changes_the_budget(run, config):
    assert budget_of(config, run.state) == config.budget
    run.append([de.BudgetChanged(by="Ada", trials=9, concurrency=3)])
    run.append([de.BudgetChanged(by="Ada", max_calls=900)])
    assert budget_of(config, run.state).trials == 9
    plan = plan_of(config, run.state, VAL)
    assert (plan.trials, plan.batch, plan.fulls) == (9, 5, 3)


def test_results_that_people_asked_for_come_on_top(run, config):
    own = result_budget(plan_of(config, RunState(), VAL), VAL)
    assert results_of(config, run.state, VAL) == own
    queued = de.CandidateQueued(by="Ada", candidate=new_candidate(run))
    run.append([queued, de.Reopened(by="Ada"), run._started()])
    run._dispatch()
    assert results_of(config, run.state, VAL) == own + VAL  # due
    run.run()
    assert results_of(config, run.state, VAL) == own + VAL  # done


def new_candidate(run):
    """The program as given with an instruction that nobody has tried."""
    added = de.InstructionAdded(by="A", predictor="part0", id=instruction_id("New."), text="New.")
    run.append([added])
    ref = ChoiceRef(predictor="part0", part="instruction", id=added.id)
    return run.state.candidates[run.state.baseline].changed(ref)


def test_a_queued_candidate_is_wanted_until_it_has_what_was_wanted(run):
    candidate = new_candidate(run)
    some = de.CandidateQueued(by="Ada", candidate=candidate, examples=8)
    run.append([some])
    assert results_wanted(run.state, VAL, pinned=10) == 8
    assert not is_granted(run.state, some, VAL)
    run.append([de.Reopened(by="Ada"), run._started()])
    run._dispatch()
    assert results_wanted(run.state, VAL, pinned=10) == 0  # it is being evaluated
    run.run()
    assert is_granted(run.state, some, VAL)
    assert not is_granted(run.state, de.CandidateQueued(by="Ada", candidate=candidate), VAL)
    assert results_wanted(run.state, VAL, pinned=10) == 0


def test_what_is_rejected_is_wanted_no_more(run):
    candidate = new_candidate(run)
    run.append([de.CandidateQueued(by="Ada", candidate=candidate)])
    run.append([de.ChoiceRejected(by="Bob", choice=candidate.refs[0])])
    assert results_wanted(run.state, VAL, pinned=10) == 0


def test_a_pinned_choice_is_wanted_until_a_candidate_with_it_has_had_a_block(run):
    ref = new_candidate(run).refs[0]
    run.append([de.ChoicePinned(by="Ada", choice=ref)])
    assert results_wanted(run.state, VAL, pinned=10) == 10
    run.append([de.Reopened(by="Ada"), run._started()])
    run.run()
    assert is_tried(run.state, ref, VAL)
    assert results_wanted(run.state, VAL, pinned=10) == 0


def test_proposals_are_missing_until_each_has_come_back(run):
    run.append([de.ProposalsRequested(by="Ada", predictor="part1", count=3)])
    run.append([de.ProposalsRequested(by="Ada", predictor="nobody", count=3)])
    missing = list(missing_proposals(run.state))
    assert [(each.request, each.place) for each in missing] == [(0, 0), (0, 1), (0, 2)]
    run.append([de.Reopened(by="Ada"), run._started()])
    run.run()
    assert list(missing_proposals(run.state)) == []
