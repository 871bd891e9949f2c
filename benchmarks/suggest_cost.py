"""Milliseconds that one decision of the adaptive search takes on one core.

The program has four predictors with 18 instructions and 18 demo sets each (10^10 candidates) and
300 validation examples. The search decides and is told results until 100, 1,000 and 5,000 blocks
are in; at each of these points, decisions with one new block between them are timed, as they are
made in a run: told a block, asked for the next with 64 results in flight. Prints one JSON object
as its last line.
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

from benchmarks.simulation.worlds import DrawnWorld, Spreads
from core.search.allocation import Allocation, Block, Terms
from core.search.pool import Choices

SIZES = (18, 18) * 4
EXAMPLES = 300
TIMED = 30
AHEAD = 6
"""Blocks in flight."""


def main() -> None:
    """Prints a table and the JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 and 1,000 blocks only")
    options = parser.parse_args()
    points = (100, 1000) if options.quick else (100, 1000, 5000)
    world = DrawnWorld(SIZES, EXAMPLES, (0.015, 0.023) * 4, Spreads(pair=0.0075, own=0.015), 0)
    search = Allocation(
        Choices(sizes=SIZES), Terms(examples=[str(e) for e in range(EXAMPLES)], budget=10**6)
    )
    waiting: list[Block] = []
    timings: list[float] = []
    done, rows = 0, []
    while done < points[-1] + TIMED:
        in_flight = [(block.candidate, e) for block in waiting for e in block.examples]
        before = time.perf_counter()
        block = search.next_block(in_flight, seed=0)
        timings.append(1000 * (time.perf_counter() - before))
        if block is None:
            break
        waiting.append(block)
        if len(waiting) > AHEAD:
            first = waiting.pop(0)
            answers = world.answers(first.candidate)
            for example in first.examples:
                search.observe(first.candidate, example, float(answers[int(example)]))
            done += 1
        if done - TIMED in points and len(rows) < points.index(done - TIMED) + 1:
            last = np.array(timings[-TIMED:])
            rows.append(
                {
                    "blocks": done - TIMED,
                    "candidates": len(search.surrogate.visited),
                    "median_ms": round(float(np.median(last)), 2),
                    "p95_ms": round(float(np.percentile(last, 95)), 2),
                }
            )
            print(rows[-1], flush=True)
    print(json.dumps({"benchmark": "suggest_cost", "variables": len(SIZES), "rows": rows}))


if __name__ == "__main__":
    main()
