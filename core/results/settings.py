"""Which of the proposer's settings made a difference, for runs that learn them (MIPRO++)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from core.evaluation.statistics import Mean
from core.proposal.settings import GRID
from core.results.memo import memo_of
from core.runs.state import RunState
from core.search.importance import importances

TriedSettings = tuple[tuple[tuple[tuple[str, Any], ...], float], ...]
"""((setting, value), …) of each round with the mean of its candidate."""


def settings_importance(state: RunState) -> dict[str, float]:
    """Setting of the proposer → share of the scores' variance, largest first, adding up to 1.

    Over all rounds with a score so far, each with the mean of its candidate. Empty while there are
    too few, and for runs whose settings do not vary as `GRID` has them.
    """
    return learnt_importance(tried_settings(state, memo_of(state).val))


def tried_settings(state: RunState, means: Mapping[str, Mean]) -> TriedSettings:
    """The settings of every round whose candidate has a mean."""
    return tuple(
        (tuple(each.settings.model_dump(include=set(GRID)).items()), means[candidate].value)
        for each in state.rounds.values()
        if each.trial is not None and (candidate := state.trials[each.trial].candidate) in means
    )


@lru_cache(maxsize=8)
def learnt_importance(tried: TriedSettings) -> dict[str, float]:
    """As `settings_importance`, which nobody may change."""
    rounds = [(dict(settings), mean) for settings, mean in tried]
    chosen = all(settings[name] in GRID[name] for settings, _ in rounds for name in GRID)
    return importances(GRID, rounds) if chosen else {}
