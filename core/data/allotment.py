"""Groups of rows into parts of given sizes, each stratum spread evenly: the arithmetic of a split.

Knows row counts only, neither columns nor values.
"""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def sizes_of(rows: int, shares: NDArray[np.float64]) -> list[int]:
    """`rows` divided by largest remainder (Hamilton's method), the earlier part first on a tie."""
    # Rounded, or 0.29 * 100 = 28.999999999999996 would tie wrongly.
    quotas = np.round(rows * shares, 9)
    sizes = np.floor(quotas).astype(np.int64)
    by_remainder = np.argsort(-np.round(quotas - sizes, 9), kind="stable")
    sizes[by_remainder[: rows - int(sizes.sum())]] += 1
    return [int(size) for size in sizes]


def placed(
    sizes: Integers, table: Integers, *, strata: Integers, rng: np.random.Generator
) -> Integers:
    """The part of each group, given its rows, its stratum, and `table`: stratum by part → rows.

    Large groups are placed first, since the single rows that come last fill every part exactly.
    Of the parts with room, the one that misses most rows of the group's stratum gets it.
    """
    room, wanted = table.sum(axis=0).tolist(), table.tolist()
    order = np.lexsort((rng.random(len(sizes)), -sizes))
    empty = set(range(len(room)))
    parts = np.empty(len(sizes), dtype=np.int64)
    for left, group in zip(range(len(order), 0, -1), order.tolist(), strict=True):
        size, misses = int(sizes[group]), wanted[strata[group]]
        allowed = sorted(empty) if left <= len(empty) else range(len(room))
        fitting = [part for part in allowed if room[part] >= size]
        part = max(fitting or allowed, key=lambda p: (bool(fitting) * misses[p], room[p]))
        room[part] -= size
        misses[part] -= size
        empty.discard(part)
        parts[group] = part
    return parts


def stratum_table(
    stratum_rows: Integers, targets: list[int], shares: NDArray[np.float64]
) -> Integers:
    """Stratum by part → rows: each stratum divided by the shares, each part of its target size.

    Rows move between parts in the strata whose own rounding they undo best; a stratum keeps its
    last row in a part as long as another can give one.
    """
    wanted = np.outer(stratum_rows, shares)
    table = np.array([sizes_of(int(rows), shares) for rows in stratum_rows])
    while (surplus := table.sum(axis=0) - targets).any():
        giver, taker = surplus.argmax(), surplus.argmin()
        excess = table - wanted
        kept = 1 if (table[:, giver] > 1).any() else 0
        gain = np.where(table[:, giver] > kept, excess[:, giver] - excess[:, taker], -np.inf)
        table[gain.argmax(), giver] -= 1
        table[gain.argmax(), taker] += 1
    return table
