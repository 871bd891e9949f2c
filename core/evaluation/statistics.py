"""What a set of example scores shows: a mean with its interval, and paired differences.

Scores and intervals are fractions, never percent. Differences can be corrected for how many
candidates were looked at: then all intervals together hold the truth 95 % of the time, and any
claim at all is wrong at most 5 % of the time when nothing differs. Deliberately not here: anything
that shares strength between candidates (`core.search.surrogate`), and resampling itself
(`core.evaluation.resampling`). `benchmarks/statistics_calibration.py` measures whether it holds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy import special, stats

from core.evaluation.resampling import (
    MOST_RESAMPLED,
    Chance,
    FloatArray,
    bootstrap_chance,
    normal_chance,
    sign_flip_chance,
    steadied_error,
)

CONFIDENCE = 0.95
SIGNIFICANCE = 0.05
"""A test shows a difference when its p-value is at most this."""

POWER = 0.8
"""How often a needed number of examples would show the difference."""

_Z = float(special.ndtri((1 + CONFIDENCE) / 2))
"""Standard deviations to the ends of a 95 % interval of a normal distribution."""

LARGEST_SPREAD = 0.5
"""No distribution on [0, 1] has a larger standard deviation (Popoviciu's inequality)."""


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
    """The test, the interval and the correction, in words a reader can look up."""
    looked_at: int = 1
    """Comparisons that interval and p-value are corrected for; 1 for no correction."""
    spread: float = 0.0
    """Standard deviation of the examples' differences."""
    reach: float = _Z
    """Standard errors from `value` to the ends of the interval, as far as it is symmetric."""

    @property
    def shown(self) -> Literal["better", "worse"] | None:
        """What `other` is shown to be; None when interval and test do not both say so.

        For 0/1 scores the two can disagree near the border, as the exact test is the stricter one.
        """
        if self.p_value > SIGNIFICANCE or self.low <= 0 <= self.high:
            return None
        return "better" if self.value > 0 else "worse"

    @property
    def needed(self) -> int | None:
        """Examples that would show a true difference of this size four times in five.

        The usual sample size for a paired mean, from the spread seen so far (Lachin 1981,
        Controlled Clinical Trials 2:93). None when it is shown already, when nothing differs on
        average, or when there is no spread to reckon with.
        """
        if self.shown or self.value == 0 or self.spread == 0 or not math.isfinite(self.reach):
            return None
        errors = self.reach + float(special.ndtri(POWER))
        return max(self.n + 1, math.ceil((errors * self.spread / self.value) ** 2))


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
    reference: Sequence[float], other: Sequence[float], *, looked_at: int = 1, seed: int = 0
) -> PairedDifference:
    """`other` minus `reference`, position by position the scores of the same examples.

    As `paired_differences` of one. `looked_at` counts it and whatever else was looked at.

    Raises:
        ValueError: the two differ in length, are empty, or hold something not in [0, 1].
    """
    before, after = _checked(reference, name="reference"), _checked(other, name="other")
    if len(before) != len(after):
        raise ValueError(
            f"reference has {len(before)} scores and other has {len(after)}. "
            "Pass the scores of the same examples, in the same order."
        )
    return paired_differences(before, after[:, None], looked_at=looked_at, seed=seed)[0]


def paired_differences(
    reference: FloatArray, others: FloatArray, *, looked_at: int | None = None, seed: int = 0
) -> tuple[PairedDifference, ...]:
    """Each column of `others` minus `reference`; rows are examples, NaN where a score is missing.

    Intervals and p-values are corrected for `looked_at` comparisons: those given, by default. The
    given ones are taken together as they are correlated; further ones count as independent.

    When all scores are 0 or 1, the test is McNemar's exact one (binomial test of the discordant
    pairs; McNemar 1947, Psychometrika 12:153) and the interval Bonett and Price's adjusted Wald
    interval (2012, Journal of Educational and Behavioral Statistics 37:479). Else the interval is
    the symmetric studentized bootstrap over examples (Hall 1988, JRSS B 50:35), or Student's t for
    a single comparison where that is wider, and the p-value the larger of the same bootstrap's and
    Fisher's sign-flip test's, both rounded up by two standard errors of the resampling; beyond
    1,000 examples both are Student's t. Scores that differ by the
    same amount everywhere have no spread: the interval then leaves room for the share of unlike
    examples that so many like ones can hide. A single example shows nothing. `seed` fixes all
    resampling.

    Raises:
        ValueError: a score is not in [0, 1], a pair shares no example, or fewer were looked at than
            are given.
    """
    # Rounded, so that 0.3 - 0.2 and 0.2 - 0.1 are the same difference.
    differences = np.round(others - reference[:, None], 12)
    present = ~np.isnan(differences)
    compared = differences.shape[1]
    looked_at = compared if looked_at is None else looked_at
    if looked_at < compared or not present.any(axis=0).all():
        raise ValueError("count what is compared among what was looked at, and share an example.")
    used = present.any(axis=1)
    scores = np.concatenate([reference[used], others[present]])
    _checked(scores, name="a candidate")
    family = _Family(differences=differences[used], others=looked_at - compared, seed=seed)
    is_binary = _all_right_or_wrong(scores)
    findings = family.of_right_or_wrong() if is_binary else family.of_graded()
    return tuple(
        _paired(column[~np.isnan(column)], found, looked_at)
        for column, found in zip(differences.T, findings, strict=True)
    )


class _Finding(NamedTuple):
    """What a family says of one of its comparisons."""

    low: float
    high: float
    p_value: float
    reach: float
    method: str


@dataclass(frozen=True, kw_only=True)
class _Family:
    """Comparisons with one reference that are corrected together."""

    differences: FloatArray
    others: int
    seed: int

    def of_right_or_wrong(self) -> list[_Finding]:
        """For scores of 0 and 1."""
        chance = normal_chance(self.differences, others=self.others, seed=self.seed)
        reach = chance.critical(1 - CONFIDENCE)
        found = []
        for column in self._columns():
            exact = _mcnemar(column)
            is_alone = chance.maxima is None and not chance.others
            p_value = exact if is_alone else chance.p_value(-float(special.ndtri(exact / 2)))
            low, high = _bonett_price(column, reach)
            method = "exact McNemar test; Bonett-Price interval"
            found.append(_Finding(low, high, p_value, reach, method))
        return found

    def of_graded(self) -> list[_Finding]:
        """For any other scores."""
        if len(self.differences) > MOST_RESAMPLED:
            return self._by_student()
        bootstrap = bootstrap_chance(self.differences, others=self.others, seed=self.seed)
        flips = sign_flip_chance(self.differences, others=self.others, seed=self.seed)
        drawn = bootstrap.critical(1 - CONFIDENCE)
        found = []
        for column in self._columns():
            error, plain = steadied_error(column), _error(column)
            steadied = abs(float(column.mean())) / error if error else _statistic(column)
            p_value = max(bootstrap.p_value(steadied), flips.p_value(_statistic(column)))
            # of a handful of examples the bootstrap knows too little
            single = Chance(maxima=None, others=self.others, df=max(1, len(column) - 1))
            reach = single.critical(1 - CONFIDENCE)
            way = max(drawn * error, reach * plain)
            found.append(
                _Finding(
                    *_symmetric(column, way, reach),
                    p_value,
                    way / plain if plain else reach,
                    "paired bootstrap and sign-flip test; studentized bootstrap interval",
                )
            )
        return found

    def _by_student(self) -> list[_Finding]:
        chance = normal_chance(self.differences, others=self.others, seed=self.seed)
        normal = chance.critical(1 - CONFIDENCE)
        found = []
        for column in self._columns():
            df = max(1, len(column) - 1)
            reach = -float(special.stdtrit(df, special.ndtr(-normal)))
            as_normal = -float(special.ndtri(special.stdtr(df, -_statistic(column))))
            ends = _symmetric(column, reach * _error(column), reach)
            method = "paired t test; t interval"
            found.append(_Finding(*ends, chance.p_value(min(as_normal, 1e3)), reach, method))
        return found

    def _columns(self) -> list[FloatArray]:
        return [column[~np.isnan(column)] for column in self.differences.T]


def _paired(differences: FloatArray, found: _Finding, looked_at: int) -> PairedDifference:
    """The finding with what holds whatever the method; cases without spread have their own."""
    n, value = len(differences), float(differences.mean())
    low, high, p_value, reach, method = found
    if n == 1:
        low, high, p_value, method = -1.0, 1.0, 1.0, "nothing can be said of a single example"
    elif not differences.any():
        p_value = 1.0
    if looked_at > 1:
        method += f"; corrected for {looked_at:,} comparisons (max-|t|, Westfall and Young)"
    return PairedDifference(
        value=value,
        n=n,
        low=max(-1.0, low),
        high=min(1.0, high),
        p_value=min(1.0, p_value),
        method=method,
        looked_at=looked_at,
        spread=float(differences.std(ddof=1)) if _error(differences) else 0.0,
        reach=reach,
    )


def _error(differences: FloatArray) -> float:
    """Standard error of the mean; 0 where all differ by the same, and of a single example."""
    if np.ptp(differences) < 1e-12:
        return 0.0
    return float(differences.std(ddof=1)) / math.sqrt(len(differences))


def _statistic(differences: FloatArray) -> float:
    """Student's t, without a sign; infinite where all differ by the same."""
    value, error = abs(float(differences.mean())), _error(differences)
    if value == 0 or len(differences) == 1:
        return 0.0
    return value / error if error else math.inf


def _symmetric(differences: FloatArray, way: float, reach: float) -> tuple[float, float]:
    """The mean, `way` down and up; without a spread, with room for what was not seen."""
    n, value = len(differences), float(differences.mean())
    # Wilson's upper end for a share of 0 out of n: as many examples may well be unlike these
    way = way or reach**2 / (n + reach**2)
    return value - way, value + way


def _bonett_price(differences: FloatArray, reach: float) -> tuple[float, float]:
    """Wald's interval after one win and one loss have been added."""
    n = len(differences) + 2
    discordant = float(np.abs(differences).sum()) + 2
    value = float(differences.sum()) / n
    way = reach * math.sqrt((discordant / n - value**2) / n)
    return value - way, value + way


def _checked(scores: Sequence[float] | FloatArray, *, name: str) -> FloatArray:
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
    return float(stats.binomtest(wins, wins + losses, 0.5).pvalue) if wins + losses else 1.0
