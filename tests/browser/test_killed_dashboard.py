"""The dashboard is killed while a run that was started in it is at work."""

import os
import re
import signal

import pytest

from core.runs.decisions import StopRequested
from core.storage.location import open_store
from tests.browser.conftest import dashboard
from tests.browser.steps import heading, more_calls, press, status
from tests.providers.openai_server import free_port
from tests.run_log import replay
from tests.waiting import wait_until


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def server(port):
    """Base address of the dashboard that is killed, and of the one that follows it."""
    return f"http://127.0.0.1:{port}"


def test_a_run_goes_on_when_its_dashboard_is_killed_and_the_open_page_finds_the_next_one(
    new_page, home, port, server
):
    page = new_page()
    with dashboard(home, port):
        page.goto(server)
        press(page, "Start the demo")
        heading(page, "Monitor")
        run = re.search(r"run=(\w+)", page.url).group(1)
        more_calls(page, 0)
        os.killpg(int((home / "dashboard.pid").read_text()), signal.SIGKILL)
    store = open_store()
    seen = replay(store, run).usage.calls
    wait_until(lambda: replay(store, run).usage.calls > seen)
    with dashboard(home, port):
        assert more_calls(page, seen) > seen
        store.append(run, [StopRequested(by="test")])
        status(page, "Stopped")
