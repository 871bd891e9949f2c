"""How probable it is that a candidate is within epsilon of the best.

Deliberately not here: which candidates are compared.
"""

import math

import numpy as np
from scipy.special import ndtr

from core.search.joint import Joint
from core.search.linear import FloatArray, IntArray, lower_factor, rows_with_rows

DRAWS = 1000
FIRST = 200
"""Draws after which it is seen whether the others are needed."""
SOME = 40
"""The likeliest rivals, which are looked at alone, first."""
FAR = 4.0
"""Standard deviations beyond which another candidate cannot be better by epsilon."""


def within(
    joint: Joint, chosen: int, epsilon: float, rng: np.random.Generator, enough: float = 0.0
) -> float:
    """Probability that no candidate of `joint` is better than the chosen one by over epsilon.

    The share of 1000 joint draws of how far the others are ahead. Where it is below `enough`
    by far, a bound from above that is below it as well, from fewer draws and candidates.
    """
    ahead = joint.mean - joint.mean[chosen] - epsilon
    spread = np.sqrt(joint.apart(chosen))
    near = np.flatnonzero(ahead + FAR * spread > 0)
    chances = (ahead[near] / spread[near]).tolist()
    likeliest = near[sorted(range(len(near)), key=chances.__getitem__, reverse=True)]
    share = 1.0
    for others in (likeliest[:SOME], likeliest)[: 1 + (len(near) > SOME)]:
        share = _share(joint, chosen, others, ahead[others], rng, enough)
        if _hopeless(share, DRAWS, enough):
            break
    return share


def _share(
    joint: Joint,
    chosen: int,
    others: IntArray,
    ahead: FloatArray,
    rng: np.random.Generator,
    enough: float,
) -> float:
    """The share of joint draws in which none of the others is ahead."""
    if not len(others):
        return 1.0
    beside = joint.beside(chosen)[others]
    spread = joint.rows(others)[:, others] - beside[:, None] - beside + joint.variance[chosen]
    # Candidates that are told apart by nothing make it singular; this moves no probability.
    spread[np.diag_indices_from(spread)] += 1e-9
    root = lower_factor(spread)
    none, drawn, share = 0, 0, 0.0
    for batch in (FIRST, DRAWS - FIRST):
        draws = rows_with_rows(root, rng.standard_normal((batch, len(others)))).T
        none += sum(float((draw + ahead).max()) <= 0 for draw in draws)
        drawn += batch
        share = none / drawn
        if _hopeless(share, drawn, enough):
            break
    return share


def _hopeless(share: float, draws: int, enough: float) -> bool:
    """Whether the probability is below `enough`, whatever the luck of the draws."""
    return share + FAR * math.sqrt(enough * (1 - enough) / draws) < enough


def at_most(joint: Joint, chosen: int, epsilon: float) -> float:
    """A bound on `within` from above, for a hundredth of its cost."""
    ahead = joint.mean - joint.mean[chosen] - epsilon
    behind = ndtr(-ahead / np.sqrt(np.maximum(joint.apart(chosen), 1e-18)))
    return float(behind.min())
