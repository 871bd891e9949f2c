"""Which of the proposer's settings made a difference, for runs that learn them (MIPRO++)."""

from core.proposal.settings import GRID
from core.runs.scores import round_mean
from core.runs.state import RunState
from core.search.importance import importances


def settings_importance(state: RunState) -> dict[str, float]:
    """Setting of the proposer → share of the scores' variance, largest first, adding up to 1.

    Over all rounds with a score so far, each with the mean of its candidate. Empty while there are
    too few, and for runs whose settings do not vary as `GRID` has them.
    """
    tried = [
        (each.settings.model_dump(include=set(GRID)), mean)
        for each in state.rounds.values()
        if (mean := round_mean(state, each)) is not None
    ]
    chosen = all(settings[name] in GRID[name] for settings, _ in tried for name in GRID)
    return importances(GRID, tried) if chosen else {}
