"""The knowledge gradient: what more results on one candidate are expected to bring.

Results on candidate j move the belief about every candidate that shares levels with it. The gain
is how much better the best of them is then expected to be than what is best now. Source: Frazier,
Powell and Dayanik, The Knowledge-Gradient Policy for Correlated Normal Beliefs (2009); here with
the largest gain over pairs (now best, one other), a lower bound that ranks as well.

Deliberately not here: what results cost, and which examples they are on.
"""

import numpy as np
from scipy.special import ndtr, ndtri

from core.search.crossed_effects import FloatArray

FAR = 5.0
"""Standard deviations beyond which the gain over a pair counts as none."""
FEW = 40
"""Up to this many candidates the gain over all of them together is worked out."""
_NODES = ndtri((np.arange(40) + 0.5) / 40)


def gains(mean: FloatArray, covariance: FloatArray, noise: FloatArray) -> FloatArray:
    """[look-aheads, P]: expected gain, a fraction, of giving results to each of P candidates.

    `noise` [look-aheads, P] is the variance of what these results say about the candidate;
    infinite where there are none to be had.
    """
    best = int(np.argmax(mean))
    behind = mean[best] - mean
    moves = covariance - covariance[best]
    scale = 1.0 / np.sqrt(np.maximum(np.diag(covariance), 0.0) + noise)
    near = np.abs(moves).max(axis=1) * scale.max() * FAR > behind
    near[best] = False
    moves, behind = moves[near], behind[near]
    if not len(behind):
        return np.zeros(noise.shape)
    pairs = np.stack([_largest(np.abs(moves) * row, behind) for row in scale])
    if len(mean) > FEW:
        return pairs
    # Equal steps of probability miss what is left in the tails, which the pairs have.
    return np.maximum(pairs, np.stack([_together(moves * row, behind) for row in scale]))


def _together(spread: FloatArray, behind: FloatArray) -> FloatArray:
    """How far the highest is expected to rise when all of them move together."""
    risen = (spread[:, :, None] * _NODES - behind[:, None, None]).max(axis=0)
    expected: FloatArray = np.maximum(risen, 0.0).mean(axis=1)
    return expected


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
