"""What a set of example scores shows: a mean with its interval, and a paired difference.

Scores and intervals are fractions, never percent. Deliberately not here: anything that shares
strength between candidates (`core.search.surrogate`), and any correction for having looked at
many candidates; a reader who compares the best of many should use unseen examples.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special, stats

CONFIDENCE = 0.95
SIGNIFICANCE = 0.05
"""A test shows a difference when its p-value is at most this."""

RESAMPLES = 9_999
RESAMPLES_AT_ONCE = 1_000
"""Bounds the memory of a bootstrap over a thousand examples to some ten megabytes."""

_Z = float(special.ndtri((1 + CONFIDENCE) / 2))
"""Standard deviations to the ends of a 95 % interval of a normal distribution."""

LARGEST_SPREAD = 0.5
"""No distribution on [0, 1] has a larger standard deviation (Popoviciu's inequality)."""

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Mean:
    """A mean score and what is known of its precision."""

    value: float
    n: int
    stderr: float
    """Standard error of `value`; 0.5, the largest possible, for a single graded score."""
    low: float
    """Lower end of the 95 % interval, a fraction in [0, 1]."""
    high: float
    """Upper end of the 95 % interval, a fraction in [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """How much better `other` scored than `reference` on the same examples."""

    value: float
    """Mean of other minus reference, a fraction in [-1, 1]; positive when other is better."""
    n: int
    """Number of examples both were scored on."""
    low: float
    """Lower end of the 95 % interval of `value`."""
    high: float
    """Upper end of the 95 % interval of `value`."""
    p_value: float
    """Two-sided probability of a difference at least this large if neither were better."""
    method: str
    """The test and the interval, in words a reader can look up."""

    @property
    def shown(self) -> Literal["better", "worse"] | None:
        """What `other` is shown to be; None when interval and test do not both say so.

        The two can disagree near the border, as the bootstrap is only approximate on few examples.
        """
        if self.p_value > SIGNIFICANCE or self.low <= 0 <= self.high:
            return None
        return "better" if self.value > 0 else "worse"


def mean(scores: Sequence[float]) -> Mean:
    """The mean of `scores` with a 95 % interval.

    Scores that are all 0 or 1 get Wilson's score interval (Wilson 1927, JASA 22:209, as in
    `scipy.stats.binomtest`) and the binomial standard error; graded scores get Student's t
    interval (Student 1908, Biometrika 6:1) clipped to [0, 1], which is (0, 1) for a single
    score and has no width when several graded scores are all equal.

    Raises:
        ValueError: `scores` is empty, or holds something that is not a number in [0, 1].
    """
    values = _checked(scores, name="scores")
    n, value = len(values), float(values.mean())
    if _all_right_or_wrong(values):
        low, high = _wilson(value, n)
        stderr = float(np.sqrt(value * (1 - value) / n))
        return Mean(value=value, n=n, stderr=stderr, low=low, high=high)
    if n == 1:
        return Mean(value=value, n=1, stderr=LARGEST_SPREAD, low=0.0, high=1.0)
    stderr = float(values.std(ddof=1) / np.sqrt(n))
    reach = float(special.stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * stderr
    return Mean(
        value=value, n=n, stderr=stderr, low=max(0.0, value - reach), high=min(1.0, value + reach)
    )


def paired_difference(
    reference: Sequence[float], other: Sequence[float], *, seed: int = 0
) -> PairedDifference:
    """`other` minus `reference`, position by position the scores of the same examples.

    The p-value is McNemar's exact test when all scores are 0 or 1 (binomial test of the
    discordant pairs; McNemar 1947, Psychometrika 12:153), else a sign-flip permutation test
    (Fisher 1935, The Design of Experiments, section 21). The interval is a BCa bootstrap over
    examples (Efron 1987, JASA 82:171). When every difference is the same, BCa is undefined and
    the percentile bootstrap, which then has no width, stands in; `method` says so. A single
    example that differs shows nothing: its interval is (-1, 1). `seed` fixes all resampling.

    Raises:
        ValueError: the two differ in length, are empty, or hold something not in [0, 1].
    """
    before, after = _checked(reference, name="reference"), _checked(other, name="other")
    if len(before) != len(after):
        raise ValueError(
            f"reference has {len(before)} scores and other has {len(after)}. "
            "Pass the scores of the same examples, in the same order."
        )
    # Rounded, so that 0.3 - 0.2 and 0.2 - 0.1 are the same difference.
    differences = np.round(after - before, 12)
    n = len(differences)
    if not differences.any():
        return PairedDifference(
            value=0.0, n=n, low=0.0, high=0.0, p_value=1.0, method="identical scores, no test"
        )
    if _all_right_or_wrong(before) and _all_right_or_wrong(after):
        p_value, test = _mcnemar(differences), "exact McNemar test"
    else:
        p_value, test = _sign_flips(differences, seed), "paired permutation test"
    low, high, interval = _interval(differences, seed)
    return PairedDifference(
        value=float(differences.mean()),
        n=n,
        low=low,
        high=high,
        p_value=p_value,
        method=f"{test}; {interval}",
    )


def _checked(scores: Sequence[float], *, name: str) -> FloatArray:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"{name} has no scores. Pass the score of at least one example.")
    wrong = values[~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise ValueError(f"{name} has {float(wrong[0])!r}, which is not a score in [0, 1].")
    return values


def _all_right_or_wrong(values: FloatArray) -> bool:
    return bool(((values == 0) | (values == 1)).all())


def _wilson(value: float, n: int) -> tuple[float, float]:
    """Both ends of Wilson's interval; written out, as scipy's takes a hundred times as long."""
    centre = (value + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    reach = _Z * math.sqrt(value * (1 - value) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return (
        0.0 if value == 0 else max(0.0, centre - reach),
        1.0 if value == 1 else min(1.0, centre + reach),
    )


def _mcnemar(differences: FloatArray) -> float:
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    return float(stats.binomtest(wins, wins + losses, 0.5).pvalue)


def _sign_flips(differences: FloatArray, seed: int) -> float:
    # A sample of its own is permuted by flipping signs, so examples without a difference add
    # nothing to either side and can stay out.
    result = stats.permutation_test(
        (differences[differences != 0],),
        np.mean,
        permutation_type="samples",
        n_resamples=RESAMPLES,
        batch=RESAMPLES_AT_ONCE,
        vectorized=True,
        rng=np.random.default_rng(seed),
    )
    return float(result.pvalue)


def _interval(differences: FloatArray, seed: int) -> tuple[float, float, str]:
    """Low and high end of the mean difference, and what they are."""
    if len(differences) == 1:
        return -1.0, 1.0, "no interval from a single example"
    if np.ptp(differences) == 0:
        value = float(differences[0])
        return value, value, "percentile bootstrap, since BCa is undefined for equal differences"
    interval = stats.bootstrap(
        (differences,),
        np.mean,
        confidence_level=CONFIDENCE,
        method="BCa",
        n_resamples=RESAMPLES,
        batch=RESAMPLES_AT_ONCE,
        vectorized=True,
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(interval.low), float(interval.high), "BCa bootstrap interval"
