"""What people can still do with a run that has ended, and what the screen says meanwhile."""

import pytest

from core.runs import decisions as de
from core.runs import events as ev
from core.runs.authoring import requested_evaluation
from core.worker import launcher
from core.worker.watcher import summary
from dashboard import held_out, services, steer
from tests import run_log
from tests.dashboard.conftest import button, labels

MEASURE = "Measure it on the held-out examples"


@pytest.fixture
def started(monkeypatch):
    """Runs for which a worker was started."""
    found = []
    monkeypatch.setattr(launcher, "start", lambda run, *_, **__: found.append(run))
    return found


def other_best(store, status="finished"):
    """A run whose best was found after its held-out test; stopped, one that was never tested."""
    run, *_ = run_log.iris_run(store, "test" if status == "finished" else "search")
    state = run_log.replay(store, run)
    best = [each for each in state.fully_evaluated if each not in state.test_results][-1]
    ended = ev.RunFinished(best=best) if status == "finished" else ev.RunStopped(best=best)
    store.append(run, [ended])
    store.put_snapshot(run, run_log.snapshot(run_log.replay(store, run)))
    return run, best, state.baseline


def badges(page):
    return [each.value for each in page.markdown if "-badge[" in each.value]


@pytest.mark.parametrize(("status", "results"), [("finished", 30), ("stopped", 60)])
def test_a_best_without_a_held_out_score_is_measured_when_somebody_presses(
    open_page, store, started, status, results
):
    run, best, baseline = other_best(store, status)
    page = open_page("monitor", run=run)
    assert not page.exception
    assert button(page, MEASURE)
    assert started == []
    cost = f"**At most {results} LM calls** for {results} missing runs, no cost."
    assert cost in [each.value for each in page.caption]
    both = any("Nor has the baseline" in each.value for each in page.markdown)
    assert both == (status == "stopped")
    button(page, MEASURE).click().run()
    assert not page.exception
    assert started == [run]
    (asked,) = run_log.replay(store, run).steering.evaluations
    wanted = [best] if status == "finished" else [baseline, best]
    assert ([each.id for each in asked.said.candidates], asked.said.part) == (wanted, "test")
    assert MEASURE not in labels(page)
    held_out.measure(run)  # the second half of a double click
    assert len(run_log.replay(store, run).steering.evaluations) == 1


def test_compare_offers_it_too_and_a_tested_best_needs_none(open_page, store, started):
    run, best, _ = other_best(store)
    page = open_page("compare", run=run)
    assert not page.exception
    button(page, MEASURE).click().run()
    assert not page.exception
    assert started == [run]
    (asked,) = run_log.replay(store, run).steering.evaluations
    assert [each.id for each in asked.said.candidates] == [best]
    tested, *_ = run_log.iris_run(store)
    assert MEASURE not in labels(open_page("monitor", run=tested))


def test_a_run_that_evaluates_after_its_end_says_so_wherever_it_is_shown(open_page, store, started):
    run, *_ = run_log.iris_run(store)
    page = open_page("monitor", run=run)
    assert any("Finished" in each for each in badges(page))
    steer.evaluate(run, [run_log.replay(store, run).baseline], "test", repeats=2)
    (row,) = services.run_rows()
    assert (row.status, row.status_word) == ("queued", "evaluating")
    page = open_page("monitor", run=run)
    assert not page.exception
    shown = badges(page)
    assert len(shown) == 2
    assert all("Evaluating" in each for each in shown)
    assert any(each.value.endswith("**Evaluating**") for each in page.markdown)
    assert "Waiting to be taken up" in [each.value for each in page.caption]
    store.append(run, [ev.EvaluationStarted(request=0, examples=("1", "2"), missing=30)])
    store.append(run, [run_started(store, run)])
    store.claim(run, "a test", stale_after=10)
    state = run_log.replay(store, run)
    assert summary(state, 0.0).evaluates
    store.put_snapshot(
        run, run_log.snapshot(state).model_copy(update={"summary": summary(state, 0)})
    )
    page = open_page("monitor", run=run)
    assert "0 of 30 runs asked for" in [each.value for each in page.caption]
    assert all("Evaluating" in each for each in badges(page))
    assert services.listed_run(run).status_word == "evaluating"
    assert not any("No worker is at this run" in each.value for each in page.warning)


def run_started(store, run):
    return next(each.event for each in store.since(run, 0) if each.event.kind == "run_started")


def test_the_badge_follows_whatever_happened_to_an_ended_run_since(store, started):
    run, *_ = run_log.iris_run(store)
    status = lambda: services.listed_run(run).status_word  # noqa: E731
    assert status() == "finished"
    steer.note(run, "Well done.")
    assert status() == "finished"
    state = run_log.replay(store, run)
    asked = requested_evaluation(state, [state.best], by="Ada", part="test")
    store.append(run, [asked])
    assert status() == "evaluating"
    number = run_log.replay(store, run).steering.evaluations[0].number
    store.append(run, [de.EvaluationCancelled(by="Ada", request=number)])
    assert status() == "finished"
    store.append(run, [asked, ev.RunFailed(message="No room.")])
    assert status() == "finished"
    steer.reopen(run)
    assert status() == "queued"
    store.append(run, [ev.RunFailed(message="No room.")])
    assert status() == "failed"
