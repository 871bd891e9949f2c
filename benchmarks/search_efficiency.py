"""Calls that the adaptive search needs to reach what DSPy 3.4.1's MIPROv2 reaches, and more.

For every scenario and seed, MIPROv2's own search loop and the adaptive search look for the best
candidate of the same simulated program (`simulation.worlds` says how they are made, and
`simulation.curves` how calls are counted). In one scenario the installed dspy package's own loop
runs beside our transcript of it, to show that the two find the same candidates. Prints a table
with standard errors and one JSON object as its last line.

    python -m benchmarks.search_efficiency [--quick] [--seeds 100] [--scenarios light_1,...]
"""

import argparse
import json
import os
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Iterable
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread for each of the processes
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
warnings.simplefilter("ignore")

import numpy as np  # noqa: E402

from benchmarks.simulation.adaptive import adaptive_search  # noqa: E402
from benchmarks.simulation.curves import Measure, calls_needed, mean, true_scores  # noqa: E402
from benchmarks.simulation.mipro_v2 import package_loop, search_loop  # noqa: E402
from benchmarks.simulation.scenarios import (  # noqa: E402
    DRAWN,
    SCENARIOS,
    STRUCTURED,
    Scenario,
)
from benchmarks.simulation.worlds import matrices_present  # noqa: E402

BY_KEY = {scenario.key: scenario for scenario in SCENARIOS}
BLOCK = 10
IN_FLIGHT = {"light_1": (32, 64), "medium_1": (32, 64), "medium_2": (32, 64)}
"""Examples in flight together, beside one block of ten, which all scenarios have."""
AGREEMENT = "light_1"
MORE_SEEDS = {"zero_shot": 3, "near_ties": 3}
"""Where differences between candidates are small and searches cheap: so many times the seeds."""
QUICK_SEEDS = {"light_1": 20, "medium_1": 8, "zero_shot": 8, "near_ties": 6, "gsm8k": 8}


class Task(NamedTuple):
    """One search; no slots stands for MIPROv2."""

    key: str
    seed: int
    slots: int


class Outcome(NamedTuple):
    """What one search came to."""

    task: Task
    scores: np.ndarray
    """True score of the recommended candidate: at the end, or at each percent of the calls."""
    used: float
    """Share of MIPROv2's calls that were made."""
    early: bool
    """Whether it stopped by itself."""


def outcome(task: Task) -> Outcome:
    """Runs one search."""
    scenario = BY_KEY[task.key]
    world, calls = scenario.world(task.seed), scenario.peer.calls
    if not task.slots:
        found = search_loop(world, scenario.peer.trials, task.seed)
        return Outcome(task, np.array([world.truth(found.best)]), found.calls / calls, False)
    searched = adaptive_search(world, calls, task.seed, slots=task.slots)
    scores = true_scores(searched.path, world, calls)
    used = searched.path[-1][0]
    return Outcome(task, scores, used / calls, used < calls)


class Row(NamedTuple):
    """One line of the table; scores in points, calls in percent of MIPROv2's."""

    scenario: str
    in_flight: int
    seeds: int
    mipro_v2: Measure
    adaptive: Measure
    difference: Measure
    calls: Measure
    used: float
    early_stops: float
    verdict: str


def row(scenario: Scenario, slots: int, peer: list[Outcome], ours: list[Outcome]) -> Row:
    """The line of one scenario, `peer` and `ours` with the same seeds in the same order."""
    final = 100 * np.concatenate([result.scores for result in peer])
    curves = 100 * np.stack([result.scores for result in ours])
    difference = mean(curves[:, -1] - final)
    return Row(
        scenario=scenario.key,
        in_flight=slots,
        seeds=len(peer),
        mipro_v2=mean(final),
        adaptive=mean(curves[:, -1]),
        difference=difference,
        calls=calls_needed(final, curves),
        used=float(np.mean([result.used for result in ours])),
        early_stops=float(np.mean([result.early for result in ours])),
        verdict=_verdict(difference),
    )


def _verdict(difference: Measure) -> str:
    if difference.value > 2 * difference.error:
        return "better"
    return "as good" if difference.value >= -difference.error else "worse"


def tasks_of(keys: Iterable[str], seeds: dict[str, int], first: int, quick: bool) -> list[Task]:
    """Every search to run, the long ones first."""
    tasks = [
        Task(key, first + number, slots)
        for key in keys
        for number in range(seeds[key])
        for slots in (0, BLOCK, *(() if quick else IN_FLIGHT.get(key, ())))
    ]
    return sorted(tasks, key=lambda task: -BY_KEY[task.key].peer.calls)


def rows_of(results: Iterable[Outcome]) -> list[Row]:
    """The table, in the order of the scenarios."""
    groups: dict[tuple[str, int], list[Outcome]] = defaultdict(list)
    for result in sorted(results, key=lambda result: result.task.seed):
        groups[result.task.key, result.task.slots].append(result)
    return [
        row(scenario, slots, groups[scenario.key, 0], groups[scenario.key, slots])
        for scenario in SCENARIOS
        for slots in (BLOCK, *IN_FLIGHT.get(scenario.key, ()))
        if (scenario.key, slots) in groups
    ]


def agreement(seeds: int) -> dict[str, Any]:
    """How often the package's loop and the transcript end with the same candidate."""
    scenario, same = BY_KEY[AGREEMENT], 0
    for seed in range(seeds):
        world = scenario.world(seed)
        ours = search_loop(world, scenario.peer.trials, seed).best
        same += package_loop(world, scenario.peer.trials, seed) == ours
    return {"scenario": AGREEMENT, "seeds": seeds, "same_candidate": same}


def summary(rows: list[Row]) -> dict[str, float | None]:
    """Averages that the targets are about, of what was run."""
    alone = {line.scenario: line for line in rows if line.in_flight == BLOCK}
    numbers = {
        "calls_structured": _average(alone[key].calls.value for key in STRUCTURED if key in alone),
        "calls_structured_worst": max(
            (alone[key].calls.value for key in STRUCTURED if key in alone), default=None
        ),
        "difference_drawn": _average(alone[key].difference.value for key in DRAWN if key in alone),
    }
    for slots in (32, 64):
        lines = [line.calls.value for line in rows if line.in_flight == slots]
        numbers[f"calls_in_flight_{slots}"] = _average(lines)
    return numbers


def _average(values: Iterable[float]) -> float | None:
    listed = list(values)
    return float(np.mean(listed)) if listed else None


def table(rows: list[Row]) -> str:
    """The lines for people."""
    head = (
        f"{'scenario':<12}{'in flight':>10}{'seeds':>6}  {'MIPROv2':>12}  {'adaptive':>12}  "
        f"{'difference':>13}  {'calls':>13}  {'used':>5} {'early':>5}  verdict"
    )
    lines = [
        f"{line.scenario:<12}{line.in_flight:>10}{line.seeds:>6}  {_shown(line.mipro_v2)}  "
        f"{_shown(line.adaptive)}  {_shown(line.difference, '+')}  "
        f"{line.calls.value:>4.0f} % ({line.calls.error:>3.0f})  {line.used:>5.0%} "
        f"{line.early_stops:>5.0%}  {line.verdict}"
        for line in rows
    ]
    return "\n".join([head, *lines])


def _shown(measure: Measure, sign: str = "") -> str:
    width = 6 if sign else 5
    return f"{measure.value:>{sign}{width}.1f} ({measure.error:4.2f})"


def main() -> None:
    """Runs the searches in two processes and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute on two cores")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--scenarios", default=",".join(BY_KEY))
    options = parser.parse_args()
    keys = [key for key in options.scenarios.split(",") if not options.quick or key in QUICK_SEEDS]
    if not matrices_present():
        print("The real answers are not at ../shared/data beside the project: left out.")
        keys = [key for key in keys if not BY_KEY[key].real]
    full = {key: options.seeds * MORE_SEEDS.get(key, 1) for key in BY_KEY}
    seeds = QUICK_SEEDS if options.quick else full
    started = time.perf_counter()
    tasks = tasks_of(keys, seeds, options.first_seed, options.quick)
    with get_context("spawn").Pool(options.processes) as pool:
        rows = rows_of(pool.imap_unordered(outcome, tasks, chunksize=1))
    agreed = agreement(5 if options.quick else 20)
    print(table(rows))
    print(
        f"the package's own loop ends with the same candidate as the transcript in "
        f"{agreed['same_candidate']} of {agreed['seeds']} runs ({agreed['scenario']})"
    )
    report = {
        "benchmark": "search_efficiency",
        "quick": options.quick,
        "seconds": round(time.perf_counter() - started, 1),
        "summary": summary(rows),
        "agreement": agreed,
        "rows": [_plain(line) for line in rows],
    }
    print(json.dumps(report))


def _plain(line: Row) -> dict[str, Any]:
    return {
        name: value._asdict() if isinstance(value, Measure) else value
        for name, value in line._asdict().items()
    }


if __name__ == "__main__":
    main()
