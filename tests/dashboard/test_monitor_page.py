"""The Monitor page as a viewer of a run uses it."""

import json

import pytest

from core.lm.limiter import Flow
from core.lm.offline import OFFLINE_NOTICE
from core.runs import decisions as de
from core.runs import events as ev
from core.runs import liveness
from core.runs.snapshot import Belief, LevelEffect, RunSummary, Snapshot
from core.worker import launcher
from core.worker.log import last_words
from dashboard import services
from tests import run_log
from tests.dashboard.conftest import button, iris_config, labels, starts_a_worker, texts
from tests.waiting import wait_until


def metrics(page) -> dict[str, str]:
    return {each.label: each.value for each in page.metric}


def components(page) -> list:
    return page.get("bidi_component")


def figure(page, place: int) -> dict:
    data = json.loads(components(page)[place].proto.json)
    return json.loads(data["figure"])


def alive(store, run_id: str) -> None:
    store.claim(run_id, "a test", stale_after=10)


def events_of(store, run_id: str, kind: str) -> list[ev.Event]:
    return [each.event for each in store.since(run_id, 0) if each.event.kind == kind]


def test_without_a_run_the_page_offers_ways_to_one(open_page):
    page = open_page("monitor")
    assert not page.exception
    assert any("No run is open" in each.value for each in page.markdown)
    assert not page.metric


def test_a_run_that_does_not_exist_is_named_and_is_no_error(open_page):
    page = open_page("monitor", run="gone")
    assert not page.exception
    assert any("does not exist" in each.value for each in page.markdown)
    assert "Run gone" in texts(page)


def test_a_run_without_events_waits_for_its_worker(open_page, store):
    page = open_page("monitor", run=store.create(iris_config(store)))
    assert not page.exception
    assert "Waiting for the worker to start." in [each.value for each in page.info]
    assert metrics(page)["Baseline"] == "–"
    assert [trace["name"] for trace in figure(page, 0)["data"]] == [
        "Minibatch",
        "Baseline",
        "Best fully evaluated so far",
        "Full evaluation",
        "Best",
    ]


@pytest.mark.parametrize("phase", ["bootstrap", "propose", "search", "test"])
def test_a_running_run_shows_its_phases_figures_and_what_is_in_flight(open_page, store, phase):
    run_id, _, _ = run_log.iris_run(store, phase)
    alive(store, run_id)
    page = open_page("monitor", run=run_id)
    assert not page.exception
    assert {"Baseline", "LM calls", "Time at work"} <= set(metrics(page))
    assert any(text.startswith("In flight: 3 – trial") for text in texts(page))
    assert any(each.value.startswith("30 of ") for each in page.caption)
    assert any("teacher runs" in each.value for each in page.caption)
    assert any(OFFLINE_NOTICE in each.value for each in page.caption)


def test_a_provider_that_slows_the_run_down_is_told(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "search")
    alive(store, run_id)
    flow = Flow(
        model="gpt <b>",
        in_flight=2,
        waiting=6,
        allowed=2,
        calls=100,
        refused=3,
        recent_calls=100,
        recent_refused=3,
    )
    store.put_snapshot(run_id, store.snapshot(run_id).model_copy(update={"traffic": (flow,)}))
    told = "gpt <b>: 2 of 8 in flight allowed by the provider; 3.0 % of calls refused"
    assert any(text.startswith(told) for text in texts(open_page("monitor", run=run_id)))


@starts_a_worker
def test_a_worker_that_dies_at_its_start_is_shown_with_its_last_words(
    open_page, store, monkeypatch
):
    run_id = store.create(iris_config(store))
    with monkeypatch.context() as broken:
        broken.setenv("PYTHONSAFEPATH", "1")  # the worker will not find its own modules
        launcher.start(run_id)
    wait_until(lambda: last_words(run_id, since=None) is not None)
    monkeypatch.setattr(liveness, "START_GRACE", 0.0)
    page = open_page("monitor", run=run_id)
    assert not page.exception
    (warning,) = [each.value for each in page.warning]
    assert "the one that was started never reported" in warning
    assert any("No module named 'core'" in each.value for each in page.code)
    assert any("press Resume" in each.value for each in page.caption)
    assert not button(page, "Resume").disabled


def test_a_worker_that_was_cut_off_without_a_word_is_said_to_be_gone(open_page, store, monkeypatch):
    run_id, _, _ = run_log.iris_run(store, "search")
    alive(store, run_id)
    monkeypatch.setattr(liveness, "STALE_AFTER", 0.0)
    page = open_page("monitor", run=run_id)
    assert not page.exception
    (warning,) = [each.value for each in page.warning]
    assert "it was ended or cut off" in warning
    assert not page.code


def test_a_finished_run_ends_with_a_sentence_and_ways_on(open_page, store):
    run_id, _, _ = run_log.iris_run(store)
    page = open_page("monitor", run=run_id)
    assert not page.exception
    (headline, *_) = [each.value for each in page.subheader]
    assert headline.startswith("Test accuracy rose from 30.0 % to ")
    assert headline.endswith("(n = 30).")
    assert metrics(page)["Best candidate: C6"] == "100.0 %"
    assert all(button(page, name).disabled for name in ("Pause", "Resume"))


def test_data_of_people_is_drawn_as_text_only(open_page, store):
    run_id, config, _ = run_log.iris_run(store, failing=0.3)
    page = open_page("monitor", run=run_id)
    assert config.name in texts(page)
    drawn = [*page.markdown, *page.caption, *page.subheader, *page.info, *page.warning]
    assert not any("![image]" in each.value or "<b>no</b>" in each.value for each in drawn)


def test_the_table_of_candidates_has_observed_and_predicted_scores(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "search")
    table = open_page("monitor", run=run_id).dataframe[0].value
    assert list(table.columns[:7]) == [
        "Candidate",
        "Standing",
        "Observed",
        "95 %",
        "n",
        "Predicted",
        "90 %",
    ]
    assert table.iloc[0]["Candidate"] == "C0 (baseline)"
    assert table.iloc[0]["n"] == 40
    assert table["Predicted"].notna().all()
    assert (table["Standing"] == "best").sum() == 1


def test_charts_keep_zoom_and_list_of_traces_while_data_come_in(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "search")
    page = open_page("monitor", run=run_id)
    for place in (0, 1):
        layout = figure(page, place)["layout"]
        assert layout["uirevision"] == run_id
        assert "transition" not in layout


def test_failures_are_shown_as_text(open_page, store):
    run_id, _, _ = run_log.iris_run(store, failing=0.3)
    page = open_page("monitor", run=run_id)
    page.segmented_control(key="monitor.section").set_value("Failures").run()
    assert not page.exception
    kinds, said, failed = (each.value for each in page.dataframe)
    assert (kinds["Kind"][0], kinds["Share"][0][-1]) == ("Unreadable answer", "%")
    assert said["Message"][0] == failed["Message"][0] == "<b>no</b> field `answer`"
    assert any("attempts failed" in each.value for each in page.caption)


def test_a_run_without_errors_says_so(open_page, store):
    run_id, _, _ = run_log.iris_run(store)
    page = open_page("monitor", run=run_id)
    page.segmented_control(key="monitor.section").set_value("Failures").run()
    assert not page.exception
    assert any("calls has failed" in each.value for each in page.caption)


def test_pause_is_asked_for_once_and_can_be_taken_back(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "propose")
    alive(store, run_id)
    page = open_page("monitor", run=run_id)
    button(page, "Pause").click().run()
    (asked,) = events_of(store, run_id, "pause_requested")
    assert asked.by == "somebody"
    assert button(page, "Pause").disabled
    assert any("pauses as soon as" in each.value for each in page.info)
    button(page, "Resume").click().run()
    assert len(events_of(store, run_id, "resume_requested")) == 1


def test_stop_is_asked_for_after_a_confirmation(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "search")
    alive(store, run_id)
    page = open_page("monitor", run=run_id)
    assert "Stop" not in labels(page)
    button(page, "Stop and keep the best").click().run()
    assert len(events_of(store, run_id, "stop_requested")) == 1
    assert any("stops as soon as" in each.value for each in page.info)


def test_a_run_that_waits_at_its_cap_can_be_given_a_higher_one(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "propose")
    reason = "The cap of 90 LM calls leaves no room. ![x](http://127.0.0.1/leak.png)"
    store.append(run_id, [de.ResumeRequested(by="test", max_calls=90)])
    store.append(run_id, [ev.BudgetReached(calls=90, cap=90)])
    store.append(run_id, [ev.Paused(reason=reason, by_person=False)])
    alive(store, run_id)
    page = open_page("monitor", run=run_id)
    assert reason in texts(page)
    assert page.number_input[0].value == 135
    page.number_input[0].set_value(200)
    button(page, "Raise the cap and go on").click().run()
    assert not page.exception
    assert [each.max_calls for each in events_of(store, run_id, "resume_requested")] == [90, 200]


def test_a_failed_run_says_why_in_the_providers_words_and_what_to_do(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "bootstrap")
    store.append(run_id, [ev.RunFailed(message="401: invalid *key* ![x](http://127.0.0.1/x)")])
    page = open_page("monitor", run=run_id)
    assert not page.exception
    assert "401: invalid *key* ![x](http://127.0.0.1/x)" in texts(page)
    assert any("start a new run" in each.value for each in page.caption)


def test_a_stopped_run_says_that_the_test_was_not_run(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "search")
    store.append(run_id, [ev.RunStopped(best=run_log.replay(store, run_id).fully_evaluated[-1])])
    page = open_page("monitor", run=run_id)
    assert not page.exception
    assert page.subheader[0].value.startswith("Validation accuracy rose from 37.5 % to ")
    assert page.subheader[0].value.endswith("the held-out test was not run.")


@starts_a_worker
def test_an_interrupted_run_is_resumed_by_a_worker_of_its_own(open_page, store, monkeypatch):
    monkeypatch.setattr(liveness, "START_GRACE", -1.0)
    run_id = store.create(iris_config(store))
    page = open_page("monitor", run=run_id)
    assert any("No worker is at this run" in each.value for each in page.warning)
    button(page, "Resume").click().run()
    wait_until(lambda: events_of(store, run_id, "run_finished"))
    assert services.run_view(run_id).status == "finished"


def test_a_reload_and_a_second_viewer_see_the_same_run(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "search")
    first, second = open_page("monitor", run=run_id), open_page("monitor", run=run_id)
    assert metrics(first) == metrics(second)
    assert run_id in first.query_params["run"]
    assert metrics(first.run()) == metrics(second)


def test_what_the_surrogate_believes_is_said_in_words_and_as_effects(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "search")
    state = run_log.state_of([each.event for each in store.since(run_id, 0)])
    predictor = state.predictors[0].name
    known = next(iter(state.instructions[predictor]))
    belief = Belief(
        recommended=state.baseline,
        near_best=0.97,
        probability_best={state.baseline: 0.9},
        effects=(
            LevelEffect(predictor=predictor, part="instruction", id=known, mean=0.041, sd=0.01),
        ),
        alike=0.88,
        reason="Tries C7: *promising* ![x](http://127.0.0.1/leak.png)",
    )
    snapshot = Snapshot(seq=state.seq, summary=RunSummary(status="running"), belief=belief)
    store.put_snapshot(run_id, snapshot)
    page = open_page("monitor", run=run_id)
    assert any("probability of 97%" in each for each in texts(page))
    assert any(belief.reason in each for each in texts(page))
    page.segmented_control(key="monitor.section").set_value("Surrogate").run()
    assert not page.exception
    drawn = [json.loads(json.loads(each.proto.json)["figure"]) for each in components(page)]
    (effects,) = [each for each in drawn if each["data"][0]["name"] == "Instruction"]
    assert effects["data"][0]["text"] == ["instruction 0: +4.1 points<br>90 %: +2.5 to +5.7"]
    assert effects["layout"]["yaxis"]["ticktext"] == ["instruction 0"]
    assert any("this accounts for 88%" in each.value for each in page.caption)
