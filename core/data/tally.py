"""What is known of a column whose values come in batches, in memory that does not grow with them.

Exact up to two million different values and numbers; beyond, the count of different values is
estimated (k minimum values, within about 0.1 %) and the median is of the first two million.
"""

import math
import statistics
from collections import Counter
from types import NoneType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data.dataset import json_text
from core.data.numbers import as_numbers

MOST_KEPT = 2_000_000
_MOST_COUNTED = 5_000
"""A column with more different values has no counts."""

Hashes = NDArray[np.uint64]


class Tally:
    """Counts over the values of one column, missing ones left out of all but their own count."""

    def __init__(self) -> None:
        self.present = 0
        self.missing = 0
        self.kinds: set[type] = set()
        self.distinct = Distinct()
        self.counts: Counter[str] | None = Counter()
        """Value → rows; None once there are too many different ones."""
        self.lengths: Counter[int] = Counter()
        """Characters → rows."""
        self._numbers: list[NDArray[np.float64]] | None = []
        self._number_kinds: set[bool] = set()
        self._extremes = (math.inf, -math.inf)
        self._whole = True

    def add(self, values: list[Any]) -> Hashes:
        """Count these; back comes a hash per value, equal for equal values."""
        present = [value for value in values if value is not None]
        self.missing += len(values) - len(present)
        self.present += len(present)
        self.kinds |= set(map(type, present)) - {NoneType}
        self._add_numbers(present)
        texts = [value if type(value) is str else json_text(value) for value in present]
        lengths, rows = np.unique(
            np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)), return_counts=True
        )
        self.lengths.update(dict(zip(lengths.tolist(), rows.tolist(), strict=True)))
        if self.counts is not None:
            self.counts.update(texts)
            self.counts = self.counts if len(self.counts) <= _MOST_COUNTED else None
        hashes = _hashes(texts)
        self.distinct.add(hashes)
        if len(present) == len(values):
            return hashes
        every = np.zeros(len(values), dtype=np.uint64)
        every[[value is not None for value in values]] = hashes
        return every

    @property
    def is_numeric(self) -> bool:
        """Whether there are values and all are numbers, or all texts written as such."""
        return bool(self._numbers) and len(self._number_kinds) == 1

    @property
    def extremes(self) -> tuple[float, float]:
        """Smallest and largest number; integers where all are."""
        low, high = self._extremes
        return (int(low), int(high)) if self._whole else (low, high)

    @property
    def median(self) -> float:
        """Of the numbers."""
        middle = float(np.median(np.concatenate(self._numbers or [np.array([math.nan])])))
        return int(middle) if self._whole and middle.is_integer() else middle

    @property
    def median_length(self) -> float | None:
        """Characters; None without values."""
        if not self.lengths:
            return None
        half = self.present / 2
        ordered, seen = sorted(self.lengths), 0
        for place, length in enumerate(ordered):
            seen += self.lengths[length]
            if seen > half:
                return length
            if seen == half:
                return statistics.median([length, ordered[place + 1]])
        return None

    def _add_numbers(self, present: list[Any]) -> None:
        if self._numbers is None or not present:
            return
        numbers = as_numbers(present)
        if numbers is None:
            self._numbers = None
            return
        self._number_kinds.add(type(present[0]) is str)
        self._whole = self._whole and all(type(number) is int for number in numbers)
        low, high = self._extremes
        self._extremes = min(low, *numbers), max(high, *numbers)
        if sum(map(len, self._numbers)) < MOST_KEPT:
            self._numbers.append(np.array(numbers, dtype=np.float64))


class Distinct:
    """How many different values there were, from their hashes."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept = np.empty(0, dtype=np.uint64)
        self._new: list[Hashes] = []
        self._waiting = 0
        self._is_cut = False

    def add(self, hashes: Hashes) -> None:
        """Count these."""
        self._new.append(hashes)
        self._waiting += len(hashes)
        if self._waiting > self._most // 4:
            self._merge()

    @property
    def count(self) -> int:
        """Exact up to `most` different values, an estimate beyond."""
        self._merge()
        if not self._is_cut:
            return len(self._kept)
        return round((len(self._kept) - 1) * 2.0**64 / float(self._kept[-1]))

    def _merge(self) -> None:
        kept = np.unique(np.concatenate([self._kept, *self._new]))
        self._new, self._waiting = [], 0
        if len(kept) > self._most:
            kept, self._is_cut = kept[: self._most], True
        self._kept = kept


def row_hashes(columns: list[Hashes]) -> Hashes:
    """One hash per row, from the hashes of its cells."""
    total = np.zeros(len(columns[0]), dtype=np.uint64)
    for hashes in columns:
        total = (total * np.uint64(0x9E3779B97F4A7C15)) ^ (hashes + np.uint64(1))
    return total


def _hashes(texts: list[str]) -> Hashes:
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return pd.util.hash_array(array, categorize=False).astype(np.uint64)
