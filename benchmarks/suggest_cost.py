"""Milliseconds that one decision of the adaptive search takes on one core.

The program has four predictors with 18 instructions and 18 demo sets each (10^10 candidates) and
300 validation examples. Up to 1,000 blocks the search decides itself, as in a run: told a block,
asked for the next with 60 results in flight. From there to 5,000 blocks, random candidates are
given ten blocks each, to save time. At 100, 1,000 and 5,000 blocks thirty decisions of the search
are timed. Refits, due after every quarter more results, are told apart. With `--alike`, every
choice passes or fails on each example by itself, so that candidates with a choice in common answer
alike and the surrogate has local effects. Prints one JSON object as its last line.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.simulation.worlds import DrawnWorld, Levels, MatrixWorld, Spreads, World
from core.search.allocation import Allocation
from core.search.pool import Choices
from core.search.terms import Terms

SIZES = (18, 18) * 4
EXAMPLES = 300
TIMED = 30
AHEAD = 6
"""Blocks in flight."""
DECIDED = 1000
"""Blocks that the search decides on itself."""


class Machine:
    """A search and the program it searches, with blocks in flight."""

    def __init__(self, world: World) -> None:
        self._world = world
        terms = Terms(examples=[str(e) for e in range(EXAMPLES)], budget=10**6)
        self.search = Allocation(Choices(sizes=SIZES), terms)
        self.done, self.refit_ms = 0, 0.0
        self._waiting: list[tuple[Levels, tuple[str, ...]]] = []
        self._rng = np.random.default_rng(0)

    def decide(self) -> float:
        """Milliseconds of one decision; the oldest block in flight is then done."""
        in_flight = [(levels, example) for levels, block in self._waiting for example in block]
        started = time.perf_counter()
        block = self.search.next_block(in_flight, seed=0)
        spent = 1000 * (time.perf_counter() - started)
        if block is not None:
            self._waiting.append((block.candidate, block.examples))
        if len(self._waiting) > AHEAD:
            self._tell(*self._waiting.pop(0))
        return spent

    def fill(self, blocks: int) -> None:
        """Blocks of random candidates, ten each, until so many are done."""
        while self.done < blocks:
            levels = tuple(int(self._rng.integers(size)) for size in SIZES)
            for start in range(0, 100, 10):
                self._tell(levels, tuple(str(e) for e in range(start, start + 10)))

    def _tell(self, levels: Levels, examples: tuple[str, ...]) -> None:
        answers = self._world.answers(levels)
        started = time.perf_counter()
        for example in examples:
            self.search.observe(levels, example, float(answers[int(example)]))
        self.refit_ms = max(self.refit_ms, 1000 * (time.perf_counter() - started))
        self.done += 1


def drawn_world() -> World:
    """Effects of choices and of pairs of them; nothing that belongs to single examples."""
    spreads = Spreads(pair=0.0075, own=0.015)
    return DrawnWorld(SIZES, EXAMPLES, (0.015, 0.023) * 4, spreads, 0)


def alike_world() -> World:
    """A candidate is right where all its choices pass; each does on nine in ten examples."""
    rng = np.random.default_rng(0)
    passes = [(rng.random((size, EXAMPLES)) < 0.92).astype(float) for size in SIZES]

    def truth(levels: Levels) -> float:
        rows = [stage[level] for stage, level in zip(passes, levels, strict=True)]
        return float(np.prod(rows, axis=0).mean())

    return MatrixWorld(passes, truth, range(EXAMPLES))


def main() -> None:
    """Prints a table and the JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 and 1,000 blocks only")
    parser.add_argument("--alike", action="store_true", help="candidates that answer alike")
    options = parser.parse_args()
    machine, rows = Machine(alike_world() if options.alike else drawn_world()), []
    for blocks in (100, 1000) if options.quick else (100, 1000, 5000):
        if blocks > DECIDED:
            machine.fill(blocks)
        while machine.done < blocks:
            machine.decide()
        timings = [machine.decide() for _ in range(TIMED)]
        rows.append(
            {
                "blocks": blocks,
                "local_share": round(machine.search.surrogate.hyperparameters.local_share, 2),
                "candidates": len(machine.search.surrogate.visited),
                "median_ms": round(float(np.median(timings)), 2),
                "p95_ms": round(float(np.percentile(timings, 95)), 2),
                "longest_refit_ms": round(machine.refit_ms, 1),
            }
        )
        print(rows[-1], flush=True)
    told = {"variables": len(SIZES), "alike": options.alike, "rows": rows}
    print(json.dumps({"benchmark": "suggest_cost", **told}))


if __name__ == "__main__":
    main()
