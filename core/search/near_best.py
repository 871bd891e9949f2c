"""How probable it is that a candidate is within epsilon of the best.

Deliberately not here: which candidates are compared.
"""

import numpy as np
from scipy.special import ndtr

from core.search.crossed_effects import FloatArray
from core.search.surrogate import Joint

DRAWS = 1000
FAR = 4.0
"""Standard deviations beyond which another candidate cannot be better by epsilon."""


def within(joint: Joint, chosen: int, epsilon: float, rng: np.random.Generator) -> float:
    """Probability that no candidate of `joint` is better than the chosen one by over epsilon.

    The share of 1000 joint draws of how far the others are ahead.
    """
    ahead, spread = _ahead(joint, chosen, epsilon)
    near = np.flatnonzero(ahead + FAR * np.sqrt(np.diag(spread)) > 0)
    if not len(near):
        return 1.0
    factor = _root(spread[np.ix_(near, near)])
    draws = ahead[near] + rng.standard_normal((DRAWS, len(near))) @ factor.T
    return float((draws.max(axis=1) <= 0).mean())


def at_most(joint: Joint, chosen: int, epsilon: float) -> float:
    """A bound on `within` from above, for a hundredth of its cost."""
    ahead, spread = _ahead(joint, chosen, epsilon)
    behind = ndtr(-ahead / np.sqrt(np.maximum(np.diag(spread), 1e-18)))
    return float(behind.min())


def _ahead(joint: Joint, chosen: int, epsilon: float) -> tuple[FloatArray, FloatArray]:
    """By how much the others are expected to be ahead by more than epsilon, and its covariance."""
    beside = joint.covariance[chosen]
    spread = joint.covariance - beside[:, None] - beside[None, :] + beside[chosen]
    spread[np.diag_indices_from(spread)] = np.maximum(np.diag(spread), 0.0)
    return joint.mean - joint.mean[chosen] - epsilon, spread


def _root(covariance: FloatArray) -> FloatArray:
    """A matrix whose square is the covariance, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    root: FloatArray = vectors * np.sqrt(np.maximum(values, 0.0))
    return root
