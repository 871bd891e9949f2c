"""The Monitor page in Chromium: first paint, and what ten viewers cost the server and the wire.

    python -m benchmarks.page_viewers [--quick]

For a run of 100 trials and one of 5,000 (some 100,000 example events), a fresh dashboard process
shows its home page and then the run to a first viewer, who is timed until both charts stand, then
to nine more. While
ten events a second come in, the server's processor time and the bytes on each viewer's websocket
are counted. A viewer has 1.5 ticks a second: the status every second, the details every two. The
last line is one JSON object.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.page_tick import SIZES, GrowingRun
from tests.browser.conftest import FLAGS, ROOT, installed_chromium
from tests.providers.openai_server import free_port

TICKS_PER_SECOND = 1.5
"""Of one viewer: dashboard/views/monitor.py."""


@contextmanager
def dashboard() -> Iterator[tuple[str, psutil.Process]]:
    """Address and process of a dashboard that has just started."""
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "--port", str(port), "--no-browser"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/api/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


class Viewer:
    """A browser tab on the Monitor page, which counts what comes in over its websocket."""

    def __init__(self, browser: Browser, url: str, run: str) -> None:
        self.bytes = 0
        self.page: Page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._count))
        self.page.goto(url)  # the app's scripts, as for whoever comes from another page
        self.page.get_by_role("heading", name="MIPRO Studio", exact=True).wait_for(timeout=60_000)
        started = time.perf_counter()
        self.page.goto(f"{url}/monitor?run={run}")
        self.page.get_by_role("heading", name="Monitor", exact=True).wait_for(timeout=60_000)
        self.heading = time.perf_counter() - started
        self.page.locator(".main-svg").nth(1).wait_for(timeout=60_000)
        self.charts = time.perf_counter() - started

    def _count(self, payload: str | bytes) -> None:
        self.bytes += len(payload)


def cpu(process: psutil.Process) -> float:
    """Processor seconds so far."""
    all_times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(times.user + times.system for times in all_times)


def measured(browser: Browser, run: GrowingRun, viewers: int, seconds: int) -> dict[str, Any]:
    """Medians over the viewers of one run."""
    with dashboard() as (url, process):
        opened = [Viewer(browser, url, run.id) for _ in range(viewers)]
        time.sleep(3)
        before, used = [each.bytes for each in opened], cpu(process)
        started = time.perf_counter()
        while time.perf_counter() - started < seconds:
            run.grow()
            opened[0].page.wait_for_timeout(1_000)
        passed = time.perf_counter() - started
        used = cpu(process) - used
        ticks = TICKS_PER_SECOND * passed
        sent = [each.bytes - first for each, first in zip(opened, before, strict=True)]
        for each in opened:
            each.page.context.close()
    return {
        "first_paint_s": round(opened[0].heading, 2),
        "first_charts_s": round(opened[0].charts, 2),
        "later_charts_s": round(statistics.median(each.charts for each in opened[1:]), 2),
        "cpu_ms_per_tick": round(1000 * used / (ticks * viewers), 1),
        "kb_per_tick": round(statistics.median(sent) / ticks / 1000, 1),
        "seconds": round(passed),
    }


def main() -> None:
    """Print a line per size and one JSON object at the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="three viewers, ten seconds")
    options = parser.parse_args()
    viewers, seconds = (3, 10) if options.quick else (10, 30)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"STUDIO_DB": f"sqlite:///{folder}/benchmark.db", "STUDIO_HOME": folder}
        runs = {trials: GrowingRun(trials, seconds + 30) for trials in (SIZES[0], SIZES[-1])}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=installed_chromium(), args=FLAGS)
            for trials, run in runs.items():
                found[str(trials)] = measured(browser, run, viewers, seconds)
                print(trials, "trials", found[str(trials)], flush=True)
            browser.close()
    print(json.dumps({"benchmark": "page_viewers", "viewers": viewers, **found}))


if __name__ == "__main__":
    main()
