"""The Runs page as a visitor uses it."""

import sqlite3
import time
from contextlib import closing

import pytest
from starlette.requests import Request

from core.errors import ConfigError
from core.lm.usage import Usage
from core.runs.events import BudgetReached, Paused, RunStopped
from core.runs.snapshot import RunSummary, ScoreWithN, Snapshot
from dashboard import services
from dashboard.asgi import health
from tests.dashboard.conftest import (
    button,
    iris_config,
    labels,
    run_in_url,
    starts_a_worker,
    texts,
)
from tests.waiting import wait_until


def ended_run(store, name="Old run"):
    run = store.create(iris_config(store, name=name))
    seq = store.append(run, [RunStopped()])
    summary = RunSummary(
        status="stopped",
        baseline=ScoreWithN(score=0.433, n=60),
        best=ScoreWithN(score=0.617, n=60),
        usage=Usage(calls=1234, cost_usd=0.0),
        seconds=75,
    )
    store.put_snapshot(run, Snapshot(seq=seq, summary=summary))
    return run


def claimed_run(store, monkeypatch, *, seconds_ago=0.0):
    """A run whose worker gave its last sign of life that long ago."""
    run = store.create(iris_config(store))
    now = time.time
    with monkeypatch.context() as then:
        then.setattr(time, "time", lambda: now() - seconds_ago)
        assert store.claim(run, "dead worker", stale_after=10)
    return run


def test_without_runs_it_points_to_the_demo(open_page):
    page = open_page("runs")
    assert not page.exception
    assert labels(page) == ["Go to Home"]


def test_a_run_is_listed_with_scores_calls_and_duration(open_page, store):
    ended_run(store)
    page = open_page("runs")
    assert not page.exception
    row = page.dataframe[0].value.iloc[0].to_dict()
    del row["Started"]
    assert row == {
        "Name": "Old run",
        "Status": "stopped",
        "Program": "classification",
        "Dataset": "Iris flowers",
        "Baseline": "43.3 % (n = 60)",
        "Best": "61.7 % (n = 60)",
        "Calls": 1234,
        "Cost": "free",
        "Duration": "1 min 15 s",
    }


def test_the_chosen_run_opens(open_page, store):
    old, _ = ended_run(store), ended_run(store, "New run")
    page = open_page("runs")
    page.selectbox(key="runs.chosen").set_value(old).run()
    button(page, "Open").click().run()
    assert not page.exception
    assert (page.title[0].value, run_in_url(page)) == ("Monitor", old)


def test_an_ended_run_cannot_be_resumed_and_deleting_it_asks_first(open_page, store):
    ended_run(store)
    page = open_page("runs")
    assert button(page, "Resume").disabled
    button(page, "Delete").click().run()
    assert not page.exception
    assert [each.label for each in page.button].count("Delete") == 2
    assert len(store.runs()) == 1


@pytest.mark.usefixtures("stop_workers")
@starts_a_worker
def test_an_interrupted_run_is_resumed_by_one_click(open_page, store, monkeypatch):
    run = claimed_run(store, monkeypatch, seconds_ago=60)
    page = open_page("runs")
    assert list(page.dataframe[0].value["Status"]) == ["interrupted"]
    button(page, "Resume").click().run()
    assert not page.exception
    assert (page.title[0].value, run_in_url(page)) == ("Monitor", run)
    wait_until(lambda: any(each.event.kind == "run_started" for each in store.since(run, 0)))


def test_a_run_that_paused_at_its_cap_is_resumed_with_a_higher_one(open_page, store):
    run = store.create(iris_config(store, max_calls=300))
    assert store.claim(run, "worker", stale_after=10)
    seq = store.append(run, [BudgetReached(calls=300, cap=300), Paused(reason="", by_person=False)])
    summary = RunSummary(status="paused", usage=Usage(calls=300))
    store.put_snapshot(run, Snapshot(seq=seq, summary=summary))
    page = open_page("runs")
    assert page.number_input[0].value == 600
    page.number_input[0].set_value(450).run()
    button(page, "Resume").click().run()
    assert not page.exception
    assert page.title[0].value == "Monitor"
    (asked,) = [each.event for each in store.since(run, seq)]
    assert (asked.kind, asked.max_calls) == ("resume_requested", 450)


def test_a_run_that_waits_for_another_reason_keeps_its_cap(open_page, store):
    run = store.create(iris_config(store, max_calls=300))
    assert store.claim(run, "worker", stale_after=10)
    seq = store.append(run, [Paused(reason="", by_person=True)])
    summary = RunSummary(status="paused", usage=Usage(calls=200))
    store.put_snapshot(run, Snapshot(seq=seq, summary=summary))
    page = open_page("runs")
    assert len(page.number_input) == 0
    button(page, "Resume").click().run()
    (asked,) = [each.event for each in store.since(run, seq)]
    assert (asked.kind, asked.max_calls) == ("resume_requested", None)


def test_a_run_that_a_worker_is_at_cannot_be_deleted(open_page, store, monkeypatch):
    run = claimed_run(store, monkeypatch)
    page = open_page("runs")
    assert button(page, "Delete").disabled
    with pytest.raises(ConfigError, match="Stop it first"):
        services.delete_run(run)


def test_a_stopped_run_is_deleted_for_good(store):
    run = store.create(iris_config(store))
    store.append(run, [RunStopped()])
    store.put_snapshot(run, Snapshot(seq=1, summary=RunSummary(status="stopped")))
    services.delete_run(run)
    assert store.runs() == []


def damage(tmp_path, run, config='{"name": "From the future"}'):
    with closing(sqlite3.connect(tmp_path / "studio.db")) as connection, connection:
        connection.execute("UPDATE runs SET config = ? WHERE id = ?", (config, run))


def test_a_run_that_cannot_be_read_is_named_and_the_others_stay_in_the_list(
    open_page, store, tmp_path
):
    ended_run(store)
    damage(tmp_path, run := store.create(iris_config(store)))
    page = open_page("runs", run=run)
    assert not page.exception
    assert list(page.dataframe[0].value["Name"]) == ["Old run"]
    assert any("that this version cannot read" in each.value for each in page.markdown)
    assert any(each.startswith(f"From the future · {run} · ") for each in texts(page))
    page.button(key=f"runs.unreadable.{run}").click().run()
    assert not page.exception
    assert "From the future" in texts(page)  # in the dialog that asks
    assert page.button(key="runs.confirm")
    services.delete_run(run)
    assert store.unreadable_runs() == []
    assert len(store.runs()) == 1


@pytest.mark.parametrize("page", ["home", "data", "runs"])
def test_pages_work_when_the_only_run_cannot_be_read(open_page, store, tmp_path, page):
    damage(tmp_path, store.create(iris_config(store)))
    assert not open_page(page).exception


def test_health_counts_the_runs_that_can_be_read_and_those_that_cannot(store, tmp_path):
    ended_run(store)
    damage(tmp_path, store.create(iris_config(store)), config="not JSON")
    reply = health(Request({"type": "http"}))
    assert (reply.status_code, reply.body) == (200, b'{"ok":true,"runs":1,"unreadable_runs":1}')


def test_an_unreadable_run_that_a_worker_of_another_version_is_at_stays(store, tmp_path):
    run = store.create(iris_config(store))
    assert store.claim(run, "newer worker", stale_after=10)
    damage(tmp_path, run)
    with pytest.raises(ConfigError, match="worker of another version"):
        services.delete_run(run)


def test_a_run_with_an_event_that_cannot_be_read_can_be_deleted(
    open_page, store, tmp_path, monkeypatch
):
    run = claimed_run(store, monkeypatch, seconds_ago=60)
    store.append(run, [Paused(reason="", by_person=True)])
    with closing(sqlite3.connect(tmp_path / "studio.db")) as connection, connection:
        connection.execute("""UPDATE events SET body = '{"kind": "from_the_future"}'""")
    page = open_page("runs")
    assert not page.exception
    assert any("event 1 cannot be read" in each for each in texts(page))
    button(page, "Delete").click().run()
    assert page.button(key="runs.confirm")
    services.delete_run(run)
    assert store.runs() == []
