"""Wall clock of a whole run against its lower bound, beside dspy.MIPROv2 on the same work.

A two-predictor program runs against a local OpenAI-protocol server with log-normal latency. The
lower bound is the sum of all latencies divided by the concurrency: no run with that many calls in
flight can be faster. What the search's decisions cost is told in three ways: their wall clock and
their processor time as shares of the run's wall clock, and a run of the same kind whose decisions
are drawn at random (`--control`). Prints one JSON object as its last line.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import dspy  # noqa: E402

import sample_programs  # noqa: E402
from benchmarks.programs.two_step import TwoStep  # noqa: E402
from core.data.dataset import Dataset, FieldMapping  # noqa: E402
from core.data.split import SplitConfig  # noqa: E402
from core.lm.connection import LMConfig  # noqa: E402
from core.optimizers.adaptive_search import AdaptiveSearch  # noqa: E402
from core.runs.config import RunConfig  # noqa: E402
from core.runs.preparation import prepare  # noqa: E402
from core.search.budget import preset  # noqa: E402
from core.storage.memory import MemoryStore  # noqa: E402
from core.worker.session import work  # noqa: E402
from tests.providers.openai_server import free_port  # noqa: E402

sample_programs.__path__.append(str(ROOT / "benchmarks" / "programs"))

ROWS = 250
"""100 train, 100 val, 50 test."""


class Decisions:
    """Counts and times the search's decisions of one run: everything it does when asked."""

    def __init__(self) -> None:
        self.count, self.seconds, self.cpu = 0, 0.0, 0.0
        self._inner = AdaptiveSearch.next_events

    def __enter__(self) -> "Decisions":
        def timed(search: AdaptiveSearch, *given: Any) -> Any:
            started, busy = time.perf_counter(), time.thread_time()
            events = self._inner(search, *given)
            self.seconds += time.perf_counter() - started
            self.cpu += time.thread_time() - busy
            self.count += 1
            return events

        AdaptiveSearch.next_events = timed  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        AdaptiveSearch.next_events = self._inner  # type: ignore[method-assign]


class Server:
    """The model's stand-in, in a process of its own so that it does not share our GIL."""

    def __init__(self, median: float, sigma: float) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "tests.providers.openai_server", "--port", str(self.port)]
        command += ["--median", str(median), "--sigma", str(sigma)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        for _ in range(200):
            try:
                self.summary()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the server did not start")

    def summary(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.base}/summary", timeout=5) as response:
            return json.load(response)

    def reset(self) -> None:
        request = urllib.request.Request(f"{self.base}/reset", method="POST")
        urllib.request.urlopen(request, timeout=5).close()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def dataset() -> Dataset:
    """Questions that the stand-in answers with yes or no."""
    import pandas as pd

    rows = [
        {"question": f"Is item {i} of the list fine?", "answer": "yes" if i % 2 else "no"}
        for i in range(ROWS)
    ]
    return Dataset(name="questions", origin="made by the benchmark", frame=pd.DataFrame(rows))


def ours(server: Server, concurrency: int, optimizer: str = "mipro") -> dict[str, float]:
    """Our run: bootstrap, proposals, search, held-out test."""
    store = MemoryStore()
    data = dataset()
    model = LMConfig(model="test-model", api_base=f"{server.base}/v1")
    config = RunConfig(
        name="wall clock",
        program="two_step",
        dataset=store.put_dataset(data),
        dataset_name=data.name,
        mapping=FieldMapping(inputs={"question": "question"}, outputs={"answer": "answer"}),
        split=SplitConfig(train=0.4, val=0.4, test=0.2),
        metric="exact_match",
        optimizer=optimizer,
        budget=preset("light", predictors=2),
        task_model=model,
        prompt_model=model,
        concurrency=concurrency,
    )
    prepare(config, store)
    run_id = store.create(config)
    with Decisions() as decisions:
        found = measured(server, concurrency, lambda: work(run_id, store, cache=None))
    if not decisions.count:
        return found
    return {
        **found,
        "decisions": decisions.count,
        "decisions_share": round(decisions.seconds / found["seconds"], 4),
        "decisions_cpu_share": round(decisions.cpu / found["seconds"], 4),
    }


def theirs(server: Server, concurrency: int) -> dict[str, float]:
    """dspy.MIPROv2 auto="light" with the same rows and the same number of threads."""
    rows = dataset().frame.to_dict("records")
    examples = [dspy.Example(**row).with_inputs("question") for row in rows]
    lm = dspy.LM("openai/test-model", api_base=f"{server.base}/v1", api_key="none", cache=True)
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)

    def run() -> None:
        with dspy.context(lm=lm):
            dspy.MIPROv2(
                metric=lambda example, prediction, trace=None: example.answer == prediction.answer,
                auto="light",
                num_threads=concurrency,
                seed=1,
            ).compile(TwoStep(), trainset=examples[:100], valset=examples[100:200])

    return measured(server, concurrency, run)


def measured(server: Server, concurrency: int, run: Any) -> dict[str, float]:
    """Wall clock, latencies and their ratio."""
    server.reset()
    started = time.perf_counter()
    run()
    seconds = time.perf_counter() - started
    seen = server.summary()
    bound = seen["latency_sum"] / concurrency
    return {
        "seconds": round(seconds, 2),
        "calls": seen["requests"],
        "bound": round(bound, 2),
        "ratio": round(seconds / bound, 3),
    }


def main() -> None:
    """Print a line per measurement and one JSON object at the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--quick", action="store_true", help="short latency, ours only at 16 and 64"
    )
    parser.add_argument("--ours-only", action="store_true")
    parser.add_argument("--control", action="store_true", help="also with random decisions")
    parser.add_argument("--concurrency", type=int, nargs="*")
    parser.add_argument("--median", type=float, help="median latency in seconds")
    options = parser.parse_args()
    levels = options.concurrency or ([16, 64] if options.quick else [16, 32, 64])
    median = options.median or (0.2 if options.quick else 0.5)
    server = Server(median=median, sigma=0.5)
    found: dict[str, Any] = {}
    try:
        if options.control:
            ours(server, levels[-1])  # what a process does once, the control would not pay for
        for concurrency in levels:
            found[f"ours_{concurrency}"] = ours(server, concurrency)
            print(concurrency, "ours", found[f"ours_{concurrency}"], flush=True)
            if options.control:
                found[f"random_{concurrency}"] = ours(server, concurrency, "random_search")
                print(concurrency, "random", found[f"random_{concurrency}"], flush=True)
            if not options.quick and not options.ours_only:
                found[f"dspy_{concurrency}"] = theirs(server, concurrency)
                print(concurrency, "dspy", found[f"dspy_{concurrency}"], flush=True)
    finally:
        server.close()
    print(
        json.dumps({"benchmark": "wall_clock", "quick": options.quick, "median": median, **found})
    )


if __name__ == "__main__":
    os.environ.setdefault("STUDIO_HOME", tempfile.mkdtemp())
    main()
