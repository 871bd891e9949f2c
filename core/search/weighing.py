"""Candidates weighed against each other: on which of them results are worth most.

Deliberately not here: which candidates are weighed (`pool`), and whether the search should go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from core.search.examples import Outlook
from core.search.joint import Joint
from core.search.knowledge_gradient import TINY, joint_gains, pair_gains
from core.search.linear import FloatArray, place_of_highest
from core.search.reasons import Offer
from core.search.space import Levels

HOPELESS = 1e-12
"""Expected gain per call below which gains are not told apart."""
RIVALS = 20
"""Candidates that are weighed again once the best of all has been given a block."""
FEW = 40
"""Up to this many candidates, gains over all of them together are worked out."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Weighed:
    """The outcome of a weighing."""

    offer: Offer
    place: int
    """Where in the field the offered candidate stands."""
    rate: FloatArray
    """[P]: expected gain per unit of cost, a fraction."""
    noise: float
    """Variance of what the next block says about the offered candidate."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """Candidates to weigh: P of them, distinct."""

    candidates: Sequence[Levels]
    joint: Joint
    costs: FloatArray
    """[P]: of one result each, on any scale."""
    jointly: bool
    """Whether gains over all of them together are worked out, or over pairs."""

    @classmethod
    def of(cls, candidates: Sequence[Levels], joint: Joint, costs: FloatArray) -> "Field":
        """All candidates that compete."""
        few = len(candidates) <= FEW
        return cls(candidates=candidates, joint=joint, costs=costs, jointly=few)

    def weighed(self, outlook: Outlook, calls: float) -> Weighed | None:
        """The candidate of highest expected gain per cost; None when all are exhausted.

        `calls` is how many results can still be had, exhaustion aside.
        """
        worth = [_shares(numbers * self.costs) for numbers in outlook.numbers]
        if not any(each.any() for each in worth):
            return None
        work_out = joint_gains if self.jointly else pair_gains
        gain = work_out(self.joint, outlook.noise, worth)
        rates = [each * weight for each, weight in zip(gain, worth, strict=True)]
        per_call = max(float((rate * self.costs).max()) for rate in rates)
        rate = reduce(np.maximum, rates)
        if per_call < HOPELESS:
            return self._likeliest(outlook, rate)
        # Equal up to rounding errors is equal, so that a resumed run decides the same.
        place = place_of_highest(np.round(rate / rate.max(), 6))
        step = max(range(len(rates)), key=lambda step: float(rates[step][place]))
        promise = per_call * min(calls, float(outlook.numbers[-1].sum()))
        offer = Offer.of(self.candidates, self.joint, place, float(gain[step][place]), promise)
        return Weighed(offer=offer, place=place, rate=rate, noise=float(outlook.noise[0][place]))

    def rivals(self, weighed: Weighed) -> "Field":
        """What comes closest to the offered candidate, when that is being given its block.

        What is expected of it moves no mean; but where results are expected, less is uncertain.
        """
        rate = weighed.rate.tolist()
        ranked = sorted(range(len(rate)), key=rate.__getitem__, reverse=True)[:RIVALS]
        leader = place_of_highest(self.joint.mean)
        places = np.array(sorted({*ranked, leader, weighed.place}))
        chosen = int(np.searchsorted(places, weighed.place))
        return Field(
            candidates=[self.candidates[place] for place in places],
            joint=self.joint.among(places).given(chosen, weighed.noise),
            costs=self.costs[places],
            jointly=self.jointly,
        )

    def _likeliest(self, outlook: Outlook, rate: FloatArray) -> Weighed:
        """What is likeliest to be better after all, when no result is expected to change much."""
        places = np.flatnonzero(outlook.numbers[0] > 0).tolist()
        offers = {at: Offer.of(self.candidates, self.joint, at, 0.0, 0.0) for at in places}
        best = max(places, key=lambda at: (round(offers[at].probability, 9), offers[at].mean))
        noise = float(outlook.noise[0][best])
        return Weighed(offer=offers[best], place=best, rate=rate, noise=noise)


def _shares(costs: FloatArray) -> FloatArray:
    """One by each of the costs; 0 where there is nothing to be had."""
    return np.where(costs > 0, 1.0 / np.maximum(costs, TINY), 0.0)
