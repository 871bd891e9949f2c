"""A million example results in one SQLite file: how large it is, and how long its pages take.

    python benchmarks/million.py [--quick] [--keep FILE]

Fifty ended runs of 20,000 results each, with traces as long as those of real runs and snapshots as
large as a worker's, are put into a fresh database, straight into its tables. Timed are, with
empty caches, as for the first viewer after a start of the server, and with full ones:

- the Runs page, drawn whole in process, without the browser;
- the Monitor page of several runs, likewise: reading, folding, tables, charts.

Beside these, one full read of the database's pages is timed, to tell how fast the disk is. The last
line is one JSON object; times are medians in seconds, of wall clock and of processor time, which
other work on the machine does not lengthen. `--quick` makes a twentieth of it.
"""

import argparse
import contextlib
import gc
import json
import logging
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

from benchmarks.page_tick import snapshot  # noqa: E402
from core.runs.events import ExampleScored, event_to_json  # noqa: E402
from core.storage.location import open_store  # noqa: E402
from core.storage.packing import pack  # noqa: E402
from tests import run_log  # noqa: E402

RESULTS, RUNS = 20_000, 50
LOOKED_AT = 5
"""Runs whose Monitor page is timed."""

RUNS_PAGE_S, MONITOR_S, BYTES = 1.0, 2.0, 2_000_000_000
"""What it shall stay below."""

DEMO = (
    "[[ ## petal_length ## ]]\n{0}.9\n\n[[ ## petal_width ## ]]\n1.{0}\n\n[[ ## sepal_length ## ]]"
    "\n5.{0}\n\n[[ ## sepal_width ## ]]\n2.7"
)
REPLY = (
    "[[ ## reasoning ## ]]\nThe measured values of flower {0} are closest to {1}.\n\n"
    "[[ ## answer ## ]]\n{1}\n\n[[ ## completed ## ]]\n"
)


def trace(candidate: str, example: str, score: float | None) -> str:
    """As a worker keeps it: four demos, one call, 3 kB."""
    rules = "\n".join(
        f"- versicolor {sign}: petal_width about 1.24 (1.16 to 1.34), petal_length about 4.03"
        for sign in range(4)
    )
    system = (
        "Your input fields are:\n1. `petal_length` (str): \n2. `petal_width` (str): \n3. "
        "`sepal_length` (str): \n4. `sepal_width` (str):\nYour output fields are:\n1. `reasoning` "
        "(str): \n2. `answer` (str): one of: setosa, versicolor, virginica\nAll interactions will "
        "be structured in the following way, with the appropriate values filled in.\n\n"
        f"[[ ## completed ## ]]\nIn adhering to this structure, your objective is: \n{candidate}: "
        f"Given the fields, produce the fields `answer`. Typical signs of each `answer`:\n{rules}"
    )
    given, answer = DEMO.format(example), "versicolor" if score else "virginica"
    messages = [{"role": "system", "content": system}]
    for demo in range(4):
        messages.append({"role": "user", "content": DEMO.format(hash((candidate, demo)) % 9)})
        messages.append({"role": "assistant", "content": REPLY.format(demo, "setosa")})
    messages.append({"role": "user", "content": given})
    reply = REPLY.format(example, answer)
    stage = {"predictor": "answer.predict", "inputs": {"question": given}, "outputs": {}}
    prompts = [{"messages": messages, "completion": reply}]
    return json.dumps({"outputs": {"answer": answer}, "stages": [stage], "prompts": prompts})


class Template:
    """One run's rows, to be stored under many ids."""

    def __init__(self, results: int) -> None:
        plan = run_log.Plan(
            train=tuple(map(str, range(200))),
            val=tuple(map(str, range(200, 400))),
            test=tuple(map(str, range(400, 500))),
            instructions=6,
            demo_sets=6,
            trials=max(4, results * 1_000 // 23_500),
            minibatch=25,
            full_every=100,
            traces=False,
        )
        events = run_log.events(plan)
        self.plan, self.rows, self.traces = plan, [], {}
        for seq, event in enumerate(events, start=1):
            self.rows.append((seq, event.at, event.kind, event_to_json(event)))
            if isinstance(event, ExampleScored):
                text = trace(event.candidate, event.example, event.score)
                self.traces[f"eval/{event.candidate}/{event.example}"] = pack(text)
        self.results = sum(isinstance(event, ExampleScored) for event in events)
        self.snapshot = snapshot(run_log.state_of(events)).model_dump_json()


def filled(path: Path, runs: int, results: int) -> tuple[list[str], int]:
    """Ids of the runs in a new database, and results in all."""
    store, made = open_store(), Template(results)
    config = run_log.iris_config(store, made.plan)
    ids = [store.create(config.model_copy(update={"name": f"Run {n}"})) for n in range(runs)]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for run_id in ids:
            with connection:
                connection.executemany(
                    "INSERT INTO events (run_id, seq, at, kind, body) VALUES (?, ?, ?, ?, ?)",
                    ((run_id, *row) for row in made.rows),
                )
                connection.executemany(
                    "INSERT INTO traces (run_id, key, body) VALUES (?, ?, ?)",
                    ((run_id, key, body) for key, body in made.traces.items()),
                )
                connection.execute(
                    "INSERT INTO snapshots (run_id, seq, body) VALUES (?, ?, ?)",
                    (run_id, len(made.rows), made.snapshot),
                )
                connection.execute(
                    "UPDATE runs SET seq = ?, heartbeat = created WHERE id = ?",
                    (len(made.rows), run_id),
                )
    return ids, runs * made.results


def drawn(page: str, run_id: str | None = None) -> tuple[float, float]:
    """Seconds until the page is drawn by a server whose libraries are loaded; and of processor."""
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=120)
    app.run()  # the frame, as for whoever comes from the home page
    app.switch_page(f"views/{page}.py")
    if run_id is not None:
        app.query_params["run"] = run_id
    started, busy = time.perf_counter(), time.process_time()
    app.run()
    taken = time.perf_counter() - started, time.process_time() - busy
    if app.exception:
        raise RuntimeError(app.exception[0].message)
    return taken


def forget() -> None:
    """As after a start of the server."""
    st.cache_data.clear()
    st.cache_resource.clear()
    gc.collect()


def read_seconds(path: Path) -> float:
    """Seconds to read the file once."""
    started = time.perf_counter()
    with path.open("rb") as file:
        while file.read(1 << 20):
            pass
    return time.perf_counter() - started


def measured(ids: list[str]) -> dict[str, float]:
    """Seconds of both pages, with empty and with full caches."""
    drawn("home")
    cold_runs, warm_runs = [], []
    for _ in range(3):
        forget()
        cold_runs.append(drawn("runs"))
        warm_runs.append(drawn("runs"))
    cold, warm = [], []
    for run_id in ids[:: max(1, len(ids) // LOOKED_AT)][:LOOKED_AT]:
        forget()
        cold.append(drawn("monitor", run_id))
        warm.append(drawn("monitor", run_id))
    times = {
        "runs_page_first": cold_runs,
        "runs_page_again": warm_runs,
        "monitor_first": cold,
        "monitor_again": warm,
    }
    found = {}
    for name, each in times.items():
        wall, busy = zip(*each, strict=True)
        found[f"{name}_s"] = round(statistics.median(wall), 3)
        found[f"{name}_cpu_s"] = round(statistics.median(busy), 3)
    return found


@contextlib.contextmanager
def database(keep: str | None) -> Iterator[Path]:
    """Where the file goes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(keep).absolute() if keep else Path(folder) / "million.db"
        os.environ |= {"STUDIO_DB": f"sqlite:///{path}", "STUDIO_HOME": folder}
        yield path


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a twentieth: 10 runs of 5,000")
    parser.add_argument("--keep", metavar="FILE", help="keep the database there")
    options = parser.parse_args()
    logging.disable(logging.ERROR)
    runs, results = (10, 5_000) if options.quick else (RUNS, RESULTS)
    with database(options.keep) as path:
        started = time.perf_counter()
        ids, stored = filled(path, runs, results)
        filling, size = time.perf_counter() - started, path.stat().st_size
        times = measured(ids)
        found = {
            "benchmark": "million",
            "runs": runs,
            "results": stored,
            "bytes": size,
            "bytes_per_result": round(size / stored),
            "fill_s": round(filling, 1),
            "read_file_s": round(read_seconds(path), 2),
            **times,
            "size_met": size < BYTES,
            "runs_page_met": times["runs_page_first_s"] < RUNS_PAGE_S,
            "monitor_met": times["monitor_first_s"] < MONITOR_S,
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
