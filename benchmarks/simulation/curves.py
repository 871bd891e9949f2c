"""From what searches recommended on their way to calls and points, with standard errors.

Calls to MIPROv2's score. Let M be the mean over seeds of the true score of the candidate that
MIPROv2's full run ends with, and A(x) the mean over the same seeds of the true score of what the
adaptive search recommends after x percent of MIPROv2's calls. The number is the least x, in steps
of one percent, with A(x) >= M; a search that never gets there counts as 100, or more when asked
for beyond. Its standard error is that of 400 bootstrap samples of seeds, both runs of a seed
together.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.simulation.worlds import Levels, World

GRID = np.arange(1, 101)
"""Percent of MIPROv2's calls."""
SAMPLES = 400


class Measure(NamedTuple):
    """A number and its standard error."""

    value: float
    error: float


def true_scores(path: Sequence[tuple[int, Levels]], world: World, calls: int) -> np.ndarray:
    """[100]: true score of what was recommended at each percent of `calls`."""
    at = np.array([done for done, _ in path])
    scores = np.array([world.truth(levels) for _, levels in path])
    last = np.searchsorted(at, GRID * calls / 100 + 1e-9, side="right") - 1
    return scores[np.maximum(last, 0)]


def calls_needed(peer: np.ndarray, curves: np.ndarray) -> Measure:
    """Percent of MIPROv2's calls; `peer` [seeds] are final true scores, `curves` [seeds, 100]."""
    rng, seeds = np.random.default_rng(0), len(peer)
    samples = [_crossing(peer[i], curves[i]) for i in rng.integers(0, seeds, (SAMPLES, seeds))]
    return Measure(_crossing(peer, curves), float(np.std(samples)))


def _crossing(peer: np.ndarray, curves: np.ndarray) -> float:
    reached = np.flatnonzero(curves.mean(axis=0) >= peer.mean() - 1e-12)
    return float(GRID[reached[0]]) if len(reached) else 100.0


def mean(values: np.ndarray) -> Measure:
    """Mean and standard error."""
    spread = values.std(ddof=1) if len(values) > 1 else 0.0
    return Measure(float(values.mean()), float(spread / len(values) ** 0.5))
