"""Search over a pool made beforehand (paper section 4.3): a rule names the candidate of each trial.

The rule of the paper is TPE over all predictors' instructions and demo sets; drawing at random is
the control.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from core.data.seeds import derived_seed
from core.optimizers.actions import Action, Slots
from core.optimizers.schedule import Schedule, all_claimed, open_trials
from core.runs.choices import open_choices, search_space
from core.runs.config import RunConfig
from core.runs.events import Event, TrialStarted
from core.runs.preparation import Task
from core.runs.scores import val_mean
from core.runs.state import RunState
from core.search.observation import Observation
from core.search.pool import Choices
from core.search.space import Levels
from core.search.tpe import suggest


class Chooser(Protocol):
    """Names the candidate of the next trial."""

    def __call__(
        self,
        sizes: Sequence[int],
        observations: Sequence[Observation],
        *,
        pending: Iterable[Levels],
        exhausted: frozenset[Levels],
        choices: Choices,
        seed: int,
    ) -> Levels | None:
        """Its level indices; None when every candidate that `choices` allow is in `exhausted`."""


class PoolSearch:
    """Minibatch trials of the candidates that a rule names, full evaluations by the schedule."""

    def __init__(self, task: Task, config: RunConfig, choose: Chooser = suggest) -> None:
        self._seed = config.seed
        self._choose = choose
        self._schedule = Schedule(task, config)

    def actions(self, state: RunState) -> list[Action]:
        """None: all proposals are made before the search."""
        return []

    def reserve(self, state: RunState) -> int:
        """The full evaluations that are still to come."""
        return self._schedule.calls(state, trials=0)

    def next_events(self, state: RunState, slots: Slots) -> list[Event]:
        """A full evaluation that is due, else a trial; when all have ended, the last evaluation."""
        schedule = self._schedule
        if full := schedule.full_evaluation(state, slots):
            return [full]
        if schedule.affords(state, slots, trials=1) and (trial := self._trial(state)):
            return [trial]
        if schedule.open_trials(state):
            return []
        last = schedule.last_full_evaluation(state, slots)
        return [last] if last else []

    def _trial(self, state: RunState) -> TrialStarted | None:
        """A trial of the candidate that the rule names; None when the search is over."""
        schedule = self._schedule
        if schedule.started(state) >= schedule.trials(state):
            return None
        space = search_space(state)
        pending = open_trials(state, schedule.kind)
        levels = self._choose(
            space.sizes,
            self._observations(state),
            pending=[space.levels(state.candidates[trial.candidate]) for trial in pending],
            exhausted=frozenset(map(space.levels, all_claimed(state, schedule.val))),
            choices=open_choices(state, space),
            seed=derived_seed(self._seed, "tpe", schedule.drawn(state)),
        )
        return None if levels is None else schedule.trial(state, space.candidate(levels))

    def _observations(self, state: RunState) -> list[Observation]:
        """One row per candidate of which a trial is finished; a first few results tell nothing."""
        space = search_space(state)
        finished = {
            trial.candidate
            for trial in state.trials.values()
            if trial.finished is not None and trial.purpose != "test"
        }
        means = {each: val_mean(state, each) for each in state.results if each in finished}
        return [
            Observation(levels=space.levels(state.candidates[candidate]), mean=mean)
            for candidate, mean in means.items()
            if mean is not None
        ]
