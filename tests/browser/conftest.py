"""The real server and a real Chromium."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from tests.providers.openai_server import free_port

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
MISSING = (
    "No Chromium was found. Install one: Debian and Ubuntu `apt install chromium`, elsewhere "
    "`.venv/bin/playwright install chromium`; or name it in the variable CHROMIUM."
)


def installed_chromium():
    """Path of an installed browser, or None for Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def studio(tmp_path_factory):
    """The environment variables that say where the dashboard keeps everything."""
    home = tmp_path_factory.mktemp("studio")
    return {"STUDIO_DB": f"sqlite:///{home / 'studio.db'}", "STUDIO_HOME": str(home)}


@pytest.fixture(scope="session")
def server(studio):
    """Base address of the dashboard on an empty database."""
    with dashboard(studio) as url:
        yield url


@contextlib.contextmanager
def dashboard(studio):
    """Base address of a dashboard with these environment variables, while the block runs."""
    home = Path(studio["STUDIO_HOME"])
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, **studio}
    command = [sys.executable, "-m", "dashboard", "--port", str(port), "--no-browser"]
    log = home / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"{url}/api/health", timeout=1).close()
                    break
                except OSError:
                    assert process.poll() is None, log.read_text()
                    time.sleep(0.1)
            else:
                pytest.fail(f"the server did not start: {log.read_text()}")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


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
        page.set_default_timeout(30_000)
        local = (server, "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(local) else outside.append(r.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert not outside
    assert not errors
