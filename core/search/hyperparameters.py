"""The surrogate's spreads, what is believed of them beforehand, and how they are fitted.

All are standard deviations in score units (fractions). Deliberately coarse: a fit climbs in
steps of 0.35 in log space, because finer values change no decision and cost many likelihoods.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

STEP = 0.35
"""Size of a coordinate step, in the logarithm of a standard deviation."""


@dataclass(frozen=True, kw_only=True)
class CandidateSpreads:
    """Standard deviations of the parts of a candidate's true score."""

    main: tuple[float, ...]
    """Of the effects of a variable's levels, one per variable in the order of the space."""
    pair: float
    """Of the interaction of two levels."""
    rest: float
    """Of what is particular to one candidate."""


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Standard deviations of the parts of one result."""

    noise: float
    """Of one result around the effects of its candidate and its example."""
    example: float
    """Of example difficulty."""
    candidates: CandidateSpreads
    """Of what sets candidates apart."""


@dataclass(frozen=True, kw_only=True)
class _Belief:
    """A log-normal prior and the range that a fit stays in."""

    median: float
    log_sd: float
    least: float
    most: float

    def log_density(self, value: float) -> float:
        """Density of log(value), up to a constant."""
        return -0.5 * (math.log(value / self.median) / self.log_sd) ** 2

    def moved(self, value: float, step: float) -> float:
        """`value` after a step in log space, inside the range."""
        return min(max(value * math.exp(step), self.least), self.most)


# The floors keep a run whose scores are all equal from claiming certainty (a noise of 0.05 is
# that of a program which is right 99.75 % of the time), and _REST above 0 keeps the kernel of
# distinct candidates positive definite. Scores in [0, 1] cannot spread by more than 0.5.
_NOISE = _Belief(median=0.36, log_sd=0.4, least=0.05, most=0.5)
_EXAMPLE = _Belief(median=0.33, log_sd=0.4, least=0.01, most=0.5)
_MAIN = _Belief(median=0.03, log_sd=0.6, least=0.002, most=0.5)
_PAIR = _Belief(median=0.012, log_sd=0.6, least=0.002, most=0.5)
_REST = _Belief(median=0.012, log_sd=0.6, least=0.002, most=0.5)


def prior_medians(variables: int) -> Hyperparameters:
    """The values to start from, before any result is known."""
    return _from_values([belief.median for belief in _beliefs(variables)])


def log_prior(spreads: Hyperparameters) -> float:
    """Log density of the weak log-normal priors at `spreads`, up to a constant."""
    values, beliefs = _values(spreads), _beliefs(len(spreads.candidates.main))
    return sum(belief.log_density(value) for belief, value in zip(beliefs, values, strict=True))


def climb(
    start: Hyperparameters, log_likelihood: Callable[[Hyperparameters], float]
) -> Hyperparameters:
    """`start` after one sweep: each value moved up or down a step if that is more probable."""
    best, best_value = start, log_likelihood(start) + log_prior(start)
    for index, belief in enumerate(_beliefs(len(start.candidates.main))):
        for step in (STEP, -STEP):
            values = _values(best)
            values[index] = belief.moved(values[index], step)
            moved = _from_values(values)
            if moved == best:
                continue
            value = log_likelihood(moved) + log_prior(moved)
            if value > best_value:
                best, best_value = moved, value
                break
    return best


def _beliefs(variables: int) -> list[_Belief]:
    return [_NOISE, _EXAMPLE, _PAIR, _REST, *[_MAIN] * variables]


def _values(spreads: Hyperparameters) -> list[float]:
    candidates = spreads.candidates
    return [
        spreads.noise,
        spreads.example,
        candidates.pair,
        candidates.rest,
        *candidates.main,
    ]


def _from_values(values: list[float]) -> Hyperparameters:
    noise, example, pair, rest, *main = values
    candidates = CandidateSpreads(main=tuple(main), pair=pair, rest=rest)
    return Hyperparameters(noise=noise, example=example, candidates=candidates)
