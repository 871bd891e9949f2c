"""Joint belief about the true scores of many candidates, worked out no further than is asked.

Deliberately not here: where the belief comes from (`surrogate`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from core.search.linear import FloatArray, IntArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Joint:
    """Belief about the true mean scores of P candidates, in their order; fractions.

    All covariances of hundreds of candidates cost more than what most decisions do with them.
    """

    mean: FloatArray
    variance: FloatArray
    rows: Callable[[IntArray], FloatArray]
    """[places, P]: covariances of the candidates in these places with all of them."""
    _kept: dict[int, FloatArray] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, mean: FloatArray, covariance: FloatArray) -> "Joint":
        """The belief with this mean and this covariance."""
        return cls(mean=mean, variance=covariance.diagonal(), rows=covariance.__getitem__)

    @property
    def covariance(self) -> FloatArray:
        """[P, P]."""
        return self.rows(np.arange(len(self.mean)))

    def beside(self, place: int) -> FloatArray:
        """[P]: covariances of one candidate with all of them."""
        if place not in self._kept:
            self._kept[place] = self.rows(np.array([place]))[0]
        return self._kept[place]

    def apart(self, place: int) -> FloatArray:
        """[P]: variance of what each candidate is ahead of the one in this place."""
        spread = self.variance - 2 * self.beside(place) + self.variance[place]
        spread[place] = 0.0
        variance: FloatArray = np.maximum(spread, 0.0)
        return variance

    def among(self, places: IntArray) -> "Joint":
        """The belief about the candidates in these places, in this order."""
        return Joint.of(self.mean[places], self.rows(places)[:, places])

    def given(self, place: int, noise: float) -> "Joint":
        """The belief when a result with this variance is expected on one candidate.

        Like results in flight, it narrows variances and moves no mean.
        """
        beside = self.beside(place)
        narrowed = np.outer(beside, beside) / (self.variance[place] + noise)
        return Joint.of(self.mean, self.covariance - narrowed)
