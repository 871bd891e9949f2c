"""How long `make demo` takes to its first instruction and to its end, and what it weighs.

Starts the dashboard with the demo run on an empty database, opens the live page in one browser tab
(in five after the first instruction), and reads the memory of the server and of the worker from
/proc (Linux). Needs an installed Chromium, as the browser tests do. Prints one JSON object as its
last line.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402

from core.runs.demo import demo_config  # noqa: E402
from core.runs.events import InstructionProposed, RunFinished  # noqa: E402
from core.runs.store import Store  # noqa: E402
from core.storage.location import open_store  # noqa: E402
from core.worker.session import work  # noqa: E402
from tests.browser.conftest import FLAGS, installed_chromium  # noqa: E402
from tests.providers.openai_server import free_port  # noqa: E402

VIEWERS = 5
PATIENCE = 180.0


@contextlib.contextmanager
def dashboard(port: int, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m dashboard` while the block runs."""
    command = [sys.executable, "-m", "dashboard", "--port", str(port), "--no-browser", *options]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def megabytes(name: str) -> float:
    """Resident memory of all processes of ours whose command line contains `name`."""
    total = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
            status = (folder / "status").read_text()
            if name in command.replace("\0", " "):
                found = re.search(r"VmRSS:\s+(\d+)", status)
                total += int(found.group(1)) / 1024 if found else 0.0
    return total


def watched_demo(store: Store) -> dict[str, Any]:
    """Times from the start of `python -m dashboard --demo`, and memory with five viewers."""
    port, started = free_port(), time.time()
    with dashboard(port, "--demo"), sync_playwright() as playwright:
        run_id = _wait_for(lambda: next((run.id for run in store.runs()), None))
        browser = playwright.chromium.launch(executable_path=installed_chromium(), args=FLAGS)
        live = f"http://127.0.0.1:{port}/monitor?run={run_id}"
        browser.new_page().goto(live)
        _wait_for(lambda: _proposed(store, run_id) or None)
        for _ in range(VIEWERS - 1):
            browser.new_page().goto(live)
        most = {"server": 0.0, "worker": 0.0}
        while not _events(store, run_id, RunFinished):
            most["server"] = max(
                most["server"], megabytes(f"streamlit run dashboard/asgi.py --server.port {port}")
            )
            most["worker"] = max(most["worker"], megabytes(f"core.worker {run_id}"))
            time.sleep(0.5)
            if time.time() - started > PATIENCE:
                raise TimeoutError("the demo run did not finish")
        proposed = _proposed(store, run_id)
        finished = _events(store, run_id, RunFinished)[0]
        browser.close()
    return {
        "first_instruction_seconds": round(proposed[0].at - started, 1),
        "whole_run_seconds": round(finished.at - started, 1),
        "server_mb_five_viewers": round(most["server"]),
        "worker_mb": round(most["worker"]),
    }


def undelayed_seconds(store: Store) -> float:
    """The same run without the watching delay, in this process."""
    run_id = store.create(demo_config(store, delay=0.0))
    started = time.perf_counter()
    work(run_id, store, cache=None)
    return round(time.perf_counter() - started, 1)


def _events(store: Store, run_id: str, kind: type[Any]) -> list[Any]:
    return [event for _, event in store.since(run_id, 0) if isinstance(event, kind)]


def _proposed(store: Store, run_id: str) -> list[Any]:
    """Instructions that the prompt model wrote."""
    return [each for each in _events(store, run_id, InstructionProposed) if each.index > 0]


def _wait_for(condition: Any) -> Any:
    deadline = time.time() + 60
    while (found := condition()) is None:
        if time.time() > deadline:
            raise TimeoutError("the demo run was not created")
        time.sleep(0.1)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="only the run without the delay")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["STUDIO_DB"] = f"sqlite:///{home}/studio.db"
        os.environ["STUDIO_HOME"] = home
        store = open_store()
        found: dict[str, Any] = {} if options.quick else watched_demo(store)
        found["undelayed_run_seconds"] = undelayed_seconds(store)
    print(json.dumps({"benchmark": "demo", "quick": options.quick, **found}))


if __name__ == "__main__":
    main()
