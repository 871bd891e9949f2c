"""The real server and a real Chromium."""

import contextlib
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect, sync_playwright

from core.runs.demo import demo_config
from core.storage.location import open_store
from tests import studio_home
from tests.providers.openai_server import free_port
from tests.studio_home import move_in
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000
"""Milliseconds; the first paint of a fresh browser takes seconds on a busy machine."""
MISSING = (
    "No Chromium was found. Install one: Debian `apt install chromium-headless-shell` or "
    "`apt install chromium`, elsewhere `.venv/bin/playwright install chromium`; or name it in the "
    "variable CHROMIUM."
)


def installed_chromium():
    """Path of an installed browser, or None for Playwright's own.

    The shell, which has no window, takes a sixth less of the processor than the whole browser.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def studio(tmp_path_factory):
    """The folder in which the dashboard keeps everything."""
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="session")
def server(studio):
    """Base address of the dashboard, which begins with an empty database."""
    with dashboard(studio) as url:
        yield url


@pytest.fixture(scope="module")
def store(studio):
    """The store of the dashboard, and of all workers that are started meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        move_in(studio, patch)
        yield open_store()


@pytest.fixture(scope="module")
def long_run(store, nursery):
    """Id of a run that is in its search for minutes."""
    demo = demo_config(store, delay=0.4)
    budget = demo.budget.model_copy(update={"trials": 2_000, "instructions": 8, "demo_sets": 8})
    run_id = store.create(demo.model_copy(update={"name": "A long run", "budget": budget}))
    worker = nursery.worker(run_id)
    yield run_id
    nursery.kill(worker)


@contextlib.contextmanager
def dashboard(home, port=None, **variables):
    """Base address of a dashboard that keeps everything in the folder, while the block runs.

    All its processes are in a group of their own, whose number is in `dashboard.pid` in the folder.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, **studio_home.variables(home), **variables}
    command = [sys.executable, "-m", "dashboard", "--port", str(port), "--no-browser"]
    log = home / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        (home / "dashboard.pid").write_text(str(process.pid))
        try:
            wait_until(lambda: process.poll() is not None or answers(url), log.read_text, pause=0.1)
            assert process.poll() is None, log.read_text()
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def answers(url):
    """Whether a dashboard at this address is well."""
    try:
        urllib.request.urlopen(f"{url}/api/health", timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=installed_chromium(), args=FLAGS)
        except PlaywrightError:
            if os.environ.get("CI"):
                raise
            pytest.skip(MISSING)
        expect.set_options(timeout=PATIENCE)
        yield started
        started.close()


@pytest.fixture
def new_page(browser, server):
    """Makes pages; afterwards no page may have asked another host or thrown a script error."""
    contexts, outside, errors = [], [], []

    def make(width=1440, height=900, **settings):
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        local = (server, "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(local) else outside.append(r.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert not outside
    assert not errors
