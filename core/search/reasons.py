"""Why a block of examples goes to a candidate, in a sentence for people.

Deliberately not here: the decision itself (`allocation`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from scipy.special import ndtr

from core.search.joint import Joint
from core.search.linear import place_of_highest
from core.search.space import Levels
from core.search.surrogate import INTERVAL

Why = Literal["start", "queued", "gain", "confirm"]

SLIM = 0.02
"""Below this probability of being the best, a candidate is evaluated for what it tells."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A candidate worth evaluating further, and what is believed of it."""

    candidate: Levels
    mean: float
    """Predicted score, a fraction."""
    sd: float
    leads: bool
    """Whether its predicted score is the highest."""
    probability: float
    """Of being better than the candidate of highest predicted score."""
    gain: float
    """Expected gain of the look-ahead that made the choice, a fraction."""
    promise: float
    """Expected gain of all calls left if each gained at the same rate, a fraction."""

    @classmethod
    def of(
        cls, candidates: Sequence[Levels], joint: Joint, chosen: int, gain: float, promise: float
    ) -> "Offer":
        """The offer of one of `candidates`."""
        best = place_of_highest(joint.mean)
        variance = joint.variance
        apart = variance[chosen] + variance[best] - 2 * joint.beside(best)[chosen]
        lead = joint.mean[chosen] - joint.mean[best]
        return cls(
            candidate=candidates[chosen],
            mean=float(joint.mean[chosen]),
            sd=float(max(variance[chosen], 0.0) ** 0.5),
            leads=chosen == best,
            probability=float(ndtr(lead / max(apart, 1e-12) ** 0.5)),
            gain=gain,
            promise=float(promise),
        )


class Reason(NamedTuple):
    """Why a block goes to a candidate."""

    why: Why
    offer: Offer | None = None

    def sentence(self, name: str) -> str:
        """The reason, about the candidate that people call `name`."""
        if self.offer is not None:
            return _gain_sentence(name, self.offer)
        if self.why == "queued":
            return f"Evaluates {name}: you asked for it."
        if self.why == "start":
            return f"Tries {name}: the first candidates are spread evenly over all choices."
        return f"Evaluates {name} on what is left: it is to be recommended, so it is measured."


def _gain_sentence(name: str, offer: Offer) -> str:
    predicted = f"predicted {100 * offer.mean:.0f} % ± {100 * INTERVAL * offer.sd:.0f}"
    if offer.leads:
        return f"Evaluates {name} further: {predicted}, the highest; makes sure of it."
    if offer.probability < SLIM:
        return f"Tries {name}: {predicted}; unlikely the best, but tells much about its parts."
    chance = f"{100 * offer.probability:.0f} %"
    return f"Tries {name}: {predicted}, could beat the highest (probability {chance})."
