"""Paired differences of candidates on the examples they share, each worked out once, in words."""

from collections.abc import Mapping
from functools import lru_cache

from core.evaluation.statistics import PairedDifference, paired_difference


def difference(
    reference: Mapping[str, float], other: Mapping[str, float], *, looked_at: int = 1
) -> PairedDifference | None:
    """How much better `other` scored; both are example → score. None when they share no example.

    Corrected for the number of candidates, the reference not counted, that were looked at.
    """
    shared = sorted(reference.keys() & other.keys())
    if not shared:
        return None
    before, after = tuple(reference[each] for each in shared), tuple(other[each] for each in shared)
    return _difference(before, after, max(1, looked_at))


def spread_of_differences(reference: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Standard deviation of the differences over the shared examples; 0 below two of them."""
    shared = reference.keys() & other.keys()
    if len(shared) < 2:
        return 0.0
    gaps = [other[each] - reference[each] for each in shared]
    middle = sum(gaps) / len(gaps)
    return float((sum((gap - middle) ** 2 for gap in gaps) / (len(gaps) - 1)) ** 0.5)


def difference_in_words(difference: PairedDifference, label: str, reference: str) -> str:
    """One sentence on who is better by how much, or that it cannot be told.

    Better and worse are said only when the interval and the test agree.
    """
    n, points = difference.n, 100 * difference.value
    ends = (100 * difference.low, 100 * difference.high)
    if difference.shown == "worse":
        ends = (-ends[1], -ends[0])
    known = f"95 %: {ends[0]:.1f} to {ends[1]:.1f}, {_p_in_words(difference.p_value)}, n = {n}"
    if difference.shown is not None:
        return (
            f"{label} is {difference.shown} than {reference} by {abs(points):.1f} points ({known})."
        )
    these = "This one example" if n == 1 else f"These {n} examples"
    return f"{these} cannot tell {label} and {reference} apart: {points:+.1f} points ({known})."


# Resampling takes tens of milliseconds, and the same scores are compared at every look.
@lru_cache(maxsize=256)
def _difference(
    reference: tuple[float, ...], other: tuple[float, ...], looked_at: int
) -> PairedDifference:
    return paired_difference(reference, other, looked_at=looked_at)


def _p_in_words(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"
