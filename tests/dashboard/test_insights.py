"""What is worked out when somebody looks, from a stored run."""

import pytest

from core.runs import decisions as de
from dashboard import insights, services
from tests import run_log


@pytest.fixture
def view(store):
    run_id, _, _ = run_log.iris_run(store)
    return services.run_view(run_id)


def test_everything_is_worked_out_once_for_a_state_of_the_run(view):
    again = services.run_view(view.run.id)
    assert insights.timeline(view) is insights.timeline(again)
    assert insights.ablations(view) is insights.ablations(again)
    assert insights.story(view) is insights.story(again)
    assert insights.diagnosis(view) is insights.diagnosis(again)


def test_a_decision_is_on_the_timeline_and_in_the_story(view, store):
    store.append(view.run.id, [de.NoteAdded(by="Ada", text="looks fine")])
    after = services.run_view(view.run.id)
    assert insights.timeline(after).decisions[-1].words == "Ada noted: looks fine."
    told = {each.title: each.text for each in insights.story(after)}
    assert "Ada noted: looks fine." in told["What people decided"]
    assert insights.timeline(view).decisions == ()


def test_an_ended_run_has_ablations_of_its_best_and_its_money(view):
    table = insights.ablations(view)
    assert table.candidate == view.results.best.candidate
    assert insights.ablations(view, view.results.baseline.candidate) is None
    money = insights.money(view)
    assert money.total.projected_calls == money.total.calls == view.results.usage.calls


def test_a_decision_leaves_the_score_chart_as_it_is(store):
    run_id, _, _ = run_log.iris_run(store, "search")
    before = services.score_chart(services.run_view(run_id))
    store.append(run_id, [de.NoteAdded(by="Ada", text="hm")])
    assert services.score_chart(services.run_view(run_id)) == before
