"""What one tick of the Monitor page costs the server, on a run of 1,000 trials.

    python benchmarks/page_tick.py [--quick]

A store in SQLite gets 1,000 trials with 20,000 example events. Before every tick ten more events
and a new snapshot come in (not timed), or nothing does. Timed are

- the data: read and fold what is new, build the tables, build both charts as JSON;
- a tick of each fragment of the Monitor page, in process: status (every second) and details (every
  two), each with ten events of its own to fold; without sending, and without the garbage
  collection that Streamlit adds to every tick, which is given by itself.

The last line is one JSON object; times are in milliseconds: wall clock, and processor time, which
other work on the machine does not lengthen.
"""

import argparse
import gc
import json
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from streamlit.testing.v1 import AppTest  # noqa: E402

from core.runs.state import RunState  # noqa: E402
from core.runs.store import Record  # noqa: E402
from core.storage.location import open_store  # noqa: E402
from dashboard import services  # noqa: E402
from tests import run_log  # noqa: E402

NEW_EVENTS = 10
"""Per tick, as with 10 answers a second."""
TARGET_MS = 50.0
FRAGMENTS = {"status_panel": "status", "details_panel": "details"}
"""Function in the view → name in the result."""


class GrowingRun:
    """A run in the store that has `trials` trials and grows by `grow`."""

    def __init__(self, trials: int, ticks: int) -> None:
        self.store = open_store()
        plan = run_log.Plan(
            train=_rows(0, 200),
            val=_rows(200, 300),
            test=_rows(300, 400),
            instructions=18,
            demo_sets=18,
            trials=trials,
            minibatch=19,
            full_every=50,
            traces=False,
        )
        self.log = run_log.events(plan, "search")
        self.place = len(self.log) - NEW_EVENTS * ticks
        self.id = self.store.create(run_log.iris_config(self.store, plan, name=f"{trials} trials"))
        self.store.claim(self.id, "benchmark", stale_after=10)
        self.state = RunState()
        self._append(self.log[: self.place])

    def grow(self) -> None:
        """Ten more events and a new snapshot."""
        self._append(self.log[self.place : self.place + NEW_EVENTS])
        self.place += NEW_EVENTS
        self.store.heartbeat(self.id, "benchmark")

    def _append(self, events: list) -> None:
        for first in range(0, len(events), 1000):
            self.store.append(self.id, events[first : first + 1000])
        start = self.state.seq + 1
        self.state.fold(Record(seq, event) for seq, event in enumerate(events, start))
        self.store.put_snapshot(self.id, run_log.snapshot(self.state))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer ticks, in under a minute")
    ticks = 30 if parser.parse_args().quick else 150
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STUDIO_DB"] = f"sqlite:///{folder}/benchmark.db"
        small, large = GrowingRun(100, ticks), GrowingRun(1000, 3 * ticks)
        for run in (small, large):
            tick(run.id)
        gc.collect()
        gc.freeze()  # as dashboard/app.py does
        result = measured(small, large, ticks)
    print(json.dumps(result))


def measured(small: GrowingRun, large: GrowingRun, ticks: int) -> dict:
    """All numbers; small and large runs take turns, so that both see the same machine."""
    at_100, at_1000 = Times(), Times()
    for _ in range(ticks):
        for times, run in ((at_100, small), (at_1000, large)):
            run.grow()
            times.add(*timed(partial(tick, run.id)))
    same, fresh, still = Times(), _parts(), _parts()
    page = Page(large.id)
    page.run()
    for _ in range(ticks):
        same.add(*timed(partial(tick, large.id)))
        for parts, before in ((fresh, large.grow), (still, _nothing)):
            for name, spent in page.run(before).items():
                parts[name].add(*spent)
    return {
        "benchmark": "page_tick",
        "trials": len(large.state.trials),
        "example_events": large.state.examples_scored,
        "new_events_per_tick": NEW_EVENTS,
        **{f"{name}_tick_new": times.spread() for name, times in fresh.items()},
        **{f"{name}_tick_unchanged": times.spread() for name, times in still.items()},
        "data_new": at_1000.spread(),
        "data_unchanged": same.spread(),
        "data_new_at_100_trials": at_100.spread(),
        "data_cpu_ratio_1000_to_100_trials": round(
            statistics.median(at_1000.cpu) / statistics.median(at_100.cpu), 2
        ),
        "garbage_collection_ms": round(min(timed(gc.collect)[1] for _ in range(5)), 2),
        "target_ms": TARGET_MS,
        "target_met": all(statistics.median(times.wall) < TARGET_MS for times in fresh.values()),
    }


def _parts() -> dict[str, "Times"]:
    return {name: Times() for name in FRAGMENTS.values()}


def _nothing() -> None:
    """Nothing comes in before a tick."""


@dataclass
class Times:
    """Wall clock and processor time of several ticks, in milliseconds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, wall: float, cpu: float) -> None:
        """One more tick."""
        self.wall.append(wall)
        self.cpu.append(cpu)

    def spread(self) -> dict[str, float]:
        """Medians and 95th percentiles."""
        return {
            f"{name}_ms_{what}": round(value, 2)
            for name, values in (("wall", self.wall), ("cpu", self.cpu))
            for what, value in (
                ("median", statistics.median(values)),
                ("p95", statistics.quantiles(values, n=20)[-1]),
            )
        }


def tick(run_id: str) -> None:
    """What both fragments ask of the services in one tick."""
    view = services.run_view(run_id)
    services.score_chart(view)
    services.predictions_chart(view)


class Page:
    """The Monitor page in process; its script times itself."""

    def __init__(self, run_id: str) -> None:
        self._app = AppTest.from_function(_timed_monitor_page, default_timeout=60)
        self._app.query_params["run"] = run_id

    def run(self, before: Callable[[], None] = _nothing) -> dict[str, tuple[float, float]]:
        """Fragment → wall clock and processor time; `before` is called before each."""
        self._app.session_state["before"] = before
        self._app.run()
        if self._app.exception:
            raise RuntimeError(self._app.exception[0].message)
        return dict(self._app.session_state["spent"])


def _timed_monitor_page() -> None:
    import importlib
    import sys

    import streamlit as st

    from benchmarks.page_tick import FRAGMENTS, timed

    spent = {}

    def timed_fragment(run_every: float | None = None):  # noqa: ANN202
        """Stands in for `st.fragment`, whose first run is part of the page's script."""

        def decorated(function):  # noqa: ANN001, ANN202
            def run(*args: str) -> None:
                st.session_state["before"]()
                spent[FRAGMENTS[function.__name__]] = timed(lambda: function(*args))

            return run

        return decorated

    real, st.fragment = st.fragment, timed_fragment
    try:
        if "dashboard.views.monitor" in sys.modules:
            importlib.reload(sys.modules["dashboard.views.monitor"])
        else:
            importlib.import_module("dashboard.views.monitor")
    finally:
        st.fragment = real
    st.session_state["spent"] = spent


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds that the work takes: wall clock, and this thread's processor time."""
    wall, cpu = time.perf_counter(), time.thread_time()
    work()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.thread_time() - cpu)


def _rows(first: int, last: int) -> tuple[str, ...]:
    return tuple(str(row) for row in range(first, last))


if __name__ == "__main__":
    main()
