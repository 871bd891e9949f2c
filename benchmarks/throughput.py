"""How fast the machinery around the model is: program calls per second, and wall clock over limit.

- *bare*: one example after the other, in as many threads as a run has, of a one-predictor program
  against a model in this process that answers at once: the cost of dspy and of our evaluator;
- *run*: a whole run of the same, with engine, store and snapshots;
- *served*: a whole run of a program with one predictor, and of one with two, against a server with
  log-normal latency in a process of its own. The limit is the sum of all latencies divided by the
  concurrency; `cpu_ratio` is this process's processor time over it: no less can the ratio be.

Rates are told per second of wall clock and per second of this process's processor time; on a
machine that does other work only the second one means much. `--profile` says which functions this
process is in, by looking at all of its threads often. Prints one JSON object as its last line.
"""

import argparse
import collections
import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import dspy  # noqa: E402
import pandas as pd  # noqa: E402

import sample_programs  # noqa: E402
from benchmarks.programs.one_step import OneStep  # noqa: E402
from benchmarks.wall_clock import Server  # noqa: E402
from core.data.dataset import Dataset, Example, FieldMapping  # noqa: E402
from core.data.split import SplitConfig  # noqa: E402
from core.evaluation.evaluator import evaluate_example, trace_to_json  # noqa: E402
from core.evaluation.metrics import metric  # noqa: E402
from core.lm import connection  # noqa: E402
from core.lm.connection import LMConfig, MeteredLM  # noqa: E402
from core.lm.offline import OfflineEngine  # noqa: E402
from core.runs.config import RunConfig  # noqa: E402
from core.runs.events import ExampleScored  # noqa: E402
from core.search.budget import preset  # noqa: E402
from core.storage.location import open_store  # noqa: E402
from core.worker.session import work  # noqa: E402
from tests.providers.openai_server import formatted, requested_fields  # noqa: E402

sample_programs.__path__.append(str(ROOT / "benchmarks" / "programs"))

LIMIT = 1.35
"""Wall clock divided by the limit that a served run may take."""


class AtOnce(OfflineEngine):
    """Answers what is asked for without thinking."""

    def complete(self, request: Any) -> Any:
        """An answer in dspy's chat format."""
        from dspy.lm15 import Message, Response, TextPart, Usage

        fields = requested_fields([{"role": "system", "content": _text(request.system)}])
        text = formatted({name: "yes" for name in fields})
        return Response(
            id=None,
            model=request.model,
            message=Message.assistant([TextPart(text)]),
            finish_reason="stop",
            usage=Usage(input_tokens=100, output_tokens=20, total_tokens=120),
        )


def _text(system: Any) -> str:
    return system if isinstance(system, str) else "".join(part.text for part in system or ())


@contextlib.contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Wall clock and processor time of the block, in seconds."""
    found: dict[str, float] = {}
    wall, cpu = time.perf_counter(), time.process_time()
    yield found
    found["seconds"] = round(time.perf_counter() - wall, 3)
    found["cpu"] = round(time.process_time() - cpu, 3)


def rates(calls: int, took: dict[str, float]) -> dict[str, float]:
    """Calls per second of either clock."""
    return {
        **took,
        "calls": calls,
        "per_second": round(calls / took["seconds"], 1),
        "per_cpu_second": round(calls / took["cpu"], 1),
    }


def bare(count: int, threads: int) -> dict[str, float]:
    """Examples without a run around them."""
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    lm = MeteredLM(LMConfig(), "offline", engine=AtOnce(), cache=True)
    program, scoring = OneStep(), metric("exact_match")

    def one(number: int) -> None:
        example = Example(
            id=str(number),
            inputs={"question": f"Is item {number} of the list fine?"},
            outputs={"answer": "yes"},
        )
        result = evaluate_example(program, example, metric=scoring, lm=lm, most_calls=1)
        trace_to_json(result.trace)

    one(-1)
    with ThreadPoolExecutor(threads) as pool, timed() as took:
        list(pool.map(one, range(count)))
    return rates(count, took)


def whole_run(
    model: LMConfig, rows: int, trials: int, concurrency: int, program: str = "one_step"
) -> dict[str, float]:
    """A run of random search, in an SQLite file of its own."""
    frame = pd.DataFrame(
        [{"question": f"Is item {i} of the list fine?", "answer": "yes"} for i in range(rows)]
    )
    data = Dataset(name="questions", origin="made by the benchmark", frame=frame)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/runs.sqlite")
        budget = preset("light", predictors=1).model_copy(
            update={"trials": trials, "val_cap": rows // 2}
        )
        config = RunConfig(
            name="throughput",
            program=program,
            dataset=store.put_dataset(data),
            dataset_name=data.name,
            mapping=FieldMapping(inputs={"question": "question"}, outputs={"answer": "answer"}),
            split=SplitConfig(train=0.2, val=0.6, test=0.2),
            metric="exact_match",
            optimizer="random_search",
            budget=budget,
            task_model=model,
            prompt_model=model,
            concurrency=concurrency,
        )
        run_id = store.create(config)
        with timed() as took:
            work(run_id, store, cache=None)
        results = [e for e in store.since(run_id, 0) if isinstance(_event(e), ExampleScored)]
    return rates(len(results), took)


def _event(stored: Any) -> Any:
    return getattr(stored, "event", stored)


def served(
    median: float, rows: int, trials: int, concurrency: int, program: str
) -> dict[str, float]:
    """A whole run against a server."""
    server = Server(median=median, sigma=0.5)
    try:
        model = LMConfig(
            model="test-model", api_base=f"{server.base}/v1", input_price=0.0, output_price=0.0
        )
        whole_run(model, 40, 1, concurrency)  # what a process does once
        server.reset()
        found = whole_run(model, rows, trials, concurrency, program)
        seen = server.summary()
    finally:
        server.close()
    bound = seen["latency_sum"] / concurrency
    took = {"seconds": found["seconds"], "cpu": found["cpu"]}
    return {
        **rates(seen["requests"], took),
        "limit": round(bound, 3),
        "ratio": round(found["seconds"] / bound, 3),
        "cpu_ratio": round(found["cpu"] / bound, 3),
    }


@contextlib.contextmanager
def sampled(every: float = 0.003) -> Iterator[collections.Counter[str]]:
    """Function → samples in which a thread was in it, itself or in what it called."""
    found: collections.Counter[str] = collections.Counter()
    ends = threading.Event()
    own: set[int] = set()

    def look() -> None:
        own.add(threading.get_ident())
        while not ends.wait(every):
            for thread, frame in sys._current_frames().items():
                if thread not in own and not _idle(frame):
                    found["all"] += 1
                    found.update(set(_functions(frame)))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        ends.set()
        watcher.join()


def _idle(frame: Any) -> bool:
    name = frame.f_code.co_filename
    return "threading.py" in name or "concurrent/futures" in name or "selectors" in name


def _functions(frame: Any) -> Iterator[str]:
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        yield f"{path.parent.name}/{path.name}:{frame.f_code.co_name}"
        frame = frame.f_back


def main() -> None:
    """Print a line per measurement and one JSON object at the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer calls")
    parser.add_argument("--profile", action="store_true", help="say where the time of `run` goes")
    parser.add_argument("--only", choices=["bare", "run", "served"])
    options = parser.parse_args()
    connection.OfflineEngine = lambda delay: AtOnce()  # type: ignore[misc, assignment]
    found: dict[str, Any] = {}
    if options.only in (None, "bare"):
        found["bare"] = bare(1000 if options.quick else 3000, 8)
        print("bare", found["bare"], flush=True)
    if options.only in (None, "run"):
        with sampled() if options.profile else contextlib.nullcontext() as samples:
            found["run"] = whole_run(LMConfig(), 300, 4 if options.quick else 20, 8)
        print("run", found["run"], flush=True)
        for name, count in (samples or collections.Counter()).most_common(70):
            print(f"{count / samples['all']:7.1%}  {name}")
    if options.only in (None, "served"):
        rows, trials = (300, 4) if options.quick else (1000, 40)
        for program in ("one_step", "two_step"):
            found[f"served_{program}"] = served(0.1, rows, trials, 64, program)
            print("served", program, found[f"served_{program}"], flush=True)
    print(json.dumps({"benchmark": "throughput", "quick": options.quick, **found}))


if __name__ == "__main__":
    os.environ.setdefault("STUDIO_HOME", tempfile.mkdtemp())
    main()
