"""Search in rounds: every trial has fresh instructions, asked for with what is known by then.

A round is opened, its proposals come back, its candidate is tried. With many slots several rounds
are under way, but never more than their trials need to fill the slots, since every round that waits
longer knows more.
"""

from collections.abc import Iterator
from typing import Protocol

from core.optimizers.actions import Action, Propose, ProposeSet, Slots
from core.optimizers.fitting import fitted
from core.optimizers.preparing import given_up
from core.optimizers.schedule import Schedule
from core.programs.candidate import Candidate, Choice
from core.runs.config import RunConfig
from core.runs.events import Event, RoundStarted
from core.runs.parts import Round
from core.runs.preparation import Task
from core.runs.state import RunState
from core.search.shape import Shape


class Rounds(Protocol):
    """What one optimizer asks for in a round, and what it makes of the answers."""

    def opened(self, state: RunState, number: int) -> RoundStarted:
        """The round with this number; it may depend on all that is known now."""

    def candidate(self, state: RunState, round: Round) -> Candidate:
        """What to try, once at least one of the round's proposals is there and none is awaited."""

    def base(self, state: RunState) -> Candidate:
        """What the candidates of rounds are made from."""


class RoundSearch:
    """As many rounds as the budget has trials; trials and full evaluations by the schedule."""

    def __init__(self, task: Task, config: RunConfig, rounds: Rounds) -> None:
        self._rounds = rounds
        self._shape = config.shape
        self._schedule = Schedule(task, config)
        self._predictors = len(task.predictors)

    def actions(self, state: RunState) -> list[Action]:
        """The proposals that open rounds still lack."""
        return [
            action
            for round in self._untried(state)
            for action in awaited(state, round, self._shape)
        ]

    def reserve(self, state: RunState) -> int:
        """The trials of open rounds, proposals and full evaluations with them."""
        waiting = [list(awaited(state, each, self._shape)) for each in self._untried(state)]
        prompts = sum(map(len, waiting))
        return self._schedule.calls(state, trials=sum(map(bool, waiting)), prompts=prompts)

    def next_events(self, state: RunState, slots: Slots) -> list[Event]:
        """A full evaluation that is due, else the trial of a round, else another round."""
        schedule = self._schedule
        if full := schedule.full_evaluation(state, slots):
            return [full]
        waiting = self._untried(state)
        asking = [each for each in waiting if any(awaited(state, each, self._shape))]
        for round in waiting:
            if round not in asking and (candidate := self._candidate(state, round)):
                return [schedule.trial(state, candidate, round=round.number)]
        if self._opens_another(state, asking, slots):
            return [self._rounds.opened(state, len(state.rounds))]
        if asking or schedule.open_trials(state):
            return []
        last = schedule.last_full_evaluation(state, slots)
        return [last] if last else []

    def _untried(self, state: RunState) -> list[Round]:
        return [each for each in state.rounds.values() if each.trial is None]

    def _candidate(self, state: RunState, round: Round) -> Candidate | None:
        """What people permit of the round's candidate; None when nothing of the round is left."""
        base = self._rounds.base(state)
        candidate = fitted(state, self._rounds.candidate(state, round), base)
        if candidate is None or not round.predictors:
            return candidate
        used = {name: choice.instruction for name, choice in candidate.choices.items()}
        return candidate if used.items() & round.instructions.items() else None

    def _opens_another(self, state: RunState, asking: list[Round], slots: Slots) -> bool:
        schedule = self._schedule
        if len(state.rounds) >= schedule.trials(state):
            return False
        if not open_predictors(state) and not self._shape.demos:
            return False
        if len(asking) * schedule.batch >= slots.free:
            return False
        unasked = sum(
            action.key not in slots.busy
            for round in asking
            for action in awaited(state, round, self._shape)
        )
        prompts = unasked + self._shape.calls_per_round(self._predictors)
        return self._schedule.affords(state, slots, trials=len(asking) + 1, prompts=prompts)


def awaited(state: RunState, round: Round, shape: Shape) -> Iterator[Action]:
    """The calls to the prompt model that the round still waits for; none for what is frozen."""
    opened = open_predictors(state)
    action: Action
    if shape.proposals == "together":
        action = ProposeSet(round=round.number, index=round.number + 1, settings=round.settings)
        wanted = set(opened) & set(round.predictors)
        if wanted and not round.instructions and not given_up(action, state):
            yield action
        return
    for name in round.predictors:
        if name not in opened:
            continue
        action = Propose(
            predictor=name,
            index=round.number + 1,
            tip=round.settings.tip,
            demo_set=None,
            round=round.number,
            settings=round.settings,
        )
        if name not in round.instructions and not given_up(action, state):
            yield action


def open_predictors(state: RunState) -> tuple[str, ...]:
    """Predictors whose instruction nobody has frozen."""
    frozen = state.steering.frozen
    return tuple(info.name for info in state.predictors if (info.name, "instruction") not in frozen)


def with_new_instructions(base: Candidate, round: Round) -> Candidate:
    """The base candidate with the round's instructions, and its demo sets where it names some."""
    return Candidate(
        choices={
            name: Choice(
                instruction=round.instructions.get(name, choice.instruction),
                demo_set=round.demo_sets.get(name, choice.demo_set),
            )
            for name, choice in base.choices.items()
        }
    )
