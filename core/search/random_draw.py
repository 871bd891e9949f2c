"""Candidates drawn at random: the control for every rule that learns."""

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np

from core.search.observation import Observation
from core.search.space import Levels

TRIES = 200
"""Draws before the candidates that are left are listed."""


def draw_candidate(
    sizes: Sequence[int],
    observations: Sequence[Observation],
    *,
    pending: Iterable[Levels] = (),
    exhausted: frozenset[Levels] = frozenset(),
    seed: int,
) -> Levels | None:
    """Any candidate that is not exhausted, whatever was observed; None when none is left."""
    if len(exhausted) >= math.prod(sizes):
        return None
    return draw(sizes, exhausted=exhausted, seed=seed)


def draw(sizes: Sequence[int], *, exhausted: frozenset[Levels], seed: int) -> Levels:
    """Any candidate that is not exhausted, all equally likely; there must be one."""
    rng = np.random.default_rng(seed)
    for _ in range(TRIES):
        levels = tuple(int(rng.integers(size)) for size in sizes)
        if levels not in exhausted:
            return levels
    every = itertools.product(*(range(size) for size in sizes))
    left = [levels for levels in every if levels not in exhausted]
    return left[int(rng.integers(len(left)))]
