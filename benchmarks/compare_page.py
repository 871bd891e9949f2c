"""How long the Compare page takes with 4 candidates of 5,000 examples each: to open, and to filter.

    python benchmarks/compare_page.py [--examples N]

Timed is what happens on the server: the page's script, from a click to its last element, as wall
clock and as processor time, which other work on the machine does not lengthen. A cold opening folds
the run's events; a warm one is that of a second viewer. Filters run the whole page here, of which
the browser asks only for the list of examples. Nothing of the browser is in it.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.data.dataset import Dataset  # noqa: E402
from core.runs.preparation import prepare  # noqa: E402
from core.runs.store import Store  # noqa: E402
from core.search.budget import Budget  # noqa: E402
from core.storage.location import open_store  # noqa: E402
from tests import run_log  # noqa: E402

APP = ROOT / "dashboard" / "app.py"
LABELS = ("billing", "shipping", "refunds", "repairs")


def large_run(store: Store, examples: int) -> tuple[str, list[str]]:
    """A run with so many validation examples, and its four candidates with the most results."""
    rows, rng = int(2.5 * examples), np.random.default_rng(1)
    words = [f"word{number}" for number in range(400)]
    texts = [" ".join(rng.choice(words, 25)) for _ in range(rows)]
    frame = pd.DataFrame(
        {"question": texts, "team": rng.choice(LABELS, rows), "length": rng.integers(1, 99, rows)}
    )
    data = Dataset(name="large", origin="made up", frame=frame)
    config = run_log.iris_config(
        store,
        name="A large run",
        dataset=store.put_dataset(data),
        dataset_name="large",
        mapping={"inputs": {"question": "question"}, "outputs": {"answer": "team"}},
        budget=Budget(
            name="exact", instructions=4, demo_sets=4, trials=12, minibatch=50, full_every=4,
            val_cap=examples,
        ),
    )  # fmt: skip
    plan = run_log.plan_of(prepare(config, store), config)
    run_id = store.create(config)
    run_log.append(store, run_id, run_log.log(plan))
    state = run_log.replay(store, run_id)
    store.put_snapshot(run_id, run_log.snapshot(state))
    largest = sorted(state.results, key=lambda each: -len(state.results[each]))[:4]
    return run_id, largest


class Took(NamedTuple):
    """Seconds."""

    wall: float
    processor: float


def seconds(deed: Callable[[], AppTest]) -> Took:
    """How long it takes; it must leave no exception on the page."""
    start, worked = time.perf_counter(), time.process_time()
    app = deed()
    took = Took(time.perf_counter() - start, time.process_time() - worked)
    assert not app.exception, app.exception
    return took


def opened(params: dict[str, str]) -> tuple[AppTest, Took]:
    """The page of a new visitor, and how long its first drawing took."""
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    app.switch_page("views/compare.py")
    for name, value in params.items():
        app.query_params[name] = value
    return app, seconds(app.run)


def filtered(app: AppTest) -> dict[str, Took]:
    """Filter → how long a choice of it takes."""
    found: dict[str, Took] = {}
    for show in ("regressed", "improved", "different", "all"):
        control = next(each for each in app.segmented_control if each.key.endswith(".show"))
        found[show] = seconds(control.set_value(show).run)
    for word in ("word7", "word23", ""):
        field = next(each for each in app.text_input if each.key.endswith(".text"))
        found[f"search {word!r}"] = seconds(field.set_value(word).run)
    order = next(each for each in app.selectbox if each.key.endswith(".sort"))
    found["largest loss first"] = seconds(order.set_value("loss").run)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=5_000)
    options = parser.parse_args()
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as home:
        os.environ["STUDIO_DB"] = f"sqlite:///{Path(home) / 'studio.db'}"
        os.environ["STUDIO_HOME"] = home
        run_id, candidates = large_run(open_store(), options.examples)
        entrants = ",".join(f"{run_id}.{each}" for each in candidates)
        params = {"run": run_id, "entrants": entrants}
        app, cold = opened(params)
        took = {"opened, cold": cold, "opened, warm": opened(params)[1], **filtered(app)}
        section = next(each for each in app.segmented_control if each.key.endswith(".section"))
        took["labels and slices"] = seconds(section.set_value("labels").run)
        print(f"4 candidates, {options.examples:,} examples; seconds: wall, processor")
        for name, one in took.items():
            print(f"{name:<20} {one.wall:6.2f} {one.processor:6.2f}")


if __name__ == "__main__":
    main()
