"""What results say about candidates when those that share a level answer alike on an example.

One result is then 0.45 + f(c) + d[e] + sum_v l_v[c_v, e] + noise, with the local effects l normal
around 0. Where two stages must both be right, for example, all candidates with
the same first instruction are wrong where it is. Examples are independent given f; so the precision
about f adds up over examples, and only those with news are worked out again. With m candidates on
an example, that takes m^3.

Deliberately not here: results without local effects, which need no matrix per example
(`crossed_effects`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.search.crossed_effects import Evidence
from core.search.linear import (
    FloatArray,
    IntArray,
    columns_with_columns,
    lower_factor,
    product,
    rows_with_rows,
    solve_lower,
    strips,
)
from core.search.results import Results

_Key = tuple[float, tuple[tuple[int, float], ...]]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Coming:
    """What the results in flight add on one example."""

    key: _Key
    """The results known on it, and the ones in flight."""
    rows: IntArray
    precision: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    """What the results on one example say."""

    rows: IntArray
    precision: FloatArray
    """[m, m]: about f at the candidates in `rows`."""
    pull: FloatArray
    quadratic: float
    log_det: float
    results: float
    """Weighted number of results that it was worked out from."""


class LocalEffects:
    """The evidence for given spreads, kept up with the results example by example."""

    def __init__(
        self, results: Results, *, noise: float, example: float, local: tuple[float, ...]
    ) -> None:
        self._results = results
        self._noise, self._example, self._local = noise, example, np.array(local)
        self._parts: dict[int, _Part] = {}
        self._coming: dict[int, _Coming] = {}
        self._precision = np.zeros((0, 0), order="F")
        self._pull = np.zeros(0)

    def evidence(self) -> Evidence:
        """All results that are there by now."""
        self._make_room()
        counts = self._results.per_example[0].tolist()
        for column, count in enumerate(counts):
            known = self._parts.get(column)
            if count and (known is None or known.results != count):
                self._take_in(column, count)
        parts, s2 = self._parts.values(), self._noise**2
        log_det = sum(part.log_det for part in parts) - self._results.log_weights
        return Evidence(
            precision=self._precision.copy(order="F"),
            pull=self._pull.copy(),
            quadratic=self._results.squares / s2 + sum(part.quadratic for part in parts),
            log_det=log_det + self._results.total * math.log(s2),
            total=self._results.total,
        )

    def with_expected(self, precision: FloatArray) -> FloatArray:
        """That of `evidence` when the results in flight are in as well."""
        expected = self._results.expected_cells()
        if not expected:
            return precision
        after, kept = precision.copy(order="F"), self._coming
        self._coming = {}
        for column, cells in expected.items():
            known = self._parts.get(column)
            key = 0.0 if known is None else known.results, tuple(cells.items())
            coming = kept.get(column)
            if coming is None or coming.key != key:
                coming = self._more(column, cells, key)
            self._coming[column] = coming
            _add(after, coming.rows, coming.precision)
        return after

    def _more(self, column: int, cells: Mapping[int, float], key: _Key) -> _Coming:
        counts = {row: count for row, (count, _) in self._results.cells[column].items()}
        before = self._parts.get(column)
        for row, count in cells.items():
            counts[row] = counts.get(row, 0.0) + count
        rows = np.array(list(counts))
        precision, _ = self._solved(rows, np.array(list(counts.values())))
        if before is not None:
            known = len(before.rows)
            precision[:known, :known] -= before.precision
        return _Coming(key=key, rows=rows, precision=precision)

    def _make_room(self) -> None:
        more = len(self._results.rows) - len(self._pull)
        if more:
            self._pull = np.pad(self._pull, (0, more))
            padded = np.pad(self._precision, ((0, more), (0, more)))
            self._precision = np.asfortranarray(padded)

    def _take_in(self, column: int, count: float) -> None:
        """Replaces what the example said before."""
        if (known := self._parts.get(column)) is not None:
            _add(self._precision, known.rows, -known.precision)
            self._pull[known.rows] -= known.pull
        part = self._parts[column] = self._part(self._results.cells[column], count)
        _add(self._precision, part.rows, part.precision)
        self._pull[part.rows] += part.pull

    def _part(self, cells: Mapping[int, tuple[float, float]], results: float) -> _Part:
        rows = np.array(list(cells))
        counts, sums = np.array(list(cells.values())).T.copy()
        precision, log_det = self._solved(rows, counts)
        means = sums / counts
        pull = product(precision, means)
        return _Part(
            rows=rows,
            precision=precision,
            pull=pull,
            quadratic=float(means @ pull - means @ sums / self._noise**2),
            log_det=log_det,
            results=results,
        )

    def _solved(self, rows: IntArray, counts: FloatArray) -> tuple[FloatArray, float]:
        """[m, m]: precision about f of so many results of each row on one example.

        And the log determinant of their covariance, beyond that of the noise alone. With D the
        square roots of the counts by the noise, it is D (I + D H D)^-1 D, H being the covariance of
        what the candidates have in common on the example.
        """
        roots = np.sqrt(counts) / self._noise
        common = self._common(rows, roots)
        inner = rows_with_rows(common, common)
        step = len(rows) + 1
        inner.T.reshape(-1)[::step] += 1.0
        factor = lower_factor(inner)
        scales = np.zeros((len(rows), len(rows)))
        scales.reshape(-1)[::step] = roots
        halves = solve_lower(factor, scales)
        log_det = 2.0 * sum(map(math.log, factor.diagonal().tolist()))
        return columns_with_columns(halves, halves), log_det

    def _common(self, rows: IntArray, roots: FloatArray) -> FloatArray:
        """[m, any]: products of two rows are what the two have in common, times their roots."""
        levels = self._results.levels[rows]
        variables = levels.shape[1]
        places = levels * variables + np.arange(variables)
        common = np.zeros((len(rows), int(places.max()) + 2))
        common[:, -1] = roots * self._example
        common[np.arange(len(rows))[:, None], places] = roots[:, None] * self._local
        return common


def _add(precision: FloatArray, rows: IntArray, part: FloatArray) -> None:
    """In strips, since numpy lets other threads in on large arrays."""
    for strip in strips(part):
        precision[rows[strip, None], rows] += part[strip]
