"""An impatient person clicks twice; one run is started."""

import re

from playwright.sync_api import expect

from core.runs.decisions import StopRequested
from tests.browser.steps import heading

STARTED = re.compile(r"/monitor\?run=[0-9a-f]{12}$")

CLICKS = "each => [0, 90, 180, 400].forEach(when => setTimeout(() => each.click(), when))"
"""Milliseconds after each other; the first start is under way meanwhile."""


def test_a_run_that_is_started_with_impatient_clicks_is_one_run(new_page, server, store):
    before = {run.id for run in store.runs()}
    page = new_page()
    page.goto(server)
    button = page.get_by_role("button", name="Start the demo", exact=True)
    expect(button).to_be_visible()
    button.evaluate(CLICKS)
    expect(page).to_have_url(STARTED)
    heading(page, "Monitor")
    started = {run.id for run in store.runs()} - before
    for run in started:
        store.append(run, [StopRequested(by="test")])
    assert len(started) == 1
    assert page.url.endswith(started.pop())
