"""Do the intervals and the word "better" hold what they promise? Simulated, with a known truth.

Every comparison draws examples of unlike difficulty that all candidates share, runs one reference
and 1 or 19 other candidates on them, and asks `core.evaluation.statistics` as the product does.
Counted are comparisons in which every interval holds its true difference (of 2,000: 95 % promised,
93 to 97 % demanded), and those in which anything is called better or worse that is not (at most
5 %). With 20 candidates one miss among the 19 spoils the comparison. In "equal" all candidates are
equally good, in "unequal" every other one differs from the reference.

Below the table: the winner's case, in which somebody looks at the best-looking of 19 only and knows
of the others no more than their number; and scores that rarely differ, which no requirement names.
Prints one JSON object as its last line.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from core.evaluation.statistics import PairedDifference, paired_differences  # noqa: E402

SIMULATIONS, QUICK = 2_000, 80
SIZES = (30, 100, 300)
METRICS = ("0/1", "graded")
DIFFICULTY, TASTE = 1.5, 1.0
"""Standard deviations, in logits: what makes an example hard for all, and for one candidate."""
REFERENCE, BEST = 0.3, 0.7
"""Ability of the reference, and how far others lie from it, in logits."""
EXTREME = 0.4
"""Share of graded scores that are all or nothing, as with word overlap."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class World:
    """Where scores come from."""

    metric: str
    abilities: tuple[float, ...]
    """The reference's first."""
    difficulty: float = DIFFICULTY
    taste: float = TASTE

    @property
    def truth(self) -> Floats:
        """True difference of each other candidate to the reference."""
        places, weights = np.polynomial.hermite_e.hermegauss(100)
        spread = np.hypot(self.difficulty, self.taste)
        logits = np.array(self.abilities)[:, None] + spread * places
        means = (weights / weights.sum() / (1 + np.exp(-logits))).sum(axis=1)
        return np.asarray(means[1:] - means[0])

    def scores(self, n: int, rng: np.random.Generator) -> Floats:
        """Examples by candidates."""
        shared = rng.normal(0, self.difficulty, n)[:, None]
        own = rng.normal(0, self.taste, (n, len(self.abilities)))
        right = 1 / (1 + np.exp(-(np.array(self.abilities) + shared + own)))
        full = (rng.random(right.shape) < right).astype(float)
        if self.metric == "0/1":
            return full
        partial = np.round(rng.beta(2 * right, 2 * (1 - right)), 3)
        return np.where(rng.random(right.shape) < EXTREME, full, partial)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One row of the table."""

    candidates: int
    metric: str
    truth: str
    n: int
    simulations: int
    coverage: float
    """Share of comparisons in which all intervals hold."""
    false_claims: float
    """Share in which anything false is called better or worse."""
    power: float
    """Share of true differences that are shown."""
    disagreements: float
    """Share of differences on which interval and test say different things."""

    @property
    def holds(self) -> bool:
        """Whether the row meets the requirement."""
        return 0.93 <= self.coverage <= 0.97 and self.false_claims <= 0.05


def abilities(candidates: int, truth: str) -> tuple[float, ...]:
    """Of a reference and the others; every other one as good as the reference where unequal."""
    others = candidates - 1
    if truth == "equal":
        return (REFERENCE,) * candidates
    steps = np.linspace(-BEST, BEST, others) if others > 1 else np.array([BEST])
    moved = np.arange(others) % 2 == 0
    return (REFERENCE, *(REFERENCE + np.where(moved, steps, 0.0)).tolist())


def cells(simulations: int) -> Iterator[Cell]:
    """The required rows."""
    for candidates in (2, 20):
        for metric in METRICS:
            for truth in ("equal", "unequal"):
                world = World(metric=metric, abilities=abilities(candidates, truth))
                for n in SIZES:
                    yield measured(world, n, simulations, truth)


def hard_cells(simulations: int) -> Iterator[Cell]:
    """Candidates that agree on nearly every example."""
    for candidates in (2, 20):
        for metric in METRICS:
            world = World(
                metric=metric,
                abilities=(3.0,) * candidates,
                difficulty=3.0,
                taste=0.2,
            )
            for n in SIZES:
                yield measured(world, n, simulations, "rarely differ")


def measured(world: World, n: int, simulations: int, truth: str) -> Cell:
    """One cell; the same call gives the same numbers."""
    rng = np.random.default_rng([n, len(world.abilities), len(world.metric), len(truth)])
    true = world.truth
    held = claimed = shown = torn = 0
    for _ in range(simulations):
        drawn = world.scores(n, rng)
        found = paired_differences(drawn[:, 0], drawn[:, 1:])
        held += all(holds(each, value) for each, value in zip(found, true, strict=True))
        claimed += any(is_false(each, value) for each, value in zip(found, true, strict=True))
        shown += sum(each.shown is not None for each, value in zip(found, true, strict=True)
                     if abs(value) > 1e-9)  # fmt: skip
        torn += sum((each.p_value <= 0.05) == (each.low <= 0 <= each.high) for each in found)
    different = int((np.abs(true) > 1e-9).sum())
    return Cell(
        candidates=len(world.abilities),
        metric=world.metric,
        truth=truth,
        n=n,
        simulations=simulations,
        coverage=held / simulations,
        false_claims=claimed / simulations,
        power=shown / (simulations * different) if different else float("nan"),
        disagreements=torn / (simulations * len(true)),
    )


def winners(simulations: int) -> Iterator[dict[str, object]]:
    """Share of false claims on the best-looking of 19 others.

    Judged alone with `looked_at=19`, and as if it were the only one.
    """
    for metric in METRICS:
        world = World(metric=metric, abilities=abilities(20, "equal"))
        for n in SIZES:
            rng, wrong, naive = np.random.default_rng([n, 7]), 0, 0
            for _ in range(simulations):
                drawn = world.scores(n, rng)
                best = 1 + int(np.argmax(drawn[:, 1:].mean(axis=0)))
                pair = drawn[:, 0], drawn[:, best : best + 1]
                wrong += paired_differences(*pair, looked_at=19)[0].shown is not None
                naive += paired_differences(*pair)[0].shown is not None
            yield {
                "metric": metric,
                "n": n,
                "corrected": wrong / simulations,
                "uncorrected": naive / simulations,
            }


def holds(found: PairedDifference, truth: float) -> bool:
    """Whether the interval holds the truth."""
    return bool(found.low - 1e-9 <= truth <= found.high + 1e-9)


def is_false(found: PairedDifference, truth: float) -> bool:
    """Whether it is called better or worse and is not."""
    sign = {"better": 1, "worse": -1, None: 0}[found.shown]
    return sign != 0 and sign * truth <= 1e-9


def print_cell(cell: Cell, *, required: bool) -> None:
    """One row of the table."""
    power = "" if np.isnan(cell.power) else f"{cell.power:6.1%}"
    verdict = _judged(cell) if required else ""
    print(
        f"{cell.candidates:>10} {cell.metric:>7} {cell.truth:>13} {cell.n:>5} "
        f"{cell.coverage:>9.2%} {cell.false_claims:>8.2%} {power:>7} "
        f"{cell.disagreements:>9.2%}  {verdict}",
        flush=True,
    )


def _judged(cell: Cell) -> str:
    """Whether the row holds; a miss that so few simulations can bring about by chance is none."""
    if cell.holds:
        return "ok"
    error = 2 * (0.05 * 0.95 / cell.simulations) ** 0.5
    near = 0.93 - error <= cell.coverage <= 0.97 + error and cell.false_claims <= 0.05 + error
    return "within the simulation's own error" if near else "MISSED"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} simulations, some seconds")
    parser.add_argument("--simulations", type=int, default=None)
    options = parser.parse_args()
    simulations = options.simulations or (QUICK if options.quick else SIMULATIONS)
    started = time.perf_counter()
    print(f"{simulations:,} comparisons per row; demanded: 93 to 97 % coverage, at most 5 % false")
    print("candidates  metric         truth     n  coverage    false   power  disagree")
    required, hard = [], []
    for cell in cells(simulations):
        print_cell(cell, required=True)
        required.append(cell)
    print("not required: candidates that agree on nearly all examples")
    for cell in hard_cells(simulations):
        print_cell(cell, required=False)
        hard.append(cell)
    print("the best-looking of 19, all equal: false claims when corrected for 19, and when not")
    best = []
    for row in winners(simulations):
        print(f"{row['metric']:>18} {row['n']:>19} {row['corrected']:>18.2%} "
              f"{row['uncorrected']:>8.2%}", flush=True)  # fmt: skip
        best.append(row)
    print(
        json.dumps(
            {
                "simulations": simulations,
                "cells": [_plain(cell) for cell in required],
                "rarely_differ": [_plain(cell) for cell in hard],
                "winner": best,
                "all_hold": all(cell.holds for cell in required),
                "seconds": round(time.perf_counter() - started, 1),
            }
        )
    )


def _plain(cell: Cell) -> dict[str, object]:
    return {
        name: None if isinstance(value, float) and np.isnan(value) else value
        for name, value in asdict(cell).items()
    }


if __name__ == "__main__":
    main()
