"""The paper's search rule: Optuna's multivariate TPE, asked for one candidate at a time.

The study lives in memory and is rebuilt from the observations at every ask, so the answer depends
on nothing but the arguments and a resumed run goes on as if nothing had happened. This is Optuna's
home in the core.
"""

import math
from collections.abc import Iterable, Sequence

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import TPESampler
from optuna.trial import TrialState, create_trial

from core.search.observation import Observation
from core.search.random_draw import draw
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
    seed: int,
) -> Levels | None:
    """The candidate to try next; None when the whole space is exhausted.

    `sizes` are the numbers of levels. `pending` are under evaluation: TPE counts them as poor, so
    that it looks elsewhere meanwhile (constant liar). `exhausted` have been fully evaluated and
    are never named again.
    """
    if len(exhausted) >= math.prod(sizes):
        return None
    study = _study(sizes, observations, pending, seed)
    for _ in range(TRIES):
        trial = study.ask(fixed_distributions=_distributions(sizes))
        levels = tuple(int(trial.params[name]) for name in _names(sizes))
        if levels not in exhausted:
            return levels
        study.tell(trial, state=TrialState.FAIL)
    return draw(sizes, exhausted=exhausted, seed=seed)


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
