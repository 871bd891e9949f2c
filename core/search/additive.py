"""The surrogate's belief as tables: what every level and every pair of two levels adds.

A candidate's score is, up to a constant and to what is particular to it, a sum of one entry per
variable and one per pair of variables. In this form the best of millions of candidates is found
by changing one level at a time, for the posterior mean as for joint draws from the posterior.
Draws are exact (Matheron's rule): a draw from the prior, moved by what it gets wrong at visited
candidates. Source: Wilson et al., Pathwise Conditioning of Gaussian Processes (2021).

Deliberately not here: which candidates are considered in the end (`pool`).
"""

from collections.abc import Sequence

import numpy as np

from core.search.crossed_effects import COMMON_VARIANCE, Posterior
from core.search.hyperparameters import CandidateSpreads
from core.search.linear import FloatArray, IntArray

SWEEPS = 3
"""Passes over all variables before the ascent gives up on reaching a fixed point."""


class Layout:
    """Where the levels and the pairs of levels of a space stand in one long row."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = tuple(sizes)
        count = len(self.sizes)
        self.main = np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int64)
        left, right = np.triu_indices(count, 1)
        widths = np.array(self.sizes, dtype=np.int64)
        starts = np.cumsum(np.concatenate([[self.main[-1]], widths[left] * widths[right]]))
        self.width = int(starts[-1])
        self._left, self._right, self._starts = left, right, starts[:-1].astype(np.int64)
        self._widths = widths
        self._around = [self._strides(variable) for variable in range(count)]

    @property
    def mains(self) -> int:
        """How many of the first entries belong to single levels; the others belong to pairs."""
        return int(self.main[-1])

    def entries(self, levels: IntArray) -> IntArray:
        """[K, variables + pairs]: the entries that make up each of the candidates."""
        pairs = self._starts + levels[:, self._left] * self._widths[self._right]
        return np.concatenate([self.main[:-1] + levels, pairs + levels[:, self._right]], axis=1)

    def changed(self, levels: IntArray, variable: int) -> IntArray:
        """[K, level, entries]: the entries that depend on `variable`, for each of its levels."""
        others, starts, theirs, own = self._around[variable]
        ladder = np.arange(self.sizes[variable])
        pairs = (starts + levels[:, others] * theirs)[:, None, :] + ladder[:, None] * own
        mains = np.broadcast_to(self.main[variable] + ladder[:, None], (*pairs.shape[:2], 1))
        return np.concatenate([mains, pairs], axis=2)

    def _strides(self, variable: int) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """The other variables, and per pair with them its start and the two strides."""
        first = self._left == variable
        mine = first | (self._right == variable)
        others = np.where(first, self._right, self._left)[mine]
        wide = self._widths[self._right][mine]
        first = first[mine]
        return others, self._starts[mine], np.where(first, 1, wide), np.where(first, wide, 1)


def tables(
    layout: Layout,
    levels: IntArray,
    state: Posterior,
    spreads: CandidateSpreads,
    normals: np.random.Generator | None = None,
    draws: int = 0,
) -> FloatArray:
    """[1 + draws, width]: the posterior mean, then joint draws, as entries of the layout.

    `levels` are the candidates that `state` is about. Results in flight narrow the draws.
    """
    scale = np.full(layout.width, spreads.pair)
    scale[: layout.mains] = np.repeat(spreads.main, layout.sizes)
    entries = layout.entries(levels)
    alphas = state.alpha[None, :]
    prior = np.zeros((1, layout.width))
    if normals is not None and draws:
        prior = np.concatenate([prior, normals.standard_normal((draws, layout.width)) * scale])
        alone = normals.standard_normal((draws, len(levels))) * spreads.rest
        common = normals.standard_normal((draws, 1)) * COMMON_VARIANCE**0.5
        at_visited = prior[1:, entries].sum(axis=2) + alone + common
        moved = state.drawn(normals.standard_normal((len(levels), draws)), at_visited.T).T
        alphas = np.concatenate([alphas, moved])
    flat = entries.ravel()
    moves = [
        np.bincount(flat, np.repeat(alpha, entries.shape[1]), minlength=layout.width)
        for alpha in alphas
    ]
    drawn: FloatArray = prior + scale**2 * np.array(moves)
    return drawn


def values(layout: Layout, functions: FloatArray, levels: IntArray) -> FloatArray:
    """[K]: each function at the candidate in the same row."""
    rows = np.arange(len(levels))[:, None]
    summed: FloatArray = functions[rows, layout.entries(levels)].sum(axis=1)
    return summed


def ascend(layout: Layout, functions: FloatArray, starts: IntArray) -> IntArray:
    """Where changing one level at a time leads from each start, for the function in its row.

    Entries of minus infinity are never moved to.
    """
    found = starts.copy()
    rows = np.arange(len(starts))[:, None, None]
    for _ in range(SWEEPS):
        before = found.copy()
        for variable in range(len(layout.sizes)):
            gains = functions[rows, layout.changed(found, variable)].sum(axis=2)
            found[:, variable] = gains.argmax(axis=1)
        if (found == before).all():
            break
    return found
