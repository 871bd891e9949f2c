"""What one tick of the Monitor page costs the server, and how that grows with the run.

    python benchmarks/page_tick.py [--quick] [--sections]

A store in SQLite gets runs of 100, 1,000 and 5,000 trials, the last with some 100,000 example
events and over 1,000 candidates. Before every tick ten more events and a new snapshot come in (not
timed), or nothing does. Timed are, for each size,

- the first paint: a server that knows nothing of the run reads it and draws the page;
- the data: read and fold what is new, build the results, build both charts as JSON;
- a tick of each fragment of the Monitor page, in process: status (every second) and details (every
  two), each with ten events of its own to fold; without sending, and without the garbage
  collection that Streamlit adds to every tick, which is given by itself;
- with `--sections`, the same tick of the details for every section of the largest run.

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

import numpy as np  # noqa: E402
import streamlit as st  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

from core.runs.choices import search_space  # noqa: E402
from core.runs.snapshot import Belief, Grid, LevelEffect, Snapshot, VarianceShare  # noqa: E402
from core.runs.state import RunState  # noqa: E402
from core.runs.store import Record  # noqa: E402
from core.storage.location import open_store  # noqa: E402
from core.worker.beliefs import MOST_PREDICTED  # noqa: E402
from dashboard import services  # noqa: E402
from tests import run_log  # noqa: E402

SIZES = (100, 1_000, 5_000)
"""Trials."""
NEW_EVENTS = 10
"""Per tick, as with 10 answers a second."""
TARGET_MS = 60.0
FIRST_PAINT_MS = 2_000.0
FLAT = 1.5
"""Most that a tick may grow from the smallest run to the largest."""
FRAGMENTS = {"status_panel": "status", "details_panel": "details"}
"""Function in the view → name in the result."""
SECTION = "monitor.section"


class GrowingRun:
    """A run in the store that has `trials` trials and grows by `grow`."""

    def __init__(self, trials: int, ticks: int) -> None:
        self.store = open_store()
        plan = run_log.Plan(
            train=_rows(0, 200),
            val=_rows(200, 400),
            test=_rows(400, 500),
            instructions=6,
            demo_sets=6,
            trials=trials,
            minibatch=25,
            full_every=100,
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
        self.store.put_snapshot(self.id, snapshot(self.state))


def snapshot(state: RunState) -> Snapshot:
    """As large as a worker's: predictions, effects and grids, all made up."""
    made = run_log.snapshot(state)
    predictions = dict(list(made.predictions.items())[:MOST_PREDICTED])
    return made.model_copy(update={"predictions": predictions, "belief": belief(state)})


def belief(state: RunState) -> Belief:
    """Something to be drawn for every choice."""
    space, rng = search_space(state), np.random.default_rng(state.seq)
    parts = {"instruction": space.instructions, "demo_set": space.demo_sets}
    tried = list(state.candidates)
    return Belief(
        recommended=tried[len(tried) // 2],
        near_best=0.5,
        probability_best={each: 1 / 12 for each in tried[:12]},
        effects=tuple(
            LevelEffect(predictor=name, part=part, id=id_, mean=float(rng.normal()) / 20, sd=0.03)
            for part, ids in parts.items()
            for name in space.predictors
            for id_ in ids[name]
        ),
        shares=tuple(
            VarianceShare(predictor=name, part=part, share=0.2)
            for name in space.predictors
            for part in parts
        ),
        interactions=0.1,
        remainder=0.1,
        grids=tuple(
            Grid(
                predictor=name,
                instructions=space.instructions[name],
                demo_sets=space.demo_sets[name],
                mean=_numbers(rng, space.instructions[name], space.demo_sets[name]),
                sd=_numbers(rng, space.instructions[name], space.demo_sets[name]),
                complete=True,
            )
            for name in space.predictors
        ),
        reason="Candidate C7 is likeliest to be better.",
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer ticks")
    parser.add_argument("--sections", action="store_true", help="time every section as well")
    options = parser.parse_args()
    ticks = 15 if options.quick else 40
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STUDIO_DB"] = f"sqlite:///{folder}/benchmark.db"
        # data, both fragments; and for the largest, both fragments once more per section
        runs = [
            GrowingRun(trials, 3 * ticks if trials < SIZES[-1] else 10 * ticks) for trials in SIZES
        ]
        gc.collect()
        gc.freeze()  # as dashboard/app.py does
        by_size = {trials: measured(run, ticks) for trials, run in zip(SIZES, runs, strict=True)}
        sections = measured_sections(runs[-1], ticks // 5) if options.sections else {}
        largest = runs[-1].state
    print(json.dumps(report(by_size, sections, largest)))


def report(
    by_size: dict[int, dict[str, dict[str, float]]],
    sections: dict[str, dict[str, float]],
    largest: RunState,
) -> dict:
    """Everything measured, and whether it is as fast as it shall be."""
    small, large = by_size[SIZES[0]], by_size[SIZES[-1]]
    ticks = [f"{name}_tick_new" for name in FRAGMENTS.values()]
    growth = {
        name: round(large[name]["cpu_ms_median"] / small[name]["cpu_ms_median"], 2)
        for name in ("data_new", *ticks)
    }
    return {
        "benchmark": "page_tick",
        "trials": len(largest.trials),
        "candidates": len(largest.candidates),
        "example_events": largest.examples_scored,
        "new_events_per_tick": NEW_EVENTS,
        **{str(trials): found for trials, found in by_size.items()},
        "sections": sections,
        "cpu_growth": growth,
        "garbage_collection_ms": round(min(timed(gc.collect)[1] for _ in range(5)), 2),
        "target_ms": TARGET_MS,
        "target_met": all(large[name]["wall_ms_median"] < TARGET_MS for name in ticks),
        "first_paint_met": large["first_paint"]["wall_ms_median"] < FIRST_PAINT_MS,
        "growth_met": all(factor <= FLAT for factor in growth.values()),
    }


def measured(run: GrowingRun, ticks: int) -> dict[str, dict[str, float]]:
    """All numbers of one run."""
    page, first = Page(run.id), Times()
    for _ in range(3):
        st.cache_resource.clear()
        st.cache_data.clear()
        first.add(*timed(page.run, time.process_time))  # the script has a thread of its own
    new, same, fresh, still = Times(), Times(), _parts(), _parts()
    for _ in range(ticks):
        run.grow()
        new.add(*timed(partial(tick, run.id)))
        same.add(*timed(partial(tick, run.id)))
    for _ in range(ticks):
        for parts, before in ((fresh, run.grow), (still, _nothing)):
            for name, spent in page.run(before).items():
                parts[name].add(*spent)
    return {
        "first_paint": first.spread(),
        "data_new": new.spread(),
        "data_unchanged": same.spread(),
        **{f"{name}_tick_new": times.spread() for name, times in fresh.items()},
        **{f"{name}_tick_unchanged": times.spread() for name, times in still.items()},
    }


def measured_sections(run: GrowingRun, ticks: int) -> dict[str, dict[str, float]]:
    """Section of the Monitor page → its details' tick with ten new events."""
    from dashboard.monitor_sections import SECTIONS

    found = {}
    for name in SECTIONS:
        page, times = Page(run.id), Times()
        page.choose(name)
        page.run()
        for _ in range(max(2, ticks)):
            times.add(*page.run(run.grow)["details"])
        found[name] = times.spread()
    return found


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

    def choose(self, section: str) -> None:
        """Turn to a section."""
        self._app.session_state[SECTION] = section

    def run(self, before: Callable[[], None] = _nothing) -> dict[str, tuple[float, float]]:
        """Fragment → wall clock and processor time; `before` is called before each."""
        self._app.session_state["before"] = before
        self._app.run()
        if self._app.exception:
            raise RuntimeError(
                self._app.exception[0].message + "".join(self._app.exception[0].stack_trace)
            )
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


def timed(
    work: Callable[[], object], clock: Callable[[], float] = time.thread_time
) -> tuple[float, float]:
    """Milliseconds that the work takes: wall clock, and this thread's processor time."""
    wall, cpu = time.perf_counter(), clock()
    work()
    return 1000 * (time.perf_counter() - wall), 1000 * (clock() - cpu)


def _rows(first: int, last: int) -> tuple[str, ...]:
    return tuple(str(row) for row in range(first, last))


def _numbers(
    rng: np.random.Generator, rows: tuple[str, ...], columns: tuple[str, ...]
) -> tuple[tuple[float, ...], ...]:
    values = np.round(rng.random((len(rows), len(columns))), 3)
    return tuple(map(tuple, values.tolist()))


if __name__ == "__main__":
    main()
