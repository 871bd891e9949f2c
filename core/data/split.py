"""Rows into trainset, valset and testset: seeded, and no row in two of them.

By chance (stratified, in shares or exact counts), by time, or as a column says. Where chance
decides, rows with identical inputs, and rows of one group, always land in the same part, so nothing
learnt from one part is asked again in another. Near-duplicates (another spelling of the same
question) are deliberately not looked for here; `core.data.leaks` does that.
"""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.data.allotment import Integers, placed, sizes_of, stratum_table
from core.data.dataset import Dataset, FieldMapping, check_mapping, row_groups
from core.data.part_names import part_of
from core.data.seeds import derived_rng
from core.data.times import as_times
from core.errors import DatasetError

MOST_STRATA = 20
SMALLEST_STRATUM = 3
"""An output is stratified by when it has 2 to `MOST_STRATA` values, each in this many rows."""

_PARTS = ("trainset", "valset", "testset")
_TOLERANCE = 1e-6
_MOST_TRIED = 10_000


class SplitConfig(BaseModel):
    """How rows become parts. Shares are fractions of the rows that add up to 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: float = Field(default=0.4, gt=0, le=1, allow_inf_nan=False)
    val: float = Field(default=0.4, gt=0, le=1, allow_inf_nan=False)
    test: float = Field(default=0.2, gt=0, le=1, allow_inf_nan=False)
    seed: int = Field(default=0, ge=0)
    stratify: bool = True
    counts: tuple[PositiveInt, PositiveInt, PositiveInt] | None = None
    """Exact numbers of rows instead of the shares; the rows beyond are left out."""
    group_by: str | None = None
    """Column whose equal values stay in one part. Rows without a value are on their own."""
    order_by: str | None = None
    """Column with numbers or dates: the earliest rows train, the latest test; no chance."""
    part_column: str | None = None
    """Column that says each row's part. What it leaves open is taken of train, in the shares."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        total = self.train + self.val + self.test
        if abs(total - 1) > _TOLERANCE:
            raise ValueError(
                f"train {self.train:g}, val {self.val:g} and test {self.test:g} add up to "
                f"{total:g}; they must add up to 1."
            )
        given = {
            "a column of groups": self.group_by,
            "an order": self.order_by,
            "a column of parts": self.part_column,
        }
        chosen = [name for name, column in given.items() if column is not None]
        if len(chosen) > 1:
            raise ValueError(f"a split goes by {' or by '.join(chosen)}, not by both.")
        if self.counts is not None and self.part_column is not None:
            raise ValueError("a split that a column of parts decides has no counts of its own.")
        return self


@dataclass(frozen=True, kw_only=True)
class Split:
    """Row numbers of each part, from 0; every row is in one part at most."""

    train: tuple[int, ...]
    val: tuple[int, ...]
    test: tuple[int, ...]
    """Each in random order."""
    stratified_by: str | None
    """The output column whose values are spread evenly, if any."""
    duplicate_groups: int
    """Groups of two or more rows with identical inputs."""
    duplicate_rows: int
    """Rows whose inputs repeat those of an earlier row."""
    conflicting_rows: int
    """Rows in groups with identical inputs whose outputs are not all equal."""
    left_out: int = 0
    """Rows in no part, because exact counts were asked for."""
    repeated_across: int = 0
    """Rows of val and test whose inputs an earlier part has too: possible where not chance but time
    or a column decides."""


def split(dataset: Dataset, mapping: FieldMapping, config: SplitConfig) -> Split:
    """Every row in one of three parts; the same arguments give the same parts.

    Sizes are the shares by largest remainder, or the exact counts. They are exact unless groups of
    identical inputs (or of one group, or of one time) are too large to fit. A group counts as the
    output of its first row.

    Raises:
        DatasetError: a column does not exist or misses a value, holds no times or no parts, or is
            itself an input or output; or a part would be empty; the message says what is needed.
    """
    check_mapping(dataset, mapping)
    _check_columns(dataset, mapping, config)
    rng = derived_rng(config.seed, "split")
    same = row_groups(dataset, mapping.inputs.values())
    stratified_by = None
    if config.order_by is not None:
        parts = _by_time(dataset, config, config.order_by)
    else:
        stratified_by = _stratification(dataset, mapping) if config.stratify else None
        strata = row_groups(dataset, [stratified_by] if stratified_by else [])
        groups = _merged(dataset, same, config.group_by)
        if config.part_column is None:
            parts = _by_chance(dataset, config, groups, strata, rng)
        else:
            parts = _by_column(dataset, config, groups, strata, rng)
    order = rng.permutation(len(parts))
    train, val, test = (tuple(order[parts[order] == part].tolist()) for part in range(len(_PARTS)))
    sizes = np.bincount(same)
    return Split(
        train=train,
        val=val,
        test=test,
        stratified_by=stratified_by,
        duplicate_groups=int((sizes > 1).sum()),
        duplicate_rows=len(same) - len(sizes),
        conflicting_rows=_conflicting_rows(dataset, mapping, same),
        left_out=int((parts == len(_PARTS)).sum()),
        repeated_across=_repeated_across(same, parts),
    )


def _check_columns(dataset: Dataset, mapping: FieldMapping, config: SplitConfig) -> None:
    for column in (config.group_by, config.order_by, config.part_column):
        if column is not None and column not in dataset.frame.columns:
            listed = ", ".join(map(repr, dataset.frame.columns[:20]))
            raise DatasetError(
                f"{dataset.name}: there is no column {column!r} to split by; the columns are "
                f"{listed}."
            )
    used = {*mapping.inputs.values(), *mapping.outputs.values()}
    if config.part_column in used:
        raise DatasetError(
            f"{dataset.name}: column {config.part_column!r} says each row's part, so it can be "
            "neither input nor output."
        )


# By chance


def _by_chance(
    dataset: Dataset,
    config: SplitConfig,
    groups: Integers,
    strata: Integers,
    rng: np.random.Generator,
) -> Integers:
    """The part of each row, from 0; 3 for rows that exact counts leave out."""
    rows = len(groups)
    shares = _shares(dataset, config, rows)
    targets = sizes_of(rows, shares)
    _check_parts(dataset, targets, shares, different=int(groups.max()) + 1, by=config.group_by)
    return _drawn(groups, strata, targets, shares, rng)


def _drawn(
    groups: Integers,
    strata: Integers,
    targets: list[int],
    shares: NDArray[np.float64],
    rng: np.random.Generator,
) -> Integers:
    sizes, first_rows = np.bincount(groups), np.unique(groups, return_index=True)[1]
    table = stratum_table(np.bincount(strata), targets, shares)
    return placed(sizes, table, strata=strata[first_rows], rng=rng)[groups]


def _shares(dataset: Dataset, config: SplitConfig, rows: int) -> NDArray[np.float64]:
    """Of the parts, and of the rows that are left out, if there are any."""
    if config.counts is None:
        shares = np.array([config.train, config.val, config.test])
        return np.asarray(shares / shares.sum(), dtype=np.float64)
    left = rows - sum(config.counts)
    if left < 0:
        raise DatasetError(
            f"{dataset.name}: {' + '.join(map(str, config.counts))} rows are asked for, and there "
            f"are {rows:,}. Ask for fewer."
        )
    counts = [*config.counts, left] if left else list(config.counts)
    return np.asarray(np.array(counts) / rows, dtype=np.float64)


def _merged(dataset: Dataset, same: Integers, group_by: str | None) -> Integers:
    """Groups of rows that are tied by identical inputs, by a value of `group_by`, or by both."""
    if group_by is None:
        return same
    values = dataset.frame[group_by].tolist()
    tied = [row for row, value in enumerate(values) if value is not None]
    by_value = row_groups(dataset, [group_by])[tied] + same.max() + 1
    nodes = int(by_value.max(initial=int(same.max()))) + 1
    links = coo_array((np.ones(len(tied)), (same[tied], by_value)), shape=(nodes, nodes))
    component = connected_components(links, directed=False)[1][same]
    first_seen = np.unique(component, return_index=True)[1].argsort().argsort()
    return np.asarray(first_seen[np.unique(component, return_inverse=True)[1]], dtype=np.int64)


def _check_parts(
    dataset: Dataset,
    targets: list[int],
    shares: NDArray[np.float64],
    *,
    different: int,
    by: str | None,
) -> None:
    if min(targets) < 1:
        part = targets.index(min(targets))
        raise DatasetError(
            f"{dataset.name}: {sum(targets)} rows leave the {_PARTS[part]} empty at a share of "
            f"{shares[part]:.3g}. At least {_rows_needed(shares)} rows are needed, or a larger "
            "share."
        )
    if different < len(targets):
        what = "different inputs" if by is None else f"groups that differ in {by!r} and inputs"
        tied = "identical inputs" if by is None else "one group or identical inputs"
        raise DatasetError(
            f"{dataset.name}: {sum(targets)} rows have only {different} {what}, and rows with "
            f"{tied} stay in one part. At least {len(targets)} rows with {what} are needed."
        )


def _rows_needed(shares: NDArray[np.float64]) -> int:
    """A number of rows from which on no part is empty; the smallest unless a share is tiny."""
    enough = math.ceil(1 / float(shares.min()))
    if enough > _MOST_TRIED:
        return enough
    # Downwards, as one row more can leave a part empty that one row less does not.
    tried = range(enough - 1, 0, -1)
    return next((rows + 1 for rows in tried if min(sizes_of(rows, shares)) < 1), 1)


def _stratification(dataset: Dataset, mapping: FieldMapping) -> str | None:
    for column in mapping.outputs.values():
        counts = np.bincount(row_groups(dataset, [column]))
        if 2 <= len(counts) <= MOST_STRATA and counts.min() >= SMALLEST_STRATUM:
            return column
    return None


# By time


def _by_time(dataset: Dataset, config: SplitConfig, column: str) -> Integers:
    """The earliest rows train, the latest test; rows of one time stay together.

    Exact counts are taken from the latest rows backwards, so that the oldest are left out.
    """
    times = as_times(dataset, column)
    rows = len(times)
    targets = sizes_of(rows, _shares(dataset, config, rows))
    order = np.argsort(times, kind="stable")
    in_order = times[order]
    ends = np.cumsum([*targets[3:], *targets[:3]])[:-1]
    starts = [_change(in_order, int(end)) for end in ends]
    parts: Integers = np.empty(rows, dtype=np.int64)
    labels = [3, 0, 1, 2] if len(targets) > len(_PARTS) else [0, 1, 2]
    parts[order] = np.array(labels)[np.searchsorted(starts, np.arange(rows), side="right")]
    empty = [name for part, name in enumerate(_PARTS) if not (parts == part).any()]
    if empty:
        raise DatasetError(
            f"{dataset.name}: split by {column!r} into {len(np.unique(times))} different times, "
            f"the {empty[0]} is left without a row. Take larger shares, or another column."
        )
    return parts


def _change(in_order: NDArray[np.float64], wanted: int) -> int:
    """The place nearest to `wanted` at which a new time begins."""
    here = in_order[min(wanted, len(in_order) - 1)]
    first = int(np.searchsorted(in_order, here, side="left"))
    after = int(np.searchsorted(in_order, here, side="right"))
    return first if wanted - first <= after - wanted else after


# As a column says


def _by_column(
    dataset: Dataset,
    config: SplitConfig,
    groups: Integers,
    strata: Integers,
    rng: np.random.Generator,
) -> Integers:
    """As `part_column` says; a part that it never names is taken out of train."""
    column = str(config.part_column)
    parts = _named_parts(dataset, column)
    counts = np.bincount(parts, minlength=len(_PARTS))
    if not counts[0]:
        raise DatasetError(
            f"{dataset.name}: no row's {column!r} says that it is of the trainset. "
            "Write 'train' there."
        )
    missing = [part for part in (1, 2) if not counts[part]]
    if not missing:
        return parts
    shares = np.array([config.train, config.val, config.test])[[0, *missing]]
    shares = shares / shares.sum()
    rows = np.flatnonzero(parts == 0)
    targets = sizes_of(len(rows), shares)
    own = np.unique(groups[rows], return_inverse=True)[1]
    if min(targets) < 1 or int(own.max()) + 1 < len(targets):
        raise DatasetError(
            f"{dataset.name}: {column!r} names {len(rows)} rows for training, too few to take the "
            f"{_PARTS[missing[0]]} from. Add rows, or name its rows there, too."
        )
    its_strata = np.unique(strata[rows], return_inverse=True)[1]
    drawn = _drawn(own, its_strata, targets, shares, rng)
    parts[rows] = np.array([0, *missing])[drawn]
    return parts


def _named_parts(dataset: Dataset, column: str) -> Integers:
    found = []
    for row, value in enumerate(dataset.frame[column].tolist(), start=1):
        part = part_of(value)
        if part is None:
            raise DatasetError(
                f"{dataset.name}, row {row}, column {column!r}: {_short(value)} is no part. Write "
                "'train', 'validation' or 'test'."
            )
        found.append(part)
    return np.array(found, dtype=np.int64)


def _short(value: Any) -> str:
    return repr(value)[:60]


# What comes of it


def _conflicting_rows(dataset: Dataset, mapping: FieldMapping, same: Integers) -> int:
    both = row_groups(dataset, [*mapping.inputs.values(), *mapping.outputs.values()])
    pairs = np.unique(np.stack([same, both]), axis=1)
    different_outputs = np.bincount(pairs[0])
    return int((different_outputs[same] > 1).sum())


def _repeated_across(same: Integers, parts: Integers) -> int:
    earliest = np.full(int(same.max()) + 1, len(_PARTS))
    np.minimum.at(earliest, same, parts)
    return int(((parts > earliest[same]) & (parts < len(_PARTS))).sum())
