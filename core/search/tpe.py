"""The paper's search rule: Optuna's multivariate TPE, asked for one candidate at a time.

The study lives in memory and is rebuilt from the observations at every ask, so the answer depends
on nothing but the arguments and a resumed run goes on as if nothing had happened. This is Optuna's
home in the core.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import TPESampler
from optuna.trial import TrialState, create_trial

from core.search.observation import Observation
from core.search.pool import Choices
from core.search.random_draw import draw, is_exhausted
from core.search.space import Levels

STARTUP = 10
"""Candidates drawn at random before TPE models anything (Optuna's default)."""

TRIES = 16
"""How often TPE is asked again when it names a candidate that has nothing left to learn."""

EI_CANDIDATES = 24
"""Draws of which TPE takes the most promising (Optuna's default)."""


def suggest(
    sizes: Sequence[int],
    observations: Sequence[Observation],
    *,
    pending: Iterable[Levels] = (),
    exhausted: frozenset[Levels] = frozenset(),
    choices: Choices | None = None,
    seed: int,
) -> Levels | None:
    """The candidate to try next; None when the whole space is exhausted.

    `sizes` are the numbers of levels. `pending` are under evaluation: TPE counts them as poor, so
    that it looks elsewhere meanwhile (constant liar). `exhausted` have been fully evaluated and
    are never named again. `choices` say what may be named at all, None for the whole space; a
    level that is closed is replaced by one that is open, at random.
    """
    allowed = choices or Choices(sizes=tuple(sizes))
    if is_exhausted(allowed, exhausted):
        return None
    study, rng = _study(sizes, observations, pending, seed), np.random.default_rng(seed)
    for _ in range(TRIES):
        trial = study.ask(fixed_distributions=_distributions(sizes))
        named = tuple(int(trial.params[name]) for name in _names(sizes))
        levels = _opened(named, allowed, rng)
        if levels not in exhausted and allowed.allows(levels):
            return levels
        study.tell(trial, state=TrialState.FAIL)
    return draw(allowed, exhausted=exhausted, seed=seed)


def _opened(levels: Levels, choices: Choices, rng: np.random.Generator) -> Levels:
    """The candidate with open levels in the place of closed ones."""
    found = []
    for variable, level in enumerate(levels):
        own = choices.levels(variable)
        found.append(level if level in own else own[int(rng.integers(len(own)))])
    return tuple(found)


def _study(
    sizes: Sequence[int],
    observations: Sequence[Observation],
    pending: Iterable[Levels],
    seed: int,
) -> optuna.Study:
    sampler = TPESampler(
        seed=seed,
        multivariate=True,
        group=False,
        n_startup_trials=STARTUP,
        n_ei_candidates=EI_CANDIDATES,
        constant_liar=True,
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    distributions = _distributions(sizes)
    for seen in observations:
        params = dict(zip(_names(sizes), seen.levels, strict=True))
        study.add_trial(create_trial(params=params, distributions=distributions, value=seen.mean))
    for levels in pending:
        params = dict(zip(_names(sizes), levels, strict=True))
        study.add_trial(
            create_trial(params=params, distributions=distributions, state=TrialState.RUNNING)
        )
    return study


def _names(sizes: Sequence[int]) -> list[str]:
    return [f"v{index}" for index in range(len(sizes))]


def _distributions(sizes: Sequence[int]) -> dict[str, BaseDistribution]:
    return {
        name: CategoricalDistribution(tuple(range(size)))
        for name, size in zip(_names(sizes), sizes, strict=True)
    }
