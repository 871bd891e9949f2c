"""The algebra of the surrogate: results in, posterior of candidates out.

K is the number of distinct candidates mentioned and N of distinct examples. `counts` [K, N] holds
how often a candidate was scored on an example, `sums` [K, N] the scores minus `ANCHOR`. Example
effects are eliminated from the model, which leaves a K x K `precision` that the results give
about the candidates. Everything is written in terms of the Cholesky factor of the kernel, never
as a difference of large terms, so results without spread do no harm.

Deliberately not here: what spreads to use (`hyperparameters`) and what to ask (`surrogate`).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, solve_triangular

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

    def __init__(self, variables: int) -> None:
        self.rows: dict[Levels, int] = {}
        self.columns: dict[str, int] = {}
        self.total = 0
        self.squares = 0.0
        """Sum over results of (score - ANCHOR) squared."""
        self._variables = variables
        self._counts = np.zeros((16, 64))
        self._sums = np.zeros((16, 64))
        self._expected: list[tuple[int, int]] = []

    @property
    def counts(self) -> FloatArray:
        """How often each candidate was scored on each example."""
        return self._counts[: len(self.rows), : len(self.columns)]

    @property
    def sums(self) -> FloatArray:
        """Sums of scores minus ANCHOR of each candidate on each example."""
        return self._sums[: len(self.rows), : len(self.columns)]

    @property
    def expected_counts(self) -> FloatArray | None:
        """`counts` as if the results in flight were in; None when nothing is in flight."""
        if not self._expected:
            return None
        counts = self.counts.copy()
        rows, columns = np.array(self._expected).T
        np.add.at(counts, (rows, columns), 1.0)
        return counts

    @property
    def levels(self) -> IntArray:
        """The candidates as rows of level indices."""
        return level_array(list(self.rows), self._variables)

    def add(self, candidate: Levels, example: str, score: float) -> None:
        """Adds one result."""
        row, column = self._place(candidate, example)
        centred = float(score) - ANCHOR
        self._counts[row, column] += 1.0
        self._sums[row, column] += centred
        self.squares += centred * centred
        self.total += 1

    def expect(self, in_flight: Iterable[tuple[Levels, str]]) -> None:
        """Replaces the results in flight."""
        self._expected = [self._place(candidate, example) for candidate, example in in_flight]

    def _place(self, candidate: Levels, example: str) -> tuple[int, int]:
        row = self.rows.get(candidate)
        if row is None:
            check_levels(candidate, self._variables)
            row = self.rows[candidate] = len(self.rows)
        column = self.columns.setdefault(example, len(self.columns))
        height, width = self._counts.shape
        if row >= height or column >= width:
            room = ((0, height if row >= height else 0), (0, width if column >= width else 0))
            self._counts, self._sums = np.pad(self._counts, room), np.pad(self._sums, room)
        return row, column


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
    agree = left[:, None, :] == right[None, :, :]
    agreements = agree.sum(axis=2)
    covariance: FloatArray = agree @ np.square(spreads.main) + COMMON_VARIANCE
    covariance += spreads.pair**2 * (agreements * (agreements - 1) / 2)
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
    log_det = np.sum((per_example - 1) * math.log(s2) + np.log(s2 + per_example * t2))
    return Evidence(
        precision=_precision(counts, noise=noise, example=example),
        pull=results.sums.sum(axis=1) / s2 - counts @ (weights * sums),
        quadratic=float(results.squares / s2 - weights @ sums**2),
        log_det=float(log_det),
        total=results.total,
    )


def _precision(counts: FloatArray, *, noise: float, example: float) -> FloatArray:
    s2 = noise**2
    weights = _example_weights(counts.sum(axis=0), s2, example**2)
    return np.diag(counts.sum(axis=1) / s2) - (counts * weights) @ counts.T


def _example_weights(per_example: FloatArray, s2: float, t2: float) -> FloatArray:
    return t2 / (s2 * (s2 + per_example * t2))


def kernel_factor(levels: IntArray, spreads: CandidateSpreads) -> FloatArray:
    """Lower Cholesky factor L of the kernel between distinct candidates."""
    return _lower(kernel(levels, levels, spreads))


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

    def known_variance(self, cross: FloatArray) -> FloatArray:
        """The diagonal of `known_covariance`."""
        prior, left = self._whitened(cross)
        reduction: FloatArray = (prior**2).sum(axis=0) - (left**2).sum(axis=0)
        return reduction

    def _whitened(self, cross: FloatArray) -> tuple[FloatArray, FloatArray]:
        prior = _solve(self.factor, cross)
        return prior, _solve(self.shrinkage, prior)


def posterior(results: Results, spreads: Hyperparameters) -> Posterior:
    """The mean from the results, the covariance from the results and those in flight."""
    noise, example = spreads.noise, spreads.example
    data = evidence(results, noise=noise, example=example)
    factor = kernel_factor(results.levels, spreads.candidates)
    shrinkage = _shrinkage_factor(data.precision, factor)
    explained = _solve(shrinkage, factor.T @ data.pull)
    alpha = _solve(factor, _solve(shrinkage, explained, transposed=True), transposed=True)
    expected = results.expected_counts
    if expected is not None:
        precision = _precision(expected, noise=noise, example=example)
        shrinkage = _shrinkage_factor(precision, factor)
    return Posterior(alpha=alpha, factor=factor, shrinkage=shrinkage)


def _shrinkage_factor(precision: FloatArray, factor: FloatArray) -> FloatArray:
    """Lower Cholesky factor of B = I + L' S L."""
    return _lower(np.eye(len(factor)) + factor.T @ precision @ factor)


def _lower(matrix: FloatArray) -> FloatArray:
    lower: FloatArray = cholesky(matrix, lower=True, check_finite=False)
    return lower


def _solve(lower: FloatArray, right: FloatArray, *, transposed: bool = False) -> FloatArray:
    solution: FloatArray = solve_triangular(
        lower, right, lower=True, trans="T" if transposed else "N", check_finite=False
    )
    return solution
