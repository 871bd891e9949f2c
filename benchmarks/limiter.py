"""Adaptive concurrency against a server that takes so many requests at once and refuses the rest.

Examples of a two-predictor program run, as in a run, in as many threads as are configured:

- *right*: 20 threads against a server that takes 20, the best there is;
- *many*: 64 threads against the same server;
- *change*: 64 threads against a server that takes 20, then 8, then 40;
- *chance*: 20 threads against a server that refuses one request in 20, whatever the load;
- *both*: 64 threads against a server that takes 20 and refuses one in 20 of them too.

How well a server is used is the latencies of its answers in a span, divided by the span and by what
it takes at once. Latencies are long beside the processor time of a call, so that it does not count.
Prints one JSON object as its last line.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import dspy  # noqa: E402

from benchmarks.programs.two_step import TwoStep  # noqa: E402
from benchmarks.wall_clock import Server  # noqa: E402
from core.data.dataset import Example  # noqa: E402
from core.evaluation.evaluator import evaluate_example  # noqa: E402
from core.evaluation.metrics import metric  # noqa: E402
from core.lm.connection import LMConfig, connect  # noqa: E402
from core.lm.limiter import Halted  # noqa: E402
from core.lm.traffic import Traffic  # noqa: E402

CHANCE = 0.05
"""Share of requests that is refused whatever the load."""


class Load:
    """Threads that run one example after the other until the block ends."""

    def __init__(self, server: Server, threads: int) -> None:
        self._traffic = Traffic()
        config = LMConfig(model="test-model", api_base=f"{server.base}/v1")
        self._lm = connect(config, role="task model", traffic=self._traffic)
        self._server, self._ends, self._program = server, threading.Event(), TwoStep()
        self._metric, self._lock = metric("exact_match"), threading.Lock()
        self._number = self.failed = 0
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]

    def __enter__(self) -> "Load":
        self._server.reset()
        for thread in self._threads:
            thread.start()
        while self._server.summary()["requests"] < 3 * len(self._threads):
            time.sleep(0.05)  # the first calls of a process wait for imports
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._traffic.recall(True)
        for thread in self._threads:
            thread.join(timeout=30)

    def seen(self, seconds: float, takes: int) -> dict[str, float]:
        """What happens within so many seconds from now, against a server that takes so many."""
        before, flow, since = self._server.summary(), self._flow(), time.perf_counter()
        time.sleep(seconds)
        after, now, lasted = self._server.summary(), self._flow(), time.perf_counter() - since
        sent = now[0] - flow[0]
        busy = after["latency_sum"] - before["latency_sum"]
        return {
            "per_second": round((after["requests"] - before["requests"]) / lasted, 1),
            "used": round(busy / lasted / takes, 3),
            "refused": round((now[1] - flow[1]) / sent, 4) if sent else 0.0,
            "allowed": now[2],
        }

    def _flow(self) -> tuple[int, int, int]:
        flows = self._traffic.flows()
        return (flows[0].calls, flows[0].refused, flows[0].allowed or 0) if flows else (0, 0, 0)

    def _work(self) -> None:
        while not self._ends.is_set():
            with self._lock:
                self._number += 1
                number = self._number
            inputs = {"question": f"Is item {number} of the list fine?"}
            example = Example(id=str(number), inputs=inputs, outputs={"answer": "yes"})
            try:
                result = evaluate_example(self._program, example, metric=self._metric, lm=self._lm)
            except Halted:  # at the end
                return
            with self._lock:
                self.failed += result.failure is not None


def limit(server: Server, takes: int | None, refused: float = 0.0) -> None:
    """From now on the server takes so many requests at once, but for a share refused at random."""
    body = json.dumps({"limit": takes, "refused": refused}).encode()
    request = urllib.request.Request(f"{server.base}/limit", data=body, method="POST")
    urllib.request.urlopen(request, timeout=5).close()


def settled(
    server: Server,
    threads: int,
    settle: float,
    seconds: float,
    *,
    takes: int | None = 20,
    refused: float = 0.0,
) -> dict[str, Any]:
    """A server of that kind, used as far as 20 at once: what happens at first, and then."""
    limit(server, takes, refused)
    with Load(server, threads) as load:
        first, then = load.seen(settle, 20), load.seen(seconds, 20)
    return {"first": first, "then": then, "failed": load.failed}


def changed(server: Server, settle: float, seconds: float) -> dict[str, Any]:
    """A server whose limit falls and rises while 64 threads ask."""
    found: dict[str, Any] = {}
    with Load(server, 64) as load:
        for takes in (20, 8, 40):
            limit(server, takes)
            found[f"first_{takes}"] = load.seen(settle, takes)
            found[f"then_{takes}"] = load.seen(seconds, takes)
    return {**found, "failed": load.failed}


def main() -> None:
    """Print a line per situation and one JSON object at the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes")
    parser.add_argument("--median", type=float, help="median latency in seconds")
    options = parser.parse_args()
    median = options.median or (0.25 if options.quick else 0.5)
    settle, seconds = (3.0, 8.0) if options.quick else (60.0, 60.0)
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
    server = Server(median=median, sigma=0.5)
    try:
        right = settled(server, 20, 2.0 if options.quick else 10.0, seconds)
        print("right", right, flush=True)
        many = settled(server, 64, settle, seconds)
        print("many", many, flush=True)
        change = changed(server, 5.0 if options.quick else 20.0, 3.0 if options.quick else 20.0)
        print("change", change, flush=True)
        chance = settled(server, 20, settle / 2, seconds, takes=None, refused=CHANCE)
        print("chance", chance, flush=True)
        both = settled(server, 64, settle, seconds, refused=CHANCE)
        print("both", both, flush=True)
    finally:
        server.close()
    found = {
        "benchmark": "limiter",
        "quick": options.quick,
        "median": median,
        "ratio": round(many["then"]["per_second"] / right["then"]["per_second"], 3),
        "refused": many["then"]["refused"],
        "used_after_change": {n: change[f"then_{n}"]["used"] for n in (20, 8, 40)},
        "used_beside_chance": {"chance": chance["then"]["used"], "both": both["then"]["used"]},
        "refused_beside_chance": {
            "chance": chance["then"]["refused"],
            "both": both["then"]["refused"],
        },
        "failed": sum(each["failed"] for each in (right, many, change, chance, both)),
        "right": right,
        "many": many,
        "change": change,
        "chance": chance,
        "both": both,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    os.environ.setdefault("STUDIO_HOME", tempfile.mkdtemp())
    main()
