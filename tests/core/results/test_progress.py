import pytest

from core.results.progress import progress
from core.runs import events as ev
from core.runs.state import RunState
from core.search.budget import teacher_runs
from tests import run_log

PLAN = run_log.Plan()


def phases(upto: str = "end", extra: tuple[ev.Event, ...] = ()):
    state = run_log.state_of([*run_log.events(PLAN, upto), *extra])
    return {each.phase: each for each in progress(state, PLAN.budget)}


def test_nothing_has_begun_before_the_first_event():
    waiting = progress(RunState(), PLAN.budget)
    assert [(each.status, each.done, each.fraction) for each in waiting] == [
        ("waiting", 0, 0.0)
    ] * 4


def test_phases_come_in_the_order_of_the_flow():
    assert list(phases()) == ["bootstrap", "propose", "search", "test"]


def test_every_phase_of_a_finished_run_is_done_with_exact_totals():
    for each in phases().values():
        assert (each.status, each.fraction) == ("done", 1.0)
        assert each.done == each.total > 0


@pytest.mark.parametrize("upto", ["bootstrap", "propose", "search", "test"])
def test_the_phase_that_runs_follows_those_that_are_done(upto):
    order = list(phases())
    expected = ["done"] * order.index(upto) + ["running"]
    statuses = [each.status for each in phases(upto).values()]
    assert statuses == expected + ["waiting"] * (4 - len(expected))


def test_bootstrap_counts_teacher_runs_against_the_budget():
    bootstrap = phases("bootstrap")["bootstrap"]
    assert (bootstrap.done, bootstrap.total) == (30, teacher_runs(PLAN.budget, 40))


def test_propose_counts_no_more_looks_at_the_data_once_the_model_has_seen_enough():
    propose = phases("propose")["propose"]
    # two looks, summary, program, two predictors, two times three instructions
    assert (propose.done, propose.total) == (12, 12)


def test_the_search_counts_baseline_minibatches_and_full_evaluations():
    search = phases("search")["search"]
    assert (search.done, search.total) == (13, 13)
    assert phases("bootstrap")["search"].done == 1


def test_a_run_that_was_stopped_in_the_search_is_cut_short():
    stopped = phases("search", (ev.RunStopped(),))
    assert [each.status for each in stopped.values()] == ["done", "done", "cut short", "cut short"]
