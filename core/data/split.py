"""Rows into trainset, valset and testset: seeded, stratified, and never overlapping.

Rows with identical inputs always land in the same part, so nothing learnt from one part is asked
again in another. Near-duplicates (another spelling of the same question) are deliberately not
looked for.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.data.dataset import Dataset, FieldMapping, check_mapping, row_groups
from core.data.seeds import derived_rng
from core.errors import DatasetError

MOST_STRATA = 20
SMALLEST_STRATUM = 3
"""An output is stratified by when it has 2 to `MOST_STRATA` values, each in this many rows."""

_PARTS = ("trainset", "valset", "testset")
_TOLERANCE = 1e-6
_MOST_TRIED = 10_000

Integers = NDArray[np.int64]


class SplitConfig(BaseModel):
    """Shares of the rows as fractions that add up to 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: float = Field(default=0.4, gt=0, le=1, allow_inf_nan=False)
    val: float = Field(default=0.4, gt=0, le=1, allow_inf_nan=False)
    test: float = Field(default=0.2, gt=0, le=1, allow_inf_nan=False)
    seed: int = Field(default=0, ge=0)
    stratify: bool = True

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        total = self.train + self.val + self.test
        if abs(total - 1) > _TOLERANCE:
            raise ValueError(
                f"train {self.train:g}, val {self.val:g} and test {self.test:g} add up to "
                f"{total:g}; they must add up to 1."
            )
        return self


@dataclass(frozen=True, kw_only=True)
class Split:
    """Row numbers of each part, from 0, each part in random order; every row is in one part."""

    train: tuple[int, ...]
    val: tuple[int, ...]
    test: tuple[int, ...]
    stratified_by: str | None
    """The output column whose values are spread evenly, if any."""
    duplicate_groups: int
    """Groups of two or more rows with identical inputs."""
    duplicate_rows: int
    """Rows whose inputs repeat those of an earlier row."""
    conflicting_rows: int
    """Rows in groups with identical inputs whose outputs are not all equal."""


def split(dataset: Dataset, mapping: FieldMapping, config: SplitConfig) -> Split:
    """Every row in one of three parts; the same arguments give the same parts.

    Sizes are the shares by largest remainder. They are exact unless groups of identical inputs are
    too large to fit. A group counts as the output of its first row.

    Raises:
        DatasetError: a mapped column does not exist or misses a value, or a part would be empty;
            the message says how many rows are needed.
    """
    check_mapping(dataset, mapping)
    rows = len(dataset.frame)
    shares = _shares(config)
    targets = _sizes(rows, shares)
    groups = row_groups(dataset, mapping.inputs.values())
    group_sizes = np.bincount(groups)
    _check_parts(dataset, targets, shares, different_inputs=len(group_sizes))
    stratified_by = _stratification(dataset, mapping) if config.stratify else None
    strata = row_groups(dataset, [stratified_by] if stratified_by else [])
    rng = derived_rng(config.seed, "split")
    first_rows = np.unique(groups, return_index=True)[1]
    table = _stratum_table(np.bincount(strata), targets, shares)
    parts = _placed(group_sizes, table, strata=strata[first_rows], rng=rng)
    order = rng.permutation(rows)
    train, val, test = (
        tuple(order[parts[groups[order]] == part].tolist()) for part in range(len(_PARTS))
    )
    return Split(
        train=train,
        val=val,
        test=test,
        stratified_by=stratified_by,
        duplicate_groups=int((group_sizes > 1).sum()),
        duplicate_rows=rows - len(group_sizes),
        conflicting_rows=_conflicting_rows(dataset, mapping, groups),
    )


def _shares(config: SplitConfig) -> NDArray[np.float64]:
    shares = np.array([config.train, config.val, config.test])
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def _sizes(rows: int, shares: NDArray[np.float64]) -> list[int]:
    """`rows` divided by largest remainder (Hamilton's method), the earlier part first on a tie."""
    # Rounded, or 0.29 * 100 = 28.999999999999996 would tie wrongly.
    quotas = np.round(rows * shares, 9)
    sizes = np.floor(quotas).astype(np.int64)
    by_remainder = np.argsort(-np.round(quotas - sizes, 9), kind="stable")
    sizes[by_remainder[: rows - int(sizes.sum())]] += 1
    return [int(size) for size in sizes]


def _check_parts(
    dataset: Dataset, targets: list[int], shares: NDArray[np.float64], *, different_inputs: int
) -> None:
    if min(targets) < 1:
        part = targets.index(min(targets))
        raise DatasetError(
            f"{dataset.name}: {sum(targets)} rows leave the {_PARTS[part]} empty at a share of "
            f"{shares[part]:.3g}. At least {_rows_needed(shares)} rows are needed, or a larger "
            "share."
        )
    if different_inputs < len(_PARTS):
        raise DatasetError(
            f"{dataset.name}: {sum(targets)} rows have only {different_inputs} different inputs, "
            "and rows with identical inputs stay in one part. At least 3 rows with different "
            "inputs are needed."
        )


def _rows_needed(shares: NDArray[np.float64]) -> int:
    """A number of rows from which on no part is empty; the smallest unless a share is tiny."""
    enough = math.ceil(1 / float(shares.min()))
    if enough > _MOST_TRIED:
        return enough
    # Downwards, as one row more can leave a part empty that one row less does not.
    tried = range(enough - 1, 0, -1)
    return next((rows + 1 for rows in tried if min(_sizes(rows, shares)) < 1), 1)


def _stratification(dataset: Dataset, mapping: FieldMapping) -> str | None:
    for column in mapping.outputs.values():
        counts = np.bincount(row_groups(dataset, [column]))
        if 2 <= len(counts) <= MOST_STRATA and counts.min() >= SMALLEST_STRATUM:
            return column
    return None


def _placed(
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


def _stratum_table(
    stratum_rows: Integers, targets: list[int], shares: NDArray[np.float64]
) -> Integers:
    """Stratum by part → rows: each stratum divided by the shares, each part of its target size.

    Rows move between parts in the strata whose own rounding they undo best; a stratum keeps its
    last row in a part as long as another can give one.
    """
    wanted = np.outer(stratum_rows, shares)
    table = np.array([_sizes(int(rows), shares) for rows in stratum_rows])
    while (surplus := table.sum(axis=0) - targets).any():
        giver, taker = surplus.argmax(), surplus.argmin()
        excess = table - wanted
        kept = 1 if (table[:, giver] > 1).any() else 0
        gain = np.where(table[:, giver] > kept, excess[:, giver] - excess[:, taker], -np.inf)
        table[gain.argmax(), giver] -= 1
        table[gain.argmax(), taker] += 1
    return table


def _conflicting_rows(dataset: Dataset, mapping: FieldMapping, groups: Integers) -> int:
    both = row_groups(dataset, [*mapping.inputs.values(), *mapping.outputs.values()])
    pairs = np.unique(np.stack([groups, both]), axis=1)
    different_outputs = np.bincount(pairs[0])
    return int((different_outputs[groups] > 1).sum())
