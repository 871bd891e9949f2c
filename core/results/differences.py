"""Paired differences of candidates on the examples they share, each worked out once."""

from collections.abc import Mapping
from functools import lru_cache

from core.evaluation.statistics import PairedDifference, paired_difference


def difference(
    reference: Mapping[str, float], other: Mapping[str, float]
) -> PairedDifference | None:
    """How much better `other` scored; both are example → score. None when they share no example."""
    shared = sorted(reference.keys() & other.keys())
    if not shared:
        return None
    return _difference(
        tuple(reference[each] for each in shared), tuple(other[each] for each in shared)
    )


def spread_of_differences(reference: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Standard deviation of the differences over the shared examples; 0 below two of them."""
    shared = reference.keys() & other.keys()
    if len(shared) < 2:
        return 0.0
    gaps = [other[each] - reference[each] for each in shared]
    middle = sum(gaps) / len(gaps)
    return float((sum((gap - middle) ** 2 for gap in gaps) / (len(gaps) - 1)) ** 0.5)


# Resampling takes tens of milliseconds, and the same scores are compared at every look.
@lru_cache(maxsize=256)
def _difference(reference: tuple[float, ...], other: tuple[float, ...]) -> PairedDifference:
    return paired_difference(reference, other)
