"""The knowledge gradient: what more results on one candidate are expected to bring.

Results on candidate j move the belief about every candidate that shares levels with it. The gain
is how much better the best of them is then expected to be than what is best now. Source: Frazier,
Powell and Dayanik, The Knowledge-Gradient Policy for Correlated Normal Beliefs (2009); here with
the largest gain over pairs (now best, one other), a lower bound that ranks as well.

Deliberately not here: what results cost, and which examples they are on.
"""

import numpy as np
from scipy.special import ndtr

from core.search.crossed_effects import FloatArray

FAR = 5.0
"""Standard deviations beyond which the gain over a pair counts as none."""


def gains(mean: FloatArray, covariance: FloatArray, noise: FloatArray) -> FloatArray:
    """[look-aheads, P]: expected gain, a fraction, of giving results to each of P candidates.

    `noise` [look-aheads, P] is the variance of what these results say about the candidate;
    infinite where there are none to be had.
    """
    best = int(np.argmax(mean))
    behind = mean[best] - mean
    moves = np.abs(covariance - covariance[best])
    scale = 1.0 / np.sqrt(np.maximum(np.diag(covariance), 0.0) + noise)
    near = moves.max(axis=1) * scale.max() * FAR > behind
    near[best] = False
    moves, behind = moves[near], behind[near]
    if not len(behind):
        return np.zeros(noise.shape)
    return np.stack([_largest(moves * row, behind) for row in scale])


def _largest(spread: FloatArray, behind: FloatArray) -> FloatArray:
    """Over rows: the largest expected gain of a normal with this spread, so far behind."""
    gain = np.zeros(spread.shape)
    rows, columns = np.nonzero(spread * FAR > behind[:, None])
    width, distance = spread[rows, columns], behind[rows]
    z = distance / width
    density = np.exp(-0.5 * z * z) * (2 * np.pi) ** -0.5
    gain[rows, columns] = width * density - distance * ndtr(-z)
    largest: FloatArray = gain.max(axis=0)
    return largest
