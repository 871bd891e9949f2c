"""What a search is about beside its space: examples, budget, weights, costs, and its numbers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.search.space import Levels


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The numbers that an allocation goes by."""

    block: int = 10
    """Examples given at a time."""
    crowd: int = 24
    """Results in flight for each block that is given at a time; at least one block is given."""
    repeats: int = 1
    """Most results of one candidate on one example; above 1 only for metrics that are noisy."""
    epsilon: float = 0.01
    """Candidates closer than this to the best, a fraction, count as equally good."""
    confidence: float = 0.95
    """Probability of being within epsilon of the best at which the search may end."""
    worthwhile: float = 0.001
    """Expected gain of all calls left, a fraction, below which the search may end."""


def _plain_name(candidate: Levels) -> str:
    return "candidate " + "-".join(map(str, candidate))


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an allocation is about, beside the space; fixed for its life."""

    examples: Sequence[str]
    """Validation examples in the common order, the same for every candidate."""
    budget: int | None = None
    """Most results, failures included; the full evaluation of the recommended one is in it."""
    weights: Mapping[str, float] | None = None
    """Example → its weight in the mean score, any scale; 1 where it is not named."""
    cost: Callable[[Levels], float] | None = None
    """Expected cost of one result of a candidate, on any scale, above 0; None: all cost alike."""
    name: Callable[[Levels], str] = _plain_name
    """What people call a candidate."""
    rules: Rules = field(default_factory=Rules)

    def information_weights(self) -> dict[str, float] | None:
        """What one result on each example counts for, so that all together count as they inform.

        The mean of N results with weights w has the variance of (sum w)^2 / sum w^2 equal results.
        """
        if self.weights is None:
            return None
        weights = np.array([self.weights.get(name, 1.0) for name in self.examples])
        scale = weights.sum() / np.square(weights).sum()
        counts: Iterable[float] = (weights * scale).tolist()
        return {name: w for name, w in zip(self.examples, counts, strict=True) if w > 0}
