"""The Home page as a visitor uses it."""

import pytest

from core.lm.offline import OFFLINE_NOTICE
from tests.dashboard.conftest import button, iris_config, labels, run_in_url, starts_a_worker, texts


def test_a_new_visitor_sees_three_ways_in_and_what_the_offline_model_is(open_page):
    page = open_page("home")
    assert not page.exception
    assert page.title[0].value == "MIPRO Studio"
    assert {"Start the demo", "Choose data", "All runs"} <= set(labels(page))
    assert any(OFFLINE_NOTICE in each.value for each in page.caption)
    assert any("Runs appear here" in each.value for each in page.caption)


def test_recent_runs_are_listed_by_name_with_a_way_in(open_page, store):
    run = store.create(iris_config(store, name="![x](http://127.0.0.1/leak.png)"))
    page = open_page("home")
    assert "![x](http://127.0.0.1/leak.png)" in texts(page)
    page.button(key=f"home.open.{run}").click().run()
    assert not page.exception
    assert run_in_url(page) == run
    assert page.title[0].value == "Monitor"


@pytest.mark.usefixtures("stop_workers")
@starts_a_worker
def test_one_click_starts_the_demo_run_and_opens_its_monitor_page(open_page, store):
    page = button(open_page("home"), "Start the demo").click().run()
    assert not page.exception
    (run,) = store.runs()
    assert run.config.name == "Demo: support tickets"
    assert page.title[0].value == "Monitor"
    assert run_in_url(page) == run.id


def test_a_link_to_the_root_with_a_run_opens_that_run(open_page, store):
    run = store.create(iris_config(store))
    page = open_page("home", run=run)
    assert not page.exception
    assert page.title[0].value == "Monitor"
    assert run_in_url(page) == run


def test_the_open_run_stays_in_the_sidebar_on_other_pages(open_page, store):
    run = store.create(iris_config(store))
    page = open_page("monitor", run=run)
    page.switch_page("views/data.py").run()
    assert not page.exception
    assert "Tiny run" in [each.value for each in page.sidebar.text]
