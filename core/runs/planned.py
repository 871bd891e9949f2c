"""How much a run shall search now: its settings, less what people have changed since."""

from collections.abc import Iterable

from core.runs.config import RunConfig
from core.runs.parts import Trial
from core.runs.state import RunState
from core.search.budget import Budget, SearchPlan, result_budget, search_plan


def budget_of(config: RunConfig, state: RunState) -> Budget:
    """The budget in force."""
    trials = state.steering.trials
    return config.budget if trials is None else config.budget.model_copy(update={"trials": trials})


def plan_of(config: RunConfig, state: RunState, val: int) -> SearchPlan:
    """The plan in force for `val` validation examples. What people ask for comes on top."""
    return search_plan(budget_of(config, state), val, config.shape)


def results_of(
    config: RunConfig, state: RunState, val: int, asked: Iterable[Trial] | None = None
) -> int:
    """Most results on validation examples in all, with those of trials that people asked for.

    `asked` are these trials, where they are known already.
    """
    own = result_budget(plan_of(config, state, val), val)
    if not state.steering.decisions:
        return own
    if asked is None:
        asked = (trial for trial in state.trials.values() if trial.asked_by is not None)
    return own + sum(_results(state, trial) for trial in asked if trial.purpose != "test")


def _results(state: RunState, trial: Trial) -> int:
    """Results that are there, or due, because of this trial and no other."""
    if trial.finished is not None:
        return trial.scored
    known = state.results.get(trial.candidate, {})
    return trial.scored + sum(example not in known for example in trial.examples)
