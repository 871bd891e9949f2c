"""Fitting the surrogate's spreads to results, and what results say for given ones."""

from functools import lru_cache

from core.search.crossed_effects import (
    Evidence,
    evidence,
    kernel_factor,
    log_likelihood,
    with_expected,
)
from core.search.hyperparameters import CandidateSpreads, Hyperparameters, climb
from core.search.linear import FloatArray
from core.search.local_effects import LocalEffects
from core.search.results import Results

LOCAL_SWEEPS = 2
"""Sweeps for one while there are local effects, which begin far from where they end up."""


class Knowledge:
    """What the results say for given spreads of noise and of example effects."""

    def __init__(
        self, results: Results, *, noise: float, example: float, local: tuple[float, ...]
    ) -> None:
        self._results, self._noise, self._example = results, noise, example
        self._effects: LocalEffects | None = None
        if local:
            self._effects = LocalEffects(results, noise=noise, example=example, local=local)

    def evidence(self) -> Evidence:
        """All results that are there by now."""
        if self._effects is not None:
            return self._effects.evidence()
        return evidence(self._results, noise=self._noise, example=self._example)

    def with_expected(self, precision: FloatArray) -> FloatArray:
        """That of `evidence` when the results in flight are in as well; itself without any."""
        if self._effects is not None:
            return self._effects.with_expected(precision)
        return with_expected(precision, self._results, noise=self._noise, example=self._example)


def knowledge(results: Results, spreads: Hyperparameters) -> Knowledge:
    """What the results say for these spreads."""
    return Knowledge(results, noise=spreads.noise, example=spreads.example, local=spreads.local)


def fitted(results: Results, start: Hyperparameters, *, sweeps: int, turn: int) -> Hyperparameters:
    """`start` moved towards the spreads that are most probable given the results.

    `turn` is that of the first sweep.
    """

    # A step changes either the spreads of results or those of candidates, so half the work
    # of most likelihoods has been done for an earlier one.
    @lru_cache(maxsize=4)
    def kept_evidence(noise: float, example: float, local: tuple[float, ...]) -> Evidence:
        return Knowledge(results, noise=noise, example=example, local=local).evidence()

    @lru_cache(maxsize=4)
    def kept_factor(candidates: CandidateSpreads) -> FloatArray:
        return kernel_factor(results.levels, candidates)

    def likelihood(spreads: Hyperparameters) -> float:
        data = kept_evidence(spreads.noise, spreads.example, spreads.local)
        return log_likelihood(data, kept_factor(spreads.candidates))

    spreads = start
    for sweep in range(sweeps * (LOCAL_SWEEPS if start.local else 1)):
        before, spreads = spreads, climb(spreads, likelihood, turn=turn + sweep)
        if spreads == before:
            break
    return spreads
