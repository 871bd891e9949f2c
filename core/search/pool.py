"""What may be chosen now, and the candidates that an allocation weighs against each other.

A space of at most 400 candidates is weighed as a whole. Of a larger one: the best visited ones,
where changing one level at a time leads under the posterior mean and under draws from the
posterior, what is one change away from the best of these, and some at random.

Deliberately not here: how they are weighed (`knowledge_gradient`).
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.search.additive import Layout, ascend, values
from core.search.linear import FloatArray, IntArray
from core.search.results import level_array
from core.search.space import Levels

WHOLE = 400
"""Spaces of at most this many candidates are weighed as a whole."""
VISITED = 50
DRAWS = 12
NEIGHBOURS = 60
RANDOM = 24
"""Of a larger space: best visited candidates, posterior draws, neighbours, random candidates."""

Ban = tuple[tuple[int, int], ...]
"""(variable, level) pairs which no candidate may have together; a single pair bans a level."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Which candidates may be chosen: the space, less the bans, within the pins."""

    sizes: tuple[int, ...]
    """Number of levels of each variable."""
    bans: frozenset[Ban] = frozenset()
    pins: Mapping[int, int] = field(default_factory=dict)
    """Variable → the only level it may have."""

    def levels(self, variable: int) -> tuple[int, ...]:
        """The levels of a variable that are open, combinations aside."""
        if variable in self.pins:
            return (self.pins[variable],)
        size = self.sizes[variable]
        return tuple(level for level in range(size) if ((variable, level),) not in self.bans)

    def allows(self, candidate: Levels) -> bool:
        """Whether the candidate is in the space, within the pins, and not banned."""
        return bool(self.allowed(np.array([candidate]))[0])

    def allowed(self, levels: IntArray) -> npt.NDArray[np.bool_]:
        """`allows` for each of the candidates given as rows of levels."""
        allowed = np.ones(len(levels), dtype=bool)
        for variable, size in enumerate(self.sizes):
            allowed &= levels[:, variable] < size
        for variable, level in self.pins.items():
            allowed &= levels[:, variable] == level
        for ban in self.bans:
            has_all = np.ones(len(levels), dtype=bool)
            for variable, level in ban:
                has_all &= levels[:, variable] == level
            allowed &= ~has_all
        return allowed

    @property
    def count(self) -> int:
        """Number of combinations of open levels; banned combinations are still counted."""
        return math.prod(len(self.levels(variable)) for variable in range(len(self.sizes)))

    def every(self) -> list[Levels]:
        """Every candidate that is allowed. Only for spaces known to be small."""
        open_levels = [self.levels(variable) for variable in range(len(self.sizes))]
        return [
            candidate for candidate in itertools.product(*open_levels) if self.allows(candidate)
        ]

    def random(self, rng: np.random.Generator, count: int) -> list[Levels]:
        """`count` draws from the open levels, less those that a combination bans."""
        columns = [rng.choice(self.levels(v), count).tolist() for v in range(len(self.sizes))]
        return self.kept(list(zip(*columns, strict=True)))

    def kept(self, candidates: Sequence[Levels]) -> list[Levels]:
        """Those of the candidates that are allowed."""
        levels = level_array(candidates, len(self.sizes))
        return list(itertools.compress(candidates, self.allowed(levels)))


def latin_hypercube(
    choices: Choices, count: int, rng: np.random.Generator, first: Levels | None = None
) -> list[Levels]:
    """At most `count` distinct candidates in which every open level comes about equally often.

    They begin with `first`, whose levels must be open.
    """
    columns: list[list[int]] = []
    for variable in range(len(choices.sizes)):
        open_levels = np.array(choices.levels(variable))
        rounds = math.ceil(count / len(open_levels))
        shuffled = np.concatenate([rng.permutation(open_levels) for _ in range(rounds)])
        column: list[int] = rng.permutation(shuffled[:count]).tolist()
        if first is not None:
            own = first[variable]
            place = column.index(own) if own in column else 0
            column[place], column[0] = column[0], own
        columns.append(column)
    rows = dict.fromkeys(zip(*columns, strict=True))
    return choices.kept(list(rows))


def large_pool(
    choices: Choices,
    layout: Layout,
    functions: FloatArray,
    visited: Sequence[Levels],
    rng: np.random.Generator,
) -> list[Levels]:
    """The candidates of a large space that are worth weighing, distinct and allowed.

    `functions` are the posterior mean and draws as `additive.tables`; `visited` are the best
    visited candidates, best first.
    """
    opened = functions.copy()
    opened[:, : layout.mains][:, ~_open_mask(choices)] = -np.inf
    peaks = _peaks(layout, opened, choices, visited)
    around = _neighbours(layout, opened[0], peaks[0])
    found = np.concatenate([peaks, around])
    pool = dict.fromkeys(visited)
    pool.update(dict.fromkeys(map(tuple, found[choices.allowed(found)].tolist())))
    pool.update(dict.fromkeys(choices.random(rng, RANDOM)))
    return list(pool)


def _open_mask(choices: Choices) -> npt.NDArray[np.bool_]:
    """Which main entries of the layout are open."""
    mask: list[bool] = []
    for variable, size in enumerate(choices.sizes):
        open_levels = set(choices.levels(variable))
        mask.extend(level in open_levels for level in range(size))
    return np.array(mask)


def _peaks(
    layout: Layout, functions: FloatArray, choices: Choices, visited: Sequence[Levels]
) -> IntArray:
    """For each function the better of two ascents: from its best levels, from the best visited."""
    bounds = itertools.pairwise(layout.main)
    alone = np.stack([functions[:, low:high].argmax(axis=1) for low, high in bounds], axis=1)
    if not visited or not choices.allows(visited[0]):
        return ascend(layout, functions, alone)
    twice = np.concatenate([functions, functions])
    seen = np.tile(np.array(visited[0], dtype=np.int64), (len(functions), 1))
    found = ascend(layout, twice, np.concatenate([alone, seen]))
    first, second = np.split(values(layout, twice, found), 2)
    from_levels, from_seen = np.split(found, 2)
    return np.where((second > first)[:, None], from_seen, from_levels)


def _neighbours(layout: Layout, mean: FloatArray, peak: IntArray) -> IntArray:
    """The best candidates, by posterior mean, that differ from the peak in one variable."""
    changed = []
    for variable, size in enumerate(layout.sizes):
        block = np.tile(peak, (size, 1))
        block[:, variable] = np.arange(size)
        changed.append(block)
    around = np.concatenate(changed)
    worth = mean[layout.entries(around)].sum(axis=1)
    return around[np.argsort(-worth, kind="stable")[:NEIGHBOURS]]
