"""The algebra of the surrogate: results in, posterior of candidates out.

K is the number of distinct candidates mentioned and N of distinct examples. Example effects are
eliminated from the model, which leaves a K x K `precision` that the results give about the
candidates. Everything is written in terms of the Cholesky factor of the kernel, never as a
difference of large terms, so results without spread do no harm.

An example may weigh more or less than one result (`weights`): its results then have the noise
variance divided by its weight, and all counts and sums count it that often.

Deliberately not here: what spreads to use (`hyperparameters`) and what to ask (`surrogate`).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas

from core.search.hyperparameters import CandidateSpreads
from core.search.linear import (
    FloatArray,
    IntArray,
    lower_factor,
    picked,
    product,
    rows_with_rows,
    scaled,
    solve_lower,
    squares,
    strips,
)
from core.search.results import Results

COMMON_VARIANCE = 0.05
"""Prior variance of the common mean, a standard deviation of 22 points around the anchor."""


def kernel(left: IntArray, right: IntArray, spreads: CandidateSpreads) -> FloatArray:
    """Prior covariance of f between the candidates of `left` and those of `right`."""
    variables = left.shape[1]
    half = spreads.pair**2 / 2
    marks, others = marked(left, right)
    weights = np.repeat(np.square(spreads.main) - half, len(marks.T) // variables)
    agreements = rows_with_rows(others, marks).T
    start = np.full(agreements.shape, COMMON_VARIANCE)
    covariance = rows_with_rows(others, scaled(marks, weights), 1.0, start.T).T
    of_agreements = half * np.square(np.arange(variables + 1))
    of_agreements[variables] += spreads.rest**2
    for strip in strips(agreements):
        covariance[strip] += of_agreements[agreements[strip].astype(np.int64)]
    return covariance


def marked(left: IntArray, right: IntArray) -> tuple[FloatArray, FloatArray]:
    """Candidates as rows with a 1 for each of their levels; rows' products count agreements."""
    variables = left.shape[1]
    width = int(max(left.max(initial=0), right.max(initial=0))) + 1
    places = np.arange(variables) * width
    both = []
    for levels in (left, right):
        marks = np.zeros((len(levels), variables * width))
        marks[np.arange(len(levels))[:, None], levels + places] = 1.0
        both.append(marks)
    return both[0], both[1]


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
    s2, t2 = noise**2, example**2
    counts, sums = results.per_candidate
    per_example, example_sums = results.per_example
    weights = _example_weights(per_example, s2, t2)
    log_det = np.log1p(per_example * (t2 / s2)).sum() - results.log_weights
    precision = _less_shared(None, results.counts, weights)
    precision[np.diag_indices_from(precision)] += counts / s2
    return Evidence(
        precision=precision,
        pull=sums / s2 - product(results.counts, weights * example_sums),
        quadratic=float(results.squares / s2 - weights @ example_sums**2),
        log_det=float(log_det) + results.total * math.log(s2),
        total=results.total,
    )


def with_expected(
    precision: FloatArray, results: Results, *, noise: float, example: float
) -> FloatArray:
    """The precision when the results in flight are in as well."""
    s2, t2 = noise**2, example**2
    columns, expected = results.expected()
    if not len(columns):
        return precision
    known, before = results.per_example[0][columns], picked(results.counts, columns)
    per_example = known + expected.sum(axis=0)
    precision = _less_shared(precision, before, -_example_weights(known, s2, t2))
    after = _example_weights(per_example, s2, t2)
    precision = _less_shared(precision, before + expected, after)
    precision[np.diag_indices_from(precision)] += expected.sum(axis=1) / s2
    return precision


def _less_shared(
    precision: FloatArray | None, counts: FloatArray, weights: FloatArray
) -> FloatArray:
    """Less what results tell about the difficulty of examples; it adds up over examples."""
    return rows_with_rows(scaled(counts, weights), counts, -1.0, precision)


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
    beside = solve_lower(factor, kernel(levels[:known], levels[known:], spreads))
    corner = kernel(levels[known:], levels[known:], spreads) - beside.T @ beside
    extended = np.zeros((len(levels), len(levels)), order="F")  # as LAPACK takes it
    extended[:known, :known] = factor
    extended[known:, :known] = beside.T
    extended[known:, known:] = lower_factor(corner)
    return extended


def log_likelihood(data: Evidence, factor: FloatArray) -> float:
    """Log marginal density of all results, constants included."""
    shrinkage = _shrinkage_factor(data.precision, factor)
    explained = solve_lower(shrinkage, product(factor.T, data.pull))
    misfit = data.quadratic - float(explained @ explained)
    log_det = data.log_det + 2.0 * float(np.log(np.diag(shrinkage)).sum())
    return -0.5 * (log_det + misfit + data.total * math.log(2 * math.pi))


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """Belief about f given results.

    Prior covariances [K, any] of something with f at the candidates are taken `whitened`:
    multiplied by the inverse of `factor`.
    """

    lead: FloatArray
    """[K]; the mean of whatever has these whitened covariances with f is their product."""
    factor: FloatArray
    """L: lower Cholesky factor of the kernel between the candidates."""
    shrinkage: FloatArray
    """Lower Cholesky factor of I + L' S L, with S counting results in flight as well."""

    @property
    def alpha(self) -> FloatArray:
        """[K]; the mean of whatever has prior covariance `cross` with f is cross' alpha."""
        return solve_lower(self.factor, self.lead, transposed=True)

    def whitened(self, cross: FloatArray) -> FloatArray:
        """Prior covariances with f, whitened."""
        return solve_lower(self.factor, cross)

    def left(self, whitened: FloatArray) -> FloatArray:
        """[K, any]: w'w less the products of its columns is what the results take away."""
        return solve_lower(self.shrinkage, whitened)

    def known_variance(self, whitened: FloatArray) -> FloatArray:
        """How much of each prior variance the results take away."""
        return squares(whitened) - squares(self.left(whitened))

    def drawn(self, normals: FloatArray, prior: FloatArray) -> FloatArray:
        """`alpha` of posterior draws [K, draws], made from draws of f from the prior.

        `normals` and `prior` are [K, draws]; f at the candidates, given the results, is its mean
        plus factor (shrinkage')^-1 normals.
        """
        spread = solve_lower(self.shrinkage, normals, transposed=True)
        moved = spread - solve_lower(self.factor, prior)
        return self.alpha[:, None] + solve_lower(self.factor, moved, transposed=True)


def posterior(data: Evidence, expected: FloatArray, factor: FloatArray) -> Posterior:
    """The mean from the results, the covariance from the results and those in flight.

    `expected` is the precision with the latter, the same array when there are none; `factor` is the
    `kernel_factor` of the results' candidates.
    """
    shrinkage = _shrinkage_factor(data.precision, factor)
    explained = solve_lower(shrinkage, product(factor.T, data.pull))
    lead = solve_lower(shrinkage, explained, transposed=True)
    if expected is not data.precision:
        shrinkage = _shrinkage_factor(expected, factor)
    return Posterior(lead=lead, factor=factor, shrinkage=shrinkage)


def _shrinkage_factor(precision: FloatArray, factor: FloatArray) -> FloatArray:
    """Lower Cholesky factor of B = I + L' S L."""
    if not len(factor):
        return factor
    half = blas.dtrmm(1.0, factor, precision, side=0, lower=1, trans_a=1)
    inner = blas.dtrmm(1.0, factor, half, side=1, lower=1, overwrite_b=1)
    inner[np.diag_indices_from(inner)] += 1.0
    return lower_factor(inner)
