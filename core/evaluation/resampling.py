"""How large the largest of several paired comparisons gets by chance, from one resampling for all.

All comparisons share the examples, and their reference, so they go up and down together; resampling
whole examples keeps that (Westfall and Young 1993, Resampling-Based Multiple Testing, sections 2.3
and 2.6). `differences` are examples by comparisons, NaN where a pair of scores is missing.
Deliberately not here: what is compared, and what is said of it (`core.evaluation.statistics`).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]

RESAMPLES = 4_999
NORMAL_DRAWS = 20_000
MOST_RESAMPLED = 1_000
"""Examples beyond which the central limit theorem leaves a bootstrap nothing to correct."""

MOST_ENUMERATED = 12
"""Examples up to which all patterns of signs are looked at, so that the test is exact."""

OWN_ERROR = 2.0
"""Standard errors of the resampling by which its p-values are rounded up: another seed would not
turn them."""

_LARGEST = 1e6
"""A statistic beyond this is as good as infinite."""


@dataclass(frozen=True, kw_only=True)
class Chance:
    """The distribution of the largest absolute statistic when nothing differs."""

    maxima: FloatArray | None
    """Sorted draws of it; None for a single standard normal statistic."""
    is_complete: bool = False
    """True when the draws are all there are, not a sample."""
    others: int = 0
    """Further comparisons of which only their number is known; they count as independent (Šidák
    1967, JASA 62:626), which is never too few."""
    df: float = np.inf
    """Degrees of freedom of the others' statistics."""

    def p_value(self, statistic: float) -> float:
        """Probability that the largest of all is at least this."""
        single = 2 * float(special.stdtr(self.df, -abs(statistic)))
        known = single if self.maxima is None else self._share(abs(statistic))
        return 1 - (1 - known) * (1 - single) ** self.others if self.others else known

    def critical(self, level: float) -> float:
        """The smallest statistic whose p-value is at most `level`; infinite when there is none."""
        low, high = 0.0, _LARGEST
        if self.p_value(high) > level:
            return float("inf")
        while high - low > 1e-9 * max(1.0, high):
            middle = (low + high) / 2
            if self.p_value(middle) <= level:
                high = middle
            else:
                low = middle
        return high

    def _share(self, statistic: float) -> float:
        assert self.maxima is not None
        draws = len(self.maxima)
        # a little below, as equal patterns of signs give sums that differ in the last digit
        beyond = draws - int(np.searchsorted(self.maxima, statistic * (1 - 1e-6), side="left"))
        if self.is_complete:
            return beyond / draws
        share = (beyond + 1) / (draws + 1)
        return float(min(1.0, share + OWN_ERROR * np.sqrt(share * (1 - share) / draws)))


def normal_chance(differences: FloatArray, *, others: int = 0, seed: int = 0) -> Chance:
    """The statistics as normal ones with the correlation of the differences.

    One resampling of examples with normal weights has exactly this distribution (Hothorn, Bretz and
    Westfall 2008, Biometrical Journal 50:346; Chernozhukov, Chetverikov and Kato 2013, Annals of
    Statistics 41:2786).
    """
    columns = _centred(differences)
    lengths = np.sqrt((columns**2).sum(axis=0))
    moving = lengths > 0
    # what has no spread here may have one elsewhere
    others += differences.shape[1] - max(1, int(moving.sum()))
    if moving.sum() <= 1:
        return Chance(maxima=None, others=others)
    unit = columns[:, moving] / lengths[moving]
    values, vectors = np.linalg.eigh(unit.T @ unit)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    draws = np.random.default_rng(seed).standard_normal((NORMAL_DRAWS, len(values))) @ root.T
    return Chance(maxima=np.sort(np.abs(draws).max(axis=1)), others=others)


def bootstrap_chance(differences: FloatArray, *, others: int = 0, seed: int = 0) -> Chance:
    """Studentized means of examples drawn with replacement, about the means that were seen.

    The symmetric percentile-t bootstrap (Hall 1988, JRSS B 50:35) of `steadied` statistics.
    """
    columns, present = _centred(differences), ~np.isnan(differences)
    weights = _weights(len(differences), seed)
    counts = weights @ present.astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = (weights @ columns.astype(np.float32)) / counts
        squares = (weights @ (columns**2).astype(np.float32)) / counts
        variances = np.maximum(squares - means**2, 0.0)
        errors = _steadied(variances, counts, _unseen(columns, differences))
        statistics = np.abs(means) / errors
    # without spread, or drawn less than twice: such a comparison says nothing in this resample
    statistics = np.where((errors > 0) & (counts >= 2), statistics, 0.0)
    maxima = np.sort(statistics.max(axis=1).astype(np.float64))
    return Chance(maxima=maxima, others=others, df=_fewest(present) - 1)


def steadied_error(differences: FloatArray) -> float:
    """Standard error of the mean of one comparison, with room for differences not seen.

    Where most differences are 0, a resample may hold none of the others and seem to know all. So
    two more differences of the usual size, one up and one down, go into the variance, as Bonett and
    Price add them to right and wrong answers. 0 without spread.
    """
    column = differences[:, None]
    unseen = _unseen(_centred(column), column)
    counts = np.array([len(differences)])
    return float(_steadied(column.var(axis=0), counts, unseen)[0]) if unseen.any() else 0.0


def sign_flip_chance(differences: FloatArray, *, others: int = 0, seed: int = 0) -> Chance:
    """Studentized means when each example's differences keep or change their sign together.

    Fisher's randomisation test (1935, The Design of Experiments, section 21). Complete for up to
    12 examples that differ.
    """
    present = ~np.isnan(differences)
    counts = present.sum(axis=0)
    known = np.where(present, differences, 0.0)
    signs, is_complete = _signs(known[known.any(axis=1)], seed)
    means = (signs @ known[known.any(axis=1)].astype(np.float32)) / counts
    variances = ((known**2).sum(axis=0) / counts - means**2) / np.maximum(counts - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistics = np.abs(means) / np.sqrt(np.maximum(variances, 0.0))
    settled = variances <= 1e-7 * (known**2).mean(axis=0)
    statistics = np.where(settled, np.where(np.abs(means) > 1e-7, np.inf, 0.0), statistics)
    maxima = np.sort(statistics.max(axis=1).astype(np.float64))
    return Chance(maxima=maxima, is_complete=is_complete, others=others, df=_fewest(present) - 1)


def _centred(differences: FloatArray) -> FloatArray:
    """The differences less their means, 0 where they are missing, without rounding errors."""
    centred = differences - np.nanmean(differences, axis=0)
    centred = np.where(np.isnan(centred), 0.0, centred)
    return np.where(np.ptp(centred, axis=0) < 1e-12, 0.0, centred)


def _unseen(columns: FloatArray, differences: FloatArray) -> FloatArray:
    """Mean square of the centred differences of those examples that differ at all."""
    differing = np.maximum((np.nan_to_num(differences) != 0).sum(axis=0), 1)
    return np.asarray((columns**2).sum(axis=0) / differing)


def _steadied(
    variances: npt.NDArray[Any], counts: npt.NDArray[Any], unseen: FloatArray
) -> FloatArray:
    return np.asarray(np.sqrt((variances + 2 * unseen / counts) / np.maximum(counts - 1, 1)))


def _fewest(present: npt.NDArray[np.bool_]) -> float:
    return float(max(2, int(present.sum(axis=0).min())))


@lru_cache(maxsize=4)
def _weights(examples: int, seed: int) -> npt.NDArray[np.float32]:
    """How often each example is drawn, resamples by examples. Nobody may change it."""
    rng = np.random.default_rng(seed)
    places = rng.integers(0, examples, (RESAMPLES, examples), dtype=np.int32)
    places += np.arange(RESAMPLES, dtype=np.int32)[:, None] * examples
    counts = np.bincount(places.ravel(), minlength=RESAMPLES * examples)
    return counts.reshape(RESAMPLES, examples).astype(np.float32)


def _signs(differing: FloatArray, seed: int) -> tuple[npt.NDArray[np.float32], bool]:
    """Patterns of signs by examples, and whether they are all there are."""
    examples = len(differing)
    if examples <= MOST_ENUMERATED:
        patterns = np.arange(2**examples)[:, None] >> np.arange(examples) & 1
        return (2.0 * patterns - 1).astype(np.float32), True
    return _drawn_signs(examples, seed), False


@lru_cache(maxsize=4)
def _drawn_signs(examples: int, seed: int) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng([seed, 1])
    drawn = np.frombuffer(rng.bytes(RESAMPLES * (examples // 8 + 1)), dtype=np.uint8)
    bits = np.unpackbits(drawn.reshape(RESAMPLES, -1), axis=1)[:, :examples]
    return 2 * bits.astype(np.float32) - 1
