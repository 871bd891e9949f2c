"""How probable it is that a candidate is within epsilon of the best.

Deliberately not here: which candidates are compared.
"""

import numpy as np
from scipy.special import ndtr

from core.search.joint import Joint
from core.search.linear import FloatArray

DRAWS = 1000
FAR = 4.0
"""Standard deviations beyond which another candidate cannot be better by epsilon."""


def within(joint: Joint, chosen: int, epsilon: float, rng: np.random.Generator) -> float:
    """Probability that no candidate of `joint` is better than the chosen one by over epsilon.

    The share of 1000 joint draws of how far the others are ahead.
    """
    ahead = joint.mean - joint.mean[chosen] - epsilon
    near = np.flatnonzero(ahead + FAR * np.sqrt(joint.apart(chosen)) > 0)
    if not len(near):
        return 1.0
    beside = joint.beside(chosen)
    spread = joint.rows(near)[:, near] - beside[near, None] - beside[near] + beside[chosen]
    draws = ahead[near] + rng.standard_normal((DRAWS, len(near))) @ _root(spread).T
    return float((draws.max(axis=1) <= 0).mean())


def at_most(joint: Joint, chosen: int, epsilon: float) -> float:
    """A bound on `within` from above, for a hundredth of its cost."""
    ahead = joint.mean - joint.mean[chosen] - epsilon
    behind = ndtr(-ahead / np.sqrt(np.maximum(joint.apart(chosen), 1e-18)))
    return float(behind.min())


def _root(covariance: FloatArray) -> FloatArray:
    """A matrix whose square is the covariance, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    root: FloatArray = vectors * np.sqrt(np.maximum(values, 0.0))
    return root
