"""The knowledge gradient: what more results on one candidate are expected to bring.

Results on candidate j move the belief about every candidate that shares levels with it. The gain
is how much better the best of them is then expected to be than what is best now. Source: Frazier,
Powell and Dayanik, The Knowledge-Gradient Policy for Correlated Normal Beliefs (2009); here with
the largest gain over pairs (now best, one other), a lower bound that ranks as well.

Of many candidates, most can hardly matter: how far another one can rise above the best, whatever
the results are on, is bounded by how uncertain its distance is. Only the 24 others with the
highest bounds are looked at; the one that counts is among them in 99 decisions of 100.

Deliberately not here: what results cost, and which examples they are on.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np
from scipy.special import ndtr, ndtri

from core.search.joint import Joint
from core.search.linear import HELD, FloatArray, place_of_highest

FAR = 5.0
"""Standard deviations beyond which the gain over a pair counts as none."""
TINY = 1e-12
"""Standard deviation below which there is no gain."""
OTHERS = 24
"""Of more, so many others are looked at."""
STEPS = 32
"""Steps in which bounds tell apart how much a candidate's results say."""
_NODES = ndtri((np.arange(40) + 0.5) / 40)
_FINE = 2000
_APART = np.arange(FAR * _FINE + 1) / _FINE
_WON = np.exp(-0.5 * _APART**2) / np.sqrt(2 * np.pi) - _APART * ndtr(-_APART)
_WON[-1] = 0.0
"""How much a standard normal is expected to win that is so far behind, to a tenth of a percent."""


def joint_gains(
    joint: Joint, noise: Sequence[FloatArray], worth: Sequence[FloatArray]
) -> list[FloatArray]:
    """As `pair_gains`, for a few candidates: the gain over all of them together, everywhere."""
    behind, moves = _behind(joint), _moves(joint)
    found = []
    for scale in _scales(joint, noise):
        # Equal steps of probability miss what is left in the tails, which the pairs have.
        pairs = _expected(np.abs(moves) * scale, behind[:, None]).max(axis=0)
        found.append(np.maximum(pairs, _together(moves * scale, behind)))
    return found


def pair_gains(
    joint: Joint, noise: Sequence[FloatArray], worth: Sequence[FloatArray]
) -> list[FloatArray]:
    """Per look-ahead [P]: expected gain, a fraction, of giving results to each of P candidates.

    `noise`, per look-ahead [P], is the variance of what these results say about the candidate;
    infinite where there are none to be had. `worth`, per look-ahead [P], is what a gain is to be
    multiplied by when gains are compared, 0 where there are no results. Right where gain times
    worth is highest; elsewhere it may be too low.
    """
    scales = _scales(joint, noise)
    if len(joint.mean) ** 2 > HELD:
        return _Pairs(joint, scales, worth).searched()
    behind, moves = _behind(joint)[:, None], np.abs(_moves(joint))
    return [_expected(moves * scale, behind).max(axis=0) for scale in scales]


def _behind(joint: Joint) -> FloatArray:
    """[P]: by how much each candidate is behind the best."""
    behind: FloatArray = joint.mean.max() - joint.mean
    return behind


def _moves(joint: Joint) -> FloatArray:
    """[P, P]: covariance of each candidate's lead on the best with every candidate."""
    return joint.covariance - joint.beside(place_of_highest(joint.mean))


def _scales(joint: Joint, noise: Sequence[FloatArray]) -> list[FloatArray]:
    """Per look-ahead: one by the standard deviation of the results' mean."""
    variance = np.maximum(joint.variance, 0.0)
    return [1.0 / np.sqrt(variance + each) for each in noise]


def _together(spread: FloatArray, behind: FloatArray) -> FloatArray:
    """How far the highest is expected to rise when all of them move together."""
    risen = (spread[:, :, None] * _NODES - behind[:, None, None]).max(axis=0)
    expected: FloatArray = np.maximum(risen, 0.0).mean(axis=1)
    return expected


def _expected(width: FloatArray, behind: FloatArray | float) -> FloatArray:
    """How much a normal with standard deviation `width`, so far behind, is expected to win."""
    at = np.minimum(behind / np.maximum(width, TINY) * _FINE, len(_WON) - 1).astype(np.int64)
    expected: FloatArray = width * _WON[at]
    return expected


class _Pairs:
    """Looks for the largest gain over pairs, one other candidate after the other.

    On one row at a time, so that the decision keeps the interpreter's lock (`linear`).
    """

    def __init__(
        self, joint: Joint, scales: Sequence[FloatArray], worth: Sequence[FloatArray]
    ) -> None:
        best = place_of_highest(joint.mean)
        spread = np.sqrt(np.maximum(joint.variance, 0.0))
        self._joint, self._scales, self._worth = joint, scales, worth
        self._behind = _behind(joint)
        self._beside = joint.beside(best)
        self._apart = np.sqrt(joint.apart(best))
        self._reach = [spread * scale for scale in scales]
        self._gain, self._highest = [np.zeros(len(spread)) for _ in scales], 0.0

    def searched(self) -> list[FloatArray]:
        """Per look-ahead [P]: the largest gains, as far as one can be the highest of all."""
        bounds = [self._bounds(*each) for each in zip(self._reach, self._worth, strict=True)]
        highest = reduce(np.maximum, bounds).tolist()
        others = sorted(range(len(highest)), key=highest.__getitem__, reverse=True)[:OTHERS]
        for other, row in zip(others, self._joint.rows(np.array(others)), strict=True):
            moves = np.abs(row - self._beside)
            for step, bound in enumerate(bounds):
                if bound[other] > self._highest:
                    self._look_at(other, moves, step)
        return self._gain

    def _bounds(self, reach: FloatArray, worth: FloatArray) -> FloatArray:
        """[P]: above any gain times worth that each candidate can have a part in as the other.

        Results move the distance to the best by at most its own standard deviation times the
        correlation of the results with the candidate they are on, `reach`.
        """
        highest = np.zeros(STEPS + 2)
        np.maximum.at(highest, np.ceil(STEPS * reach).astype(np.int64), worth)
        bounds, most = np.zeros(len(self._behind)), 0.0
        for step in range(STEPS + 1, 0, -1):
            if highest[step] > most:  # less worth at less reach bounds nothing more
                most = float(highest[step])
                bound = _expected(self._apart * (step / STEPS), self._behind) * most
                bounds = np.maximum(bounds, bound)
        return bounds

    def _look_at(self, other: int, moves: FloatArray, step: int) -> None:
        """Takes another candidate into account, which results move by so much."""
        gain = _expected(moves * self._scales[step], float(self._behind[other]))
        self._gain[step] = np.maximum(self._gain[step], gain)
        self._highest = max(self._highest, float((gain * self._worth[step]).max()))
