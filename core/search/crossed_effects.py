"""The algebra of the surrogate: results in, posterior of candidates out.

K is the number of distinct candidates mentioned and N of distinct examples. `counts` [K, N] holds
how often a candidate was scored on an example, `sums` [K, N] the scores minus `ANCHOR`. Example
effects are eliminated from the model, which leaves a K x K `precision` that the results give
about the candidates. Everything is written in terms of the Cholesky factor of the kernel, never
as a difference of large terms, so results without spread do no harm.

An example may weigh more or less than one result (`weights`): its results then have the noise
variance divided by its weight, and `counts` and `sums` count it that often.

Deliberately not here: what spreads to use (`hyperparameters`) and what to ask (`surrogate`).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import blas, cholesky, solve_triangular

from core.search.hyperparameters import CandidateSpreads, Hyperparameters
from core.search.space import Levels

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

ANCHOR = 0.45
"""Score that results are counted from; the data move the common mean away from it freely."""
COMMON_VARIANCE = 0.05
"""Prior variance of the common mean, a standard deviation of 22 points around the anchor."""


class Results:
    """Counts and sums of the scores of candidates on examples; adding one is O(1), amortised."""

    def __init__(self, variables: int, weights: Mapping[str, float]) -> None:
        self.rows: dict[Levels, int] = {}
        self.columns: dict[str, int] = {}
        self.total = 0
        self.squares = 0.0
        """Weighted sum over results of (score - ANCHOR) squared."""
        self.log_weights = 0.0
        """Sum over results of the logarithm of their weight."""
        self._variables = variables
        self._weights = weights
        self._counts = np.zeros((16, 64))
        self._sums = np.zeros((16, 64))
        self._levels = np.zeros((16, variables), dtype=np.int64)
        self._expected: list[tuple[int, int, float]] = []

    @property
    def counts(self) -> FloatArray:
        """How often each candidate was scored on each example."""
        return self._counts[: len(self.rows), : len(self.columns)]

    @property
    def sums(self) -> FloatArray:
        """Sums of scores minus ANCHOR of each candidate on each example."""
        return self._sums[: len(self.rows), : len(self.columns)]

    def expected_counts(self) -> tuple[IntArray, FloatArray]:
        """Examples that results are expected on, and their `counts` as if these were in."""
        columns, places = np.unique(
            np.array([column for _, column, _ in self._expected], dtype=np.int64),
            return_inverse=True,
        )
        counts = self.counts[:, columns]
        for (row, _, weight), place in zip(self._expected, places, strict=True):
            counts[row, place] += weight
        return columns, counts

    @property
    def levels(self) -> IntArray:
        """The candidates as rows of level indices."""
        return self._levels[: len(self.rows)]

    def per_example(self, examples: Sequence[str]) -> FloatArray:
        """How often each of `examples` was scored under any candidate, or is in flight."""
        totals = np.zeros(len(self.columns) + 1)
        totals[:-1] = self.counts.sum(axis=0)
        for _, column, weight in self._expected:
            totals[column] += weight
        return totals[[self.columns.get(example, -1) for example in examples]]

    def add(self, candidate: Levels, example: str, score: float) -> None:
        """Adds one result."""
        row, column, weight = self._place(candidate, example)
        centred = float(score) - ANCHOR
        self._counts[row, column] += weight
        self._sums[row, column] += weight * centred
        self.squares += weight * centred * centred
        self.log_weights += math.log(weight)
        self.total += 1

    def expect(self, in_flight: Iterable[tuple[Levels, str]]) -> None:
        """Replaces the results in flight."""
        self._expected = [self._place(candidate, example) for candidate, example in in_flight]

    def _place(self, candidate: Levels, example: str) -> tuple[int, int, float]:
        """Row, column and weight; room for them is made where there is none."""
        row = self.rows.get(candidate)
        if row is None:
            check_levels(candidate, self._variables)
            row = self.rows[candidate] = len(self.rows)
        column = self.columns.setdefault(example, len(self.columns))
        height, width = self._counts.shape
        if row >= height or column >= width:
            room = ((0, height if row >= height else 0), (0, width if column >= width else 0))
            self._counts, self._sums = np.pad(self._counts, room), np.pad(self._sums, room)
            self._levels = np.pad(self._levels, (room[0], (0, 0)))
        self._levels[row] = candidate
        return row, column, self._weights.get(example, 1.0)


def check_levels(candidate: Levels, variables: int) -> None:
    """Raises ValueError unless `candidate` has one level per variable."""
    if len(candidate) != variables:
        raise ValueError(
            f"Candidate {candidate} has {len(candidate)} levels and the space {variables} "
            "variables. Give one level per variable."
        )


def level_array(candidates: Sequence[Levels], variables: int) -> IntArray:
    """The candidates as rows of level indices.

    Raises:
        ValueError: a candidate does not have one level per variable.
    """
    for candidate in candidates:
        check_levels(candidate, variables)
    return np.array(candidates, dtype=np.int64).reshape(len(candidates), variables)


def kernel(left: IntArray, right: IntArray, spreads: CandidateSpreads) -> FloatArray:
    """Prior covariance of f between the candidates of `left` and those of `right`."""
    shape = len(left), len(right)
    covariance, agreements = np.full(shape, COMMON_VARIANCE), np.zeros(shape)
    for variable, spread in enumerate(spreads.main):  # faster than one array of three dimensions
        agree = left[:, variable, None] == right[None, :, variable]
        covariance += spread**2 * agree
        agreements += agree
    covariance += spreads.pair**2 / 2 * agreements * (agreements - 1)
    covariance += spreads.rest**2 * (agreements == left.shape[1])
    return covariance


def prior_variance(spreads: CandidateSpreads) -> float:
    """Prior variance of f at any one candidate: the diagonal of the kernel."""
    variables = len(spreads.main)
    pairs = variables * (variables - 1) / 2
    alone = sum(value**2 for value in spreads.main)
    return COMMON_VARIANCE + alone + pairs * spreads.pair**2 + spreads.rest**2


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What the results say about f, for given spreads of noise and of example effects."""

    precision: FloatArray
    """S [K, K]: precision that the results give about f at the candidates."""
    pull: FloatArray
    """r [K]: precision times what the results alone would make of f."""
    quadratic: float
    """y' P y, with P the precision of the results when f is known."""
    log_det: float
    """Log determinant of the inverse of P."""
    total: int
    """Number of results."""


def evidence(results: Results, *, noise: float, example: float) -> Evidence:
    """The results with the example effects eliminated."""
    counts, s2, t2 = results.counts, noise**2, example**2
    per_example, sums = counts.sum(axis=0), results.sums.sum(axis=0)
    weights = _example_weights(per_example, s2, t2)
    log_det = np.log1p(per_example * (t2 / s2)).sum() - results.log_weights
    return Evidence(
        precision=_precision(counts, noise=noise, example=example),
        pull=results.sums.sum(axis=1) / s2 - counts @ (weights * sums),
        quadratic=float(results.squares / s2 - weights @ sums**2),
        log_det=float(log_det) + results.total * math.log(s2),
        total=results.total,
    )


def _precision(counts: FloatArray, *, noise: float, example: float) -> FloatArray:
    """The precision that results on these examples give; it adds up over examples."""
    s2 = noise**2
    weights = _example_weights(counts.sum(axis=0), s2, example**2)
    precision: FloatArray = -(counts * weights) @ counts.T
    precision[np.diag_indices_from(precision)] += counts.sum(axis=1) / s2
    return precision


def _example_weights(per_example: FloatArray, s2: float, t2: float) -> FloatArray:
    return t2 / (s2 * (s2 + per_example * t2))


def kernel_factor(levels: IntArray, spreads: CandidateSpreads) -> FloatArray:
    """Lower Cholesky factor L of the kernel between distinct candidates."""
    return extended_factor(np.zeros((0, 0)), levels, spreads)


def extended_factor(factor: FloatArray, levels: IntArray, spreads: CandidateSpreads) -> FloatArray:
    """`kernel_factor` of `levels`, given that of its first rows for the same spreads."""
    known = len(factor)
    if known == len(levels):
        return factor
    beside = _solve(factor, kernel(levels[:known], levels[known:], spreads))
    corner = kernel(levels[known:], levels[known:], spreads) - beside.T @ beside
    extended = np.zeros((len(levels), len(levels)))
    extended[:known, :known] = factor
    extended[known:, :known] = beside.T
    extended[known:, known:] = _lower(corner)
    return extended


def log_likelihood(data: Evidence, factor: FloatArray) -> float:
    """Log marginal density of all results, constants included."""
    shrinkage = _shrinkage_factor(data.precision, factor)
    explained = _solve(shrinkage, factor.T @ data.pull)
    misfit = data.quadratic - float(explained @ explained)
    log_det = data.log_det + 2.0 * float(np.log(np.diag(shrinkage)).sum())
    return -0.5 * (log_det + misfit + data.total * math.log(2 * math.pi))


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """Belief about f given results; `cross` arguments are prior covariances [K, any]."""

    alpha: FloatArray
    """[K]; the mean of whatever has prior covariance `cross` with f is cross' alpha."""
    factor: FloatArray
    """L: lower Cholesky factor of the kernel between the candidates."""
    shrinkage: FloatArray
    """Lower Cholesky factor of I + L' S L, with S counting results in flight as well."""

    def known_covariance(self, cross: FloatArray) -> FloatArray:
        """How much of their prior covariance the results take away."""
        prior, left = self._whitened(cross)
        return prior.T @ prior - left.T @ left

    def drawn(self, normals: FloatArray, prior: FloatArray) -> FloatArray:
        """`alpha` of posterior draws [K, draws], made from draws of f from the prior.

        `normals` and `prior` are [K, draws]; f at the candidates, given the results, is its mean
        plus factor (shrinkage')^-1 normals.
        """
        spread = _solve(self.shrinkage, normals, transposed=True)
        moved = spread - _solve(self.factor, prior)
        return self.alpha[:, None] + _solve(self.factor, moved, transposed=True)

    def known_variance(self, cross: FloatArray) -> FloatArray:
        """The diagonal of `known_covariance`."""
        prior, left = self._whitened(cross)
        reduction: FloatArray = (prior**2).sum(axis=0) - (left**2).sum(axis=0)
        return reduction

    def _whitened(self, cross: FloatArray) -> tuple[FloatArray, FloatArray]:
        prior = _solve(self.factor, cross)
        return prior, _solve(self.shrinkage, prior)


def posterior(results: Results, spreads: Hyperparameters, factor: FloatArray) -> Posterior:
    """The mean from the results, the covariance from the results and those in flight.

    `factor` is the `kernel_factor` of the results' candidates.
    """
    noise, example = spreads.noise, spreads.example
    data = evidence(results, noise=noise, example=example)
    shrinkage = _shrinkage_factor(data.precision, factor)
    explained = _solve(shrinkage, factor.T @ data.pull)
    alpha = _solve(factor, _solve(shrinkage, explained, transposed=True), transposed=True)
    columns, counts = results.expected_counts()
    if len(columns):
        before = _precision(results.counts[:, columns], noise=noise, example=example)
        after = _precision(counts, noise=noise, example=example)
        shrinkage = _shrinkage_factor(data.precision + after - before, factor)
    return Posterior(alpha=alpha, factor=factor, shrinkage=shrinkage)


def _shrinkage_factor(precision: FloatArray, factor: FloatArray) -> FloatArray:
    """Lower Cholesky factor of B = I + L' S L."""
    if not len(factor):
        return factor
    half = blas.dtrmm(1.0, factor, precision, side=0, lower=1, trans_a=1)
    inner = blas.dtrmm(1.0, factor, half, side=1, lower=1, overwrite_b=1)
    inner[np.diag_indices_from(inner)] += 1.0
    return _lower(inner)


def _lower(matrix: FloatArray) -> FloatArray:
    lower: FloatArray = cholesky(matrix, lower=True, check_finite=False)
    return lower


def _solve(lower: FloatArray, right: FloatArray, *, transposed: bool = False) -> FloatArray:
    solution: FloatArray = solve_triangular(
        lower, right, lower=True, trans="T" if transposed else "N", check_finite=False
    )
    return solution
