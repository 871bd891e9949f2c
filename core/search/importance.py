"""How much of the scores' spread each setting explains: functional ANOVA over what was tried."""

from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import create_trial

FEWEST = 8
"""Trials below which nothing is said."""

_TREES = 32


def importances(
    options: Mapping[str, Sequence[Any]], tried: Sequence[tuple[Mapping[str, Any], float]]
) -> dict[str, float]:
    """Setting → share of the variance, adding up to 1, largest first.

    `options` are the values that each setting may have, `tried` are (settings, mean score). Empty
    when fewer than 8 were tried or all scored alike. The same arguments give the same numbers.
    """
    if len(tried) < FEWEST or len({mean for _, mean in tried}) == 1:
        return {}
    study = optuna.create_study(direction="maximize")
    distributions: dict[str, BaseDistribution] = {
        name: CategoricalDistribution(tuple(range(len(values)))) for name, values in options.items()
    }
    for settings, mean in tried:
        params = {name: list(values).index(settings[name]) for name, values in options.items()}
        study.add_trial(create_trial(params=params, distributions=distributions, value=mean))
    evaluator = FanovaImportanceEvaluator(n_trees=_TREES, seed=0)
    found = get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items()}
