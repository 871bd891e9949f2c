import copy
from dataclasses import fields

import pandas as pd
import pytest

from core.results.run_results import RunResults, run_results
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.state import RunState
from core.runs.store import Record
from core.storage.memory import MemoryStore
from tests import run_log

PLAN = run_log.Plan()


@pytest.fixture
def config():
    return run_log.iris_config(MemoryStore(), PLAN)


def same(one: RunResults, other: RunResults) -> bool:
    mine = {each.name: getattr(one, each.name) for each in fields(one) if each.name != "tables"}
    theirs = {each.name: getattr(other, each.name) for each in fields(one) if each.name != "tables"}
    tables = ("trials", "candidates", "instructions", "failures", "full")
    equal: list[bool] = [
        getattr(one.tables, name).equals(getattr(other.tables, name)) for name in tables
    ]
    return mine == theirs and all(equal)


def test_results_do_not_change_when_the_state_is_folded_on(config):
    log = run_log.events(PLAN)
    records = [Record(seq, event) for seq, event in enumerate(log, start=1)]
    state = RunState().fold(records[:150])
    results = run_results(state, config)
    before = copy.deepcopy(results)
    state.fold(records[150:])
    assert same(results, before)
    assert not same(results, run_results(state, config))


def test_baseline_and_best_stand_with_validation_and_test_scores(config):
    results = run_results(run_log.state_of(run_log.events(PLAN)), config)
    assert results.baseline.label == "C0 (baseline)"
    assert results.baseline.test.n == results.best.test.n == 20
    assert results.best.val.n == 40
    assert results.best.val.value > results.baseline.val.value
    assert results.contrast == (results.baseline.candidate, results.best.candidate)


def test_the_texts_of_a_candidate_are_what_its_choices_name(config):
    results = run_results(run_log.state_of(run_log.events(PLAN)), config)
    texts = results.texts(results.baseline.candidate)
    assert texts.instructions == {each.name: each.instruction for each in PLAN.predictors}
    assert texts.demos == {each.name: () for each in PLAN.predictors}
    best = results.texts(results.best.candidate)
    assert set(best.instructions) == set(texts.instructions)
    with pytest.raises(KeyError):
        results.texts("unknown")


def test_the_clock_of_a_running_run_goes_on_and_that_of_a_paused_one_stands(config):
    log = run_log.events(PLAN, "propose")
    running = run_results(run_log.state_of(log), config)
    worked = running.last_event_at - running.started
    assert running.elapsed(running.last_event_at + 5) == worked + 5
    end = log[-1].at
    paused = run_log.state_of([*log, ev.Paused(reason="cap", by_person=False, at=end)])
    assert run_results(paused, config).elapsed(end + 100) == worked


def test_only_a_run_that_paused_at_its_cap_asks_for_a_higher_one(config):
    log = run_log.events(PLAN, "propose")
    capped = config.model_copy(update={"max_calls": 100})
    reached = ev.BudgetReached(calls=100, cap=100)
    at_cap = [*log, reached, ev.Paused(reason="cap", by_person=False)]
    refused = run_log.state_of([*log, ev.Paused(reason="refused", by_person=False)])
    by_person = run_log.state_of([*log, ev.Paused(reason="wish", by_person=True)])
    assert run_results(run_log.state_of(at_cap), capped).waits_at_cap
    assert not run_results(run_log.state_of([*at_cap, ev.Resumed()]), capped).waits_at_cap
    assert not run_results(refused, capped).waits_at_cap
    assert not run_results(by_person, capped).waits_at_cap


def test_a_raised_cap_replaces_the_configured_one(config):
    capped = config.model_copy(update={"max_calls": 100})
    log = [*run_log.events(PLAN, "propose"), de.ResumeRequested(by="test", max_calls=250)]
    assert run_results(run_log.state_of(log), capped).max_calls == 250


def test_a_run_without_events_has_results(config):
    results = run_results(RunState(), config)
    assert (results.baseline, results.best, results.labels) == (None, None, {})
    assert isinstance(results.tables.candidates, pd.DataFrame)
    assert results.grounding.dataset_summary is None
