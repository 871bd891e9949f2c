"""Ten runs at once: whether all finish, and how long the dashboard's pages take meanwhile.

    python benchmarks/ten_runs.py [--quick]

A dashboard is started on an empty database, then ten runs on the bundled iris with the offline
model, each with a worker process of its own, as the dashboard starts them. Until the last one has
ended, a browser opens the Runs page and the Monitor pages of all runs in turn, by address, as a
person with a link does; timed is each until what belongs to it stands. The health check is asked
meanwhile. The same pages are timed once more when nothing runs. The last line is one JSON object;
times are in seconds. `--quick` makes four short runs.
"""

import argparse
import json
import logging
import os
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from benchmarks.page_viewers import dashboard  # noqa: E402
from core.lm.connection import LMConfig  # noqa: E402
from core.runs.liveness import status_of  # noqa: E402
from core.runs.state import RunState  # noqa: E402
from core.runs.store import Store  # noqa: E402
from core.search.budget import Budget, preset  # noqa: E402
from core.storage.location import database_url, open_store  # noqa: E402
from core.worker import launcher  # noqa: E402
from tests import run_log  # noqa: E402
from tests.browser.conftest import FLAGS, installed_chromium  # noqa: E402

RESPONSIVE_S = 5.0
"""Within which nine of ten pages shall stand."""

PATIENCE_S = 1_200
SHORT = Budget(
    name="exact", instructions=3, demo_sets=3, trials=6, minibatch=10, full_every=3, val_cap=30
)


def started(store: Store, count: int, budget: Budget, delay: float) -> list[str]:
    """Ids of runs whose workers have just been started."""
    model = LMConfig(delay=delay)
    settings = {"budget": budget, "task_model": model, "prompt_model": model, "concurrency": 4}
    made = [run_log.iris_config(store, name=f"Run {n}", seed=n, **settings) for n in range(count)]
    ids = [store.create(config) for config in made]
    for run_id in ids:
        launcher.start(run_id, database_url())
    return ids


def statuses(store: Store, ids: list[str]) -> list[str]:
    """As the list of runs tells them."""
    found = []
    for run_id in ids:
        state = RunState().fold(store.since(run_id, 0))
        found.append(status_of(state.status, store.run(run_id), time.time()))
    return found


def opened(page: Page, url: str, run_id: str | None) -> float:
    """Seconds until the Runs page, or the Monitor page of a run, stands."""
    begun = time.perf_counter()
    if run_id is None:
        page.goto(f"{url}/runs")
        page.get_by_test_id("stMain").get_by_role("button", name="Delete").wait_for(timeout=120_000)
    else:
        page.goto(f"{url}/monitor?run={run_id}")
        page.get_by_text("LM calls", exact=True).first.wait_for(timeout=120_000)
    return time.perf_counter() - begun


def health(url: str) -> float:
    """Seconds that the health check takes."""
    begun = time.perf_counter()
    urllib.request.urlopen(f"{url}/api/health", timeout=60).close()
    return time.perf_counter() - begun


def spread(times: list[float]) -> dict[str, float]:
    """Median, ninth of ten, and the longest."""
    tenths = statistics.quantiles(times, n=10) if len(times) > 1 else times
    return {
        "n": len(times),
        "median": round(statistics.median(times), 2),
        "p90": round(tenths[-1], 2),
        "most": round(max(times), 2),
    }


def measured(store: Store, count: int, budget: Budget, delay: float) -> dict[str, object]:
    """Everything, while the runs go on and after."""
    pages: list[float] = []
    checks: list[float] = []
    with dashboard() as (url, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.get_by_role("heading", name="MIPRO Studio", exact=True).wait_for(timeout=60_000)
        begun = time.perf_counter()
        ids = started(store, count, budget, delay)
        waiting, turn = ids, 0
        while waiting and time.perf_counter() - begun < PATIENCE_S:
            pages.append(opened(page, url, ([None, *ids])[turn % (count + 1)]))
            checks.append(health(url))
            page.wait_for_timeout(300)
            turn += 1
            ended = dict(zip(ids, statuses(store, ids), strict=True))
            waiting = [each for each in ids if ended[each] not in ("finished", "failed")]
        wall = time.perf_counter() - begun
        alone = [opened(page, url, each) for each in (None, *ids[:4])]
        browser.close()
    found = statuses(store, ids)
    return {
        "runs": count,
        "finished": found.count("finished"),
        "others": sorted({each for each in found if each != "finished"}),
        "wall_s": round(wall, 1),
        "pages": spread(pages),
        "health": spread(checks),
        "pages_alone": spread(alone),
        "all_finished": found == ["finished"] * count,
        "responsive": spread(pages)["p90"] < RESPONSIVE_S,
    }


def main() -> None:
    """Run, watch, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="four short runs")
    options = parser.parse_args()
    logging.disable(logging.ERROR)
    count, budget, delay = (4, SHORT, 0.0) if options.quick else (10, preset("light", 1), 0.02)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ |= {"STUDIO_DB": f"sqlite:///{folder}/ten.db", "STUDIO_HOME": folder}
        load = round(os.getloadavg()[0], 1)  # what else the machine had to do
        found = measured(open_store(), count, budget, delay)
    told = {"benchmark": "ten_runs", "cores": os.cpu_count(), "load_before": load, **found}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
