"""The surrogate's spreads, what is believed of them beforehand, and how they are fitted.

All are standard deviations in score units (fractions). Deliberately coarse: a fit climbs in
steps of 0.35 in log space, because finer values change no decision and cost many likelihoods.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

STEP = 0.35
"""Size of a coordinate step, in the logarithm of a standard deviation."""
LOCALS = 2
"""Variables whose local effects a sweep moves."""


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
    local: tuple[float, ...] = ()
    """Of what a level adds on a single example, one per variable; none while nothing shows any.

    Candidates with a level in common then answer alike: their results on the same example say less
    about the level than results on different ones.
    """

    @property
    def local_variance(self) -> float:
        """Of all that a candidate's levels add on a single example."""
        return sum(value**2 for value in self.local)

    @property
    def local_share(self) -> float:
        """How much of what is left of a result's variance candidates with equal levels share.

        A fraction; 0 without local effects. What is left is what neither the candidate's true score
        nor the example's difficulty explains.
        """
        return self.local_variance / (self.local_variance + self.noise**2)


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
_LOCAL = _Belief(median=0.2, log_sd=0.8, least=0.01, most=0.5)
_LOCAL_DOUBT = 5.0
"""By how much, in log density, the results must speak for local effects before there are any."""


def prior_medians(variables: int) -> Hyperparameters:
    """The values to start from, before any result is known."""
    candidates = CandidateSpreads(
        main=(_MAIN.median,) * variables, pair=_PAIR.median, rest=_REST.median
    )
    return Hyperparameters(noise=_NOISE.median, example=_EXAMPLE.median, candidates=candidates)


def log_prior(spreads: Hyperparameters) -> float:
    """Log density of the weak log-normal priors at `spreads`, up to a constant."""
    values, beliefs = _values(spreads), _beliefs(spreads)
    density = sum(belief.log_density(value) for belief, value in zip(beliefs, values, strict=True))
    return density - (_LOCAL_DOUBT if spreads.local else 0.0)


def climb(
    start: Hyperparameters,
    log_likelihood: Callable[[Hyperparameters], float],
    *,
    turn: int = 0,
) -> Hyperparameters:
    """`start` after one sweep: each value moved up or down a step if that is more probable.

    Of the local effects, those of two variables, by turns: each move costs as much as all others.
    Last, local effects come in or go, where that is more probable.
    """
    best, best_value = start, log_likelihood(start) + log_prior(start)
    beliefs, variables = _beliefs(start), len(start.candidates.main)
    for index in _in_turn(start, turn):
        for step in (STEP, -STEP):
            values = _values(best)
            values[index] = beliefs[index].moved(values[index], step)
            moved = _from_values(values, variables)
            if moved == best:
                continue
            value = log_likelihood(moved) + log_prior(moved)
            if value > best_value:
                best, best_value = moved, value
                break
    other = _switched(best)
    return other if log_likelihood(other) + log_prior(other) > best_value else best


def _in_turn(spreads: Hyperparameters, turn: int) -> list[int]:
    """Which of the values a sweep moves."""
    local, values = len(spreads.local), len(_values(spreads))
    others = values - local
    chosen = {others + (LOCALS * turn + each) % local for each in range(min(LOCALS, local))}
    return [*range(others), *sorted(chosen)]


def _switched(spreads: Hyperparameters) -> Hyperparameters:
    """With local effects where there are none, and the other way round; as much variance in all.

    One variable has none: they would be the noise.
    """
    variables = len(spreads.candidates.main)
    if variables == 1:
        return spreads
    if spreads.local:
        total = math.sqrt(spreads.noise**2 + spreads.local_variance)
        return replace(spreads, noise=_NOISE.moved(total, 0.0), local=())
    each = _LOCAL.moved(spreads.noise / math.sqrt(2 * variables), 0.0)
    noise = _NOISE.moved(spreads.noise / math.sqrt(2), 0.0)
    return replace(spreads, noise=noise, local=(each,) * variables)


def _beliefs(spreads: Hyperparameters) -> list[_Belief]:
    mains = [_MAIN] * len(spreads.candidates.main)
    return [_NOISE, _EXAMPLE, _PAIR, _REST, *mains, *[_LOCAL] * len(spreads.local)]


def _values(spreads: Hyperparameters) -> list[float]:
    candidates = spreads.candidates
    return [
        spreads.noise,
        spreads.example,
        candidates.pair,
        candidates.rest,
        *candidates.main,
        *spreads.local,
    ]


def _from_values(values: list[float], variables: int) -> Hyperparameters:
    noise, example, pair, rest, *levels = values
    candidates = CandidateSpreads(main=tuple(levels[:variables]), pair=pair, rest=rest)
    local = tuple(levels[variables:])
    return Hyperparameters(noise=noise, example=example, candidates=candidates, local=local)
