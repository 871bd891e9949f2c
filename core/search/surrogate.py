"""The surrogate: what every candidate's true score is believed to be, tried or not.

Crossed random effects (a Gaussian process over candidates with an ANOVA kernel). One result is

    score[c, e] = 0.45 + f(c) + d[e] + noise
    f(c)        = mu + sum_v a_v[c_v] + sum_{u<v} b_uv[c_u, c_v] + g[c]

with every part normal around 0: example difficulty d, the common mean mu, main effects a of each
variable's levels, interactions b of two levels, and g of what is particular to a candidate. Where
results show it, candidates that share levels answer alike on an example: a part of the noise then
belongs to a level on that example (`local_effects`). The work grows with the number of candidates
visited, never with the number of possible ones.
Sources: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), chapters 2 and 5;
Searle, Casella and McCulloch, Variance Components (1992), for crossed random effects.

Deliberately not here: which candidate gets the next examples, and what the levels stand for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.search.additive import Layout, tables
from core.search.crossed_effects import (
    Posterior,
    extended_factor,
    kernel,
    kernel_factor,
    log_likelihood,
    posterior,
    prior_variance,
)
from core.search.fitting import LOCAL_SWEEPS, fitted, knowledge
from core.search.hyperparameters import CandidateSpreads, Hyperparameters, prior_medians
from core.search.joint import Joint
from core.search.linear import (
    FloatArray,
    IntArray,
    columns_with_columns,
    picked,
    product,
    solve_lower,
    squares,
)
from core.search.results import ANCHOR, Results, level_array
from core.search.space import Levels

INTERVAL = 1.64
"""Standard deviations on each side of a 90 % interval."""
REFIT_GROWTH = 1.25
REFIT_RESULTS = 10
"""A refit is due after a quarter more results, and never for less than a block of ten."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prediction:
    """Belief about the true mean scores of some candidates, in their order; fractions."""

    mean: FloatArray
    sd: FloatArray

    @property
    def low(self) -> FloatArray:
        """Lower ends of the 90 % intervals, kept in [0, 1]."""
        return np.clip(self.mean - INTERVAL * self.sd, 0.0, 1.0)

    @property
    def high(self) -> FloatArray:
        """Upper ends of the 90 % intervals, kept in [0, 1]."""
        return np.clip(self.mean + INTERVAL * self.sd, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Standings:
    """Visited candidates as rows of levels, and their predicted scores; fractions."""

    levels: IntArray
    mean: FloatArray


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What one level adds to the score, against the mean of its variable's levels; a fraction."""

    variable: int
    level: int
    mean: float
    sd: float


@dataclass(frozen=True, kw_only=True)
class VarianceShares:
    """How the variance of true scores between candidates splits up; the shares add up to 1."""

    variables: tuple[float, ...]
    """Of each variable by itself, in the order of the space."""
    pairs: float
    """Of the interactions of two variables, all pairs together."""
    remainder: float
    """Of what is particular to single candidates."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pool:
    """What is kept of candidates that are asked about again and again."""

    levels: IntArray
    spreads: CandidateSpreads
    whitened: FloatArray
    """[K, P]: their whitened covariances with the visited ones, as far as these were known."""
    squares: FloatArray
    """[P]: sums of squares of the columns of `whitened`."""


class Surrogate:
    """Learns from single results, predicts any candidate with its uncertainty.

    Observing is cheap and leaves the work to the next question, whose factorisations are kept
    until something changes. Levels may be new at any time: they enter with the prior of their
    variable. The same results in the same order, fitted at the same points, give the same
    answers. Every method that takes candidates raises ValueError for one that does not have one
    level per variable. Not thread-safe.
    """

    def __init__(self, variables: int, weights: Mapping[str, float] | None = None) -> None:
        """`weights` says how many results one on an example counts for; 1 unless given.

        The true score is then the mean weighted in the same way. Weights are positive.
        """
        if variables < 1:
            raise ValueError(f"A space has at least one variable, not {variables}.")
        self._variables = variables
        self._weights = {} if weights is None else dict(weights)
        self._results = Results(variables, self._weights)
        self._hyperparameters = prior_medians(variables)
        self._knowledge = knowledge(self._results, self._hyperparameters)
        self._fitted_results, self._sweeps = 0, 0
        self._factor: tuple[CandidateSpreads, FloatArray] | None = None
        self._pool: _Pool | None = None
        self._kept: Posterior | None = None

    @property
    def results(self) -> int:
        """Number of results observed."""
        return self._results.total

    @property
    def hyperparameters(self) -> Hyperparameters:
        """The spreads in use: the prior medians until the first fit."""
        return self._hyperparameters

    @property
    def visited(self) -> tuple[Levels, ...]:
        """Every candidate with at least one result, in the order of first mention."""
        seen = self._results.per_candidate[0] > 0
        return tuple(candidate for candidate, row in self._results.rows.items() if seen[row])

    def standings(self) -> Standings:
        """Every candidate with at least one result, in the order of first mention."""
        state = self._posterior()
        means = ANCHOR + product(state.factor, state.lead)
        seen = np.flatnonzero(self._results.per_candidate[0] > 0)
        return Standings(levels=self._results.levels[seen], mean=means[seen])

    def observe(self, candidate: Levels, example: str, score: float) -> None:
        """Adds one result; the same candidate and example may come again.

        A failed result is missing, not 0: do not observe it.

        Raises:
            ValueError: `score` is not a number in [0, 1], or `candidate` does not fit the space.
        """
        if not 0 <= score <= 1:
            raise ValueError(f"{score!r} of {candidate} on {example!r} is not a score in [0, 1].")
        self._results.add(candidate, example, score)
        self._kept = None

    def pending(self, in_flight: Iterable[tuple[Levels, str]]) -> None:
        """Replaces the results that are expected: they narrow every sd and move no mean.

        Right for choosing what to evaluate next. Before showing intervals to a person, clear
        them with `pending(())`: nobody has seen these results yet.
        """
        self._results.expect(in_flight)
        self._kept = None

    @property
    def refit_due(self) -> bool:
        """Whether the number of results has grown by a quarter since the last fit."""
        grown = self._fitted_results * REFIT_GROWTH
        return self.results >= max(grown, self._fitted_results + REFIT_RESULTS)

    def fit(self, *, sweeps: int = 1) -> None:
        """Moves the hyperparameters towards the most probable ones given the results.

        A sweep moves each value by one step of 0.35 in log space, or leaves it. One sweep at
        every `refit_due` does for a search; results that arrive all at once want about eight.
        Sweeps end early when nothing moves. Without results there is nothing to fit.
        """
        if self.results == 0:
            return
        before = self._hyperparameters
        self._hyperparameters = fitted(self._results, before, sweeps=sweeps, turn=self._sweeps)
        self._sweeps += LOCAL_SWEEPS * sweeps
        self._knowledge = knowledge(self._results, self._hyperparameters)
        self._fitted_results = self.results
        self._kept = None

    def predict(self, candidates: Sequence[Levels]) -> Prediction:
        """The true mean scores of `candidates` over all examples like those observed."""
        state = self._posterior()
        cross = state.whitened(self._cross(level_array(candidates, self._variables)))
        variance = prior_variance(self._hyperparameters.candidates) - state.known_variance(cross)
        return Prediction(mean=ANCHOR + cross.T @ state.lead, sd=np.sqrt(np.maximum(variance, 0.0)))

    def covariance(self, candidates: Sequence[Levels]) -> FloatArray:
        """Joint covariance of the true mean scores of `candidates`."""
        return self.joint(level_array(candidates, self._variables)).covariance

    def effects(self, levels: Sequence[int]) -> list[Effect]:
        """The main effect of every level, given how many `levels` each variable has.

        Effects are centred: those of one variable have mean 0. A 90 % interval is mean plus or
        minus 1.64 sd.

        Raises:
            ValueError: `levels` does not have one number per variable.
        """
        if len(levels) != self._variables:
            raise ValueError(
                f"levels has {len(levels)} numbers and the space {self._variables} variables."
            )
        return [
            effect for variable, size in enumerate(levels) for effect in self._main(variable, size)
        ]

    def variance_shares(self) -> VarianceShares:
        """The shares that the fitted spreads give each source of variance.

        A variable with a single level in play makes no difference, whatever its share here.
        """
        spreads = self._hyperparameters.candidates
        pairs = self._variables * (self._variables - 1) / 2 * spreads.pair**2
        total = sum(value**2 for value in spreads.main) + pairs + spreads.rest**2
        return VarianceShares(
            variables=tuple(value**2 / total for value in spreads.main),
            pairs=pairs / total,
            remainder=spreads.rest**2 / total,
        )

    def probability_best(
        self, candidates: Sequence[Levels], *, seed: int, draws: int = 2000, within: float = 0.0
    ) -> FloatArray:
        """How probable it is of each of `candidates` that none of the others is better.

        With `within`, a fraction: that none is better by more than that. Shares of `draws` joint
        draws of the true mean scores; the same seed gives the same answer.
        """
        if not candidates:
            return np.zeros(0)
        scores = np.random.default_rng(seed).multivariate_normal(
            self.predict(candidates).mean,
            self.covariance(candidates),
            size=draws,
            method="eigh",  # also draws from the singular covariance of a repeated candidate
            check_valid="ignore",
        )
        near_best = scores >= scores.max(axis=1, keepdims=True) - within
        probabilities: FloatArray = near_best.mean(axis=0)
        return probabilities

    def log_marginal_likelihood(self) -> float:
        """Log density of all results under the current spreads, their priors not included."""
        factor = kernel_factor(self._results.levels, self._hyperparameters.candidates)
        return log_likelihood(self._knowledge.evidence(), factor)

    def joint(self, levels: IntArray) -> Joint:
        """The true mean scores of candidates given as rows of levels.

        What it takes is kept for as long as the same array is asked about.
        """
        state, pool = self._posterior(), self._pool_of(levels)
        spreads, whitened = self._hyperparameters.candidates, pool.whitened
        left = state.left(whitened)

        def rows(places: IntArray) -> FloatArray:
            prior = kernel(levels[places], levels, spreads).T
            known = columns_with_columns(whitened, picked(whitened, places), -1.0, prior)
            return columns_with_columns(left, picked(left, places), 1.0, known).T

        return Joint(
            mean=ANCHOR + product(whitened.T, state.lead),
            variance=prior_variance(spreads) - pool.squares + squares(left),
            rows=rows,
        )

    def information(self, examples: Sequence[str]) -> FloatArray:
        """Precision that one more result on each of `examples` brings, alone, to a candidate.

        The more candidates an example has seen, in flight ones included, the better its
        difficulty is known and the more the next result on it says.
        """
        noise, example = self._hyperparameters.noise**2, self._hyperparameters.example**2
        known = self._results.known(examples)
        weights: FloatArray | float = 1.0
        if self._weights:
            weights = np.array([self._weights.get(name, 1.0) for name in examples])
        local = self._hyperparameters.local_variance
        difficulty = example / (1 + known * example / (noise + local))
        information: FloatArray = 1.0 / (noise / weights + local + difficulty)
        return information

    def tables(
        self, layout: Layout, *, draws: int = 0, rng: np.random.Generator | None = None
    ) -> FloatArray:
        """The posterior mean and `draws` joint draws as sums over levels and pairs of levels."""
        spreads = self._hyperparameters.candidates
        return tables(layout, self._results.levels, self._posterior(), spreads, rng, draws)

    def _posterior(self) -> Posterior:
        if self._kept is None:
            factor = self._kernel_factor(self._hyperparameters.candidates)
            data = self._knowledge.evidence()
            expected = self._knowledge.with_expected(data.precision)
            self._kept = posterior(data, expected, factor)
        return self._kept

    def _pool_of(self, levels: IntArray) -> "_Pool":
        """The prior of these candidates; new visited ones only add rows to what is kept."""
        spreads, kept = self._hyperparameters.candidates, self._pool
        if kept is None or kept.levels is not levels or kept.spreads != spreads:
            kept = _Pool(
                levels=levels,
                spreads=spreads,
                whitened=np.zeros((0, len(levels))),
                squares=np.zeros(len(levels)),
            )
        known = len(kept.whitened)
        visited = self._results.levels[known:]
        if len(visited):
            factor = self._kernel_factor(spreads)
            fresh = kernel(visited, levels, spreads) - factor[known:, :known] @ kept.whitened
            rows = solve_lower(factor[known:, known:], fresh)
            kept = replace(
                kept,
                whitened=np.concatenate([kept.whitened, rows]),
                squares=kept.squares + squares(rows),
            )
        self._pool = kept
        return kept

    def _kernel_factor(self, spreads: CandidateSpreads) -> FloatArray:
        """That of the candidates so far; new candidates only add rows to the one kept."""
        kept = np.zeros((0, 0))
        if self._factor is not None and self._factor[0] == spreads:
            kept = self._factor[1]
        factor = extended_factor(kept, self._results.levels, spreads)
        self._factor = spreads, factor
        return factor

    def _cross(self, levels: IntArray) -> FloatArray:
        return kernel(self._results.levels, levels, self._hyperparameters.candidates)

    def _main(self, variable: int, size: int) -> list[Effect]:
        """The centred effects of one variable's levels."""
        variance = self._hyperparameters.candidates.main[variable] ** 2
        cross = variance * (self._results.levels[:, [variable]] == np.arange(size))
        cross -= cross.mean(axis=1, keepdims=True)
        state = self._posterior()
        cross = state.whitened(cross)
        means = cross.T @ state.lead
        spread = variance * (1 - 1 / size) - state.known_variance(cross)
        sds = np.sqrt(np.maximum(spread, 0.0))
        return [
            Effect(variable=variable, level=level, mean=float(means[level]), sd=float(sds[level]))
            for level in range(size)
        ]
