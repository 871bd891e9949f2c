"""What all optimizers do alike: prepare, score what is due, search, test the best, end.

Each optimizer is this policy with a search of its own. The policy keeps nothing that the state
lacks, so a resumed run goes on the same way.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from core.optimizers.actions import Action, Plan, Slots
from core.optimizers.preparing import Preparing
from core.optimizers.schedule import open_trials
from core.optimizers.trials import (
    finished_trials,
    pending_examples,
    scoring_actions,
    trial_started,
)
from core.runs.config import RunConfig
from core.runs.events import Event, PhaseChanged, RunFailed, RunFinished, RunStopped
from core.runs.preparation import Task
from core.runs.scores import best_candidate
from core.runs.state import RunState, baseline_candidate


class Search(Protocol):
    """How an optimizer finds candidates. Like the policy, it keeps nothing that the state lacks."""

    def next_events(self, state: RunState, slots: Slots) -> Sequence[Event]:
        """What the search does next: starts a trial (`minibatch` or `full`), opens a round.

        Asked when a slot is free, again and again until it is not. Empty means: nothing more at
        the moment; without open trials and without `actions` it means that the search is over.
        `slots.free` are those that nothing waits for. `slots.calls_left` is what the search may
        still commit to: the examples of open trials and the held-out test are taken off. What it
        starts must fit with all that it entails.
        """

    def actions(self, state: RunState) -> Sequence[Action]:
        """Calls to the prompt model that the search waits for, in flight or not."""


class Policy:
    """An `Optimizer` around a search."""

    def __init__(self, task: Task, config: RunConfig, search: Search) -> None:
        self._search = search
        self._preparing = Preparing(task, config)
        self._val = [example.id for example in task.val]
        self._test = [example.id for example in task.test]
        self._calls = task.template.calls_per_run

    def next_actions(self, state: RunState, slots: Slots) -> Plan:
        """Preparation first, then open trials, then the search as soon as a slot is free."""
        if not state.instructions:
            return Plan(events=self._preparing.first_events())
        if state.baseline is None:
            return Plan(
                events=[trial_started(state, "baseline", baseline_candidate(state), self._val)]
            )
        if finished := finished_trials(state):
            return Plan(events=list(finished))
        preparing = self._preparing.plan(state, slots)
        if preparing.events:
            return preparing
        searching = self._search.actions(state) if state.phase == "search" else []
        scoring = scoring_actions(state, state.open_trials.values())
        actions = [*preparing.actions, *searching, *scoring]
        waiting = len({action.key for action in actions} - slots.busy)
        if state.phase in ("search", "test") and waiting < slots.free:
            idle = replace(slots, free=slots.free - waiting)
            return Plan(events=self._next_events(state, idle), actions=actions)
        return Plan(actions=actions)

    def closing_actions(self, state: RunState) -> list[Event]:
        """A stopped run keeps the best candidate that was fully evaluated."""
        return [RunStopped(best=best_candidate(state))]

    def _next_events(self, state: RunState, slots: Slots) -> list[Event]:
        if state.phase == "test":
            return self._test_events(state)
        if events := self._search.next_events(state, self._less_commitments(state, slots)):
            return list(events)
        if self._search.actions(state):
            return []
        if open_trials(state, "minibatch", "full"):
            return self._test_of(state, state.baseline)  # fills slots while the last trials end
        return [] if open_trials(state, "baseline") else [PhaseChanged(phase="test")]

    def _less_commitments(self, state: RunState, slots: Slots) -> Slots:
        """The slots, without the calls that open trials and the held-out test will take."""
        if slots.calls_left is None:
            return slots
        waiting = sum(
            f"score {trial.candidate} {example}" not in slots.busy
            for trial in state.open_trials.values()
            for example, _ in pending_examples(state, trial)
        )
        tests = 2 - any(trial.purpose == "test" for trial in state.trials.values())
        committed = self._calls * (waiting + tests * len(self._test))
        return replace(slots, calls_left=slots.calls_left - committed)

    def _test_events(self, state: RunState) -> list[Event]:
        best = best_candidate(state)
        if best is None:
            return [] if state.open_trials else [_nothing_scored(state)]
        events = self._test_of(state, state.baseline) or self._test_of(state, best)
        if events or state.open_trials:
            return events
        return [RunFinished(best=best)]

    def _test_of(self, state: RunState, candidate: str | None) -> list[Event]:
        """The held-out test of a candidate, once."""
        tested = {t.candidate for t in state.trials.values() if t.purpose == "test"}
        if candidate is None or candidate in tested:
            return []
        return [trial_started(state, "test", state.candidates[candidate], self._test)]


def _nothing_scored(state: RunState) -> RunFailed:
    last = f" The last failure: {state.failures[-1][2].message}" if state.failures else ""
    return RunFailed(
        message="No candidate could be scored: every validation example failed. "
        f"Try the program on one example, then start again.{last}"
    )
