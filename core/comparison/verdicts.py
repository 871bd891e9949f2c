"""Who is better than the reference, by how much, and how sure that is.

Corrected for everybody who was looked at: the reader picks the pair after the search has seen all
candidates, so the correction is for those, not for the columns on the screen.
"""

import math
from dataclasses import dataclass

import numpy as np

from core.comparison.entrants import PARTS, Entrant, LineUp
from core.comparison.heads import caution
from core.evaluation.statistics import PairedDifference, paired_differences

FAR_MORE = 100
"""Times as many examples as there are, from which on no number is given."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One entrant beside the reference, on the examples that these two share."""

    entrant: Entrant
    label: str
    reference_label: str
    difference: PairedDifference | None
    """The entrant less the reference; None when they share no example."""
    improved: int
    """Examples on which the entrant scores higher."""
    regressed: int
    """Examples on which it scores lower."""
    sentence: str
    correction: str | None
    """How the interval allows for the candidates that were looked at; None without need."""
    caution: str | None
    """What to beware of in the score of this entrant."""

    @property
    def needed(self) -> int | None:
        """Examples that would show a difference of this size four times in five, with two digits.

        None when it is shown, when nothing differs, or when it cannot be reckoned.
        """
        needed = self.difference.needed if self.difference else None
        return None if needed is None else _two_digits(needed)


def verdicts(line_up: LineUp, reference: int = 0, *, seed: int = 0) -> tuple[Verdict, ...]:
    """Every entrant but the reference, in their order.

    Raises:
        IndexError: there is no such entrant.
    """
    others = [place for place in range(len(line_up.entrants)) if place != reference]
    base = line_up.scores[:, reference]
    pairs = {place: ~np.isnan(line_up.scores[:, place] - base) for place in others}
    known = [place for place in others if pairs[place].any()]
    found = (
        paired_differences(
            base, line_up.scores[:, known], looked_at=line_up.looked_at - 1, seed=seed
        )
        if known
        else ()
    )
    differences = dict(zip(known, found, strict=True))
    return tuple(_verdict(line_up, place, reference, differences.get(place)) for place in others)


def difference_sentence(
    difference: PairedDifference | None, label: str, reference: str, part: str = ""
) -> str:
    """Who is better by how much, or that it cannot be told and how many examples would tell.

    `part` is the word for the examples, such as `held-out`.
    """
    word = f"{part} example" if part else "example"
    if difference is None:
        return f"{label} and {reference} share no {word} with a score."
    ends = (100 * difference.low, 100 * difference.high)
    if difference.shown == "worse":
        ends = (-ends[1], -ends[0])
    interval = f"95 %: {ends[0]:.1f} to {ends[1]:.1f}"
    points, n = 100 * difference.value, difference.n
    if difference.shown is not None:
        return (
            f"{label} is {difference.shown} than {reference} by {abs(points):.1f} points "
            f"({interval}, n = {n:,})."
        )
    these = f"This one {word}" if n == 1 else f"These {n:,} {word}s"
    return (
        f"{these} cannot tell {label} and {reference} apart ({points:+.1f} points, {interval})"
        f"{_would(difference)}."
    )


def correction_in_words(looked_at: int) -> str | None:
    """How intervals and p-values allow for so many comparisons; None for a single one."""
    if looked_at <= 1:
        return None
    return (
        f"Corrected for the {looked_at + 1:,} candidates looked at: interval and p-value are those "
        f"of the largest of {looked_at:,} comparisons with the reference, so that all of them hold "
        "together 95 % of the time (max-|t| of Westfall and Young for the candidates shown, Šidák "
        "for the others)."
    )


def p_in_words(p_value: float) -> str:
    """`p = 0.012`, `p < 0.001`."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def _verdict(
    line_up: LineUp, place: int, reference: int, difference: PairedDifference | None
) -> Verdict:
    label, other = line_up.labels[place], line_up.labels[reference]
    with np.errstate(invalid="ignore"):
        change = line_up.scores[:, place] - line_up.scores[:, reference]
    return Verdict(
        entrant=line_up.entrants[place],
        label=label,
        reference_label=other,
        difference=difference,
        improved=int((change > 0).sum()),
        regressed=int((change < 0).sum()),
        sentence=difference_sentence(difference, label, other, PARTS[line_up.part]),
        correction=correction_in_words(difference.looked_at) if difference else None,
        caution=caution(line_up, place),
    )


def _would(difference: PairedDifference) -> str:
    if difference.needed is None:
        return ""
    if difference.needed > FAR_MORE * difference.n:
        return f"; more than {FAR_MORE} times as many would be needed"
    return f"; about {_two_digits(difference.needed):,} would"


def _two_digits(number: int) -> int:
    """Rounded up to two significant digits."""
    step = int(10 ** max(0, math.floor(math.log10(number)) - 1))
    return math.ceil(number / step) * step
