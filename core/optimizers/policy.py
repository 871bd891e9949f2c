"""What all optimizers do alike: prepare, obey people, score what is due, search, test, end.

Each optimizer is this policy with a search of its own. The policy keeps nothing that the state
lacks, so a resumed run goes on the same way.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Protocol

from core.optimizers.actions import Action, Plan, Propose, Slots
from core.optimizers.asked import AskedTrials, first_asked
from core.optimizers.evaluating import Evaluating
from core.optimizers.preparing import Preparing
from core.optimizers.requested import requested_proposals
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
from core.runs.scores import best_after_evaluation, best_candidate
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

    def reserve(self, state: RunState) -> int:
        """LM calls that must be left for what the search has begun, open trials not counted."""


class Policy:
    """An `Optimizer` around a search."""

    def __init__(self, task: Task, config: RunConfig, search: Search) -> None:
        self._search = search
        self._seed = config.seed
        self._preparing = Preparing(task, config)
        self._asked = AskedTrials(task, config)
        self._evaluating = Evaluating(task)
        self._val = [example.id for example in task.val]
        self._test = [example.id for example in task.test]
        self._calls = task.template.calls_per_run

    def next_actions(self, state: RunState, slots: Slots) -> Plan:
        """Preparation first, then what people ask for, open trials, and the search.

        The search is asked as soon as a slot is free; never in a run that has ended and was taken
        up again only for what people want evaluated.
        """
        if state.returns_to is not None:
            return self._evaluation_alone(state, slots)
        if not state.instructions:
            return Plan(events=self._preparing.first_events())
        if state.baseline is None:
            return Plan(
                events=[trial_started(state, "baseline", baseline_candidate(state), self._val)]
            )
        ended: list[Event] = [*finished_trials(state), *self._asked.cancelled(state)]
        if ended or (ended := [*self._evaluating.closed_trials(state)]):
            return Plan(events=ended)
        preparing = self._preparing.plan(state, slots)
        if preparing.events:
            return preparing
        return self._steered(state, slots, preparing)

    def closing_actions(self, state: RunState) -> list[Event]:
        """A stopped run keeps the best candidate that was fully evaluated.

        One that was taken up again only to evaluate ends as it had ended before.
        """
        given_up = self._evaluating.given_up(state, "stopped")
        if state.returns_to is not None:
            return [*given_up, _ended_again(state)]
        return [*given_up, RunStopped(best=best_candidate(state))]

    def _evaluation_alone(self, state: RunState, slots: Slots) -> Plan:
        """What people want evaluated in a run that has ended; then it ends again."""
        ended = finished_trials(state) or self._evaluating.closed_trials(state)
        if ended:
            return Plan(events=[*ended])
        spare = slots.calls_left
        if spare is not None:
            spare -= self._evaluating.committed(state, slots)
        if events := self._evaluating.next_events(state, slots, spare):
            return Plan(events=events)
        actions = self._evaluating.actions(state, slots, spare)
        if actions or slots.busy:
            return Plan(actions=[*actions])
        return Plan(events=self._evaluating.given_up(state, "cap") or [_ended_again(state)])

    def _steered(self, state: RunState, slots: Slots, preparing: Plan) -> Plan:
        """What people ask for, then what is due anyway."""
        requested = self._requested(state, slots, preparing.actions)
        actions: list[Action] = [*requested, *preparing.actions]
        begun = state.phase in ("search", "test")
        measuring: list[Action] = []
        if begun:
            spare = self._spare(state, slots, requested)
            if events := self._wished(state, slots, spare):
                return Plan(events=events)
            measuring = [*self._evaluating.actions(state, slots, spare)]
        if state.phase == "search":
            actions += self._search.actions(state)
        # no more can be started, and to name what hundreds of examples lack takes its time
        most = len(slots.busy) + slots.free
        actions += [*measuring, *islice(scoring_actions(state, first_asked(state)), most)]
        waiting = len({action.key for action in actions} - slots.busy)
        if begun and waiting < slots.free:
            idle = replace(slots, free=slots.free - waiting)
            events = self._next_events(state, idle, requested, measuring)
            return Plan(events=events, actions=actions)
        return replace(preparing, actions=actions)

    def _wished(self, state: RunState, slots: Slots, spare: int | None) -> list[Event]:
        """The next trials that people asked for, and the course of their requests to evaluate."""
        asked = self._asked.next(state, spare)
        return [asked] if asked else self._evaluating.next_events(state, slots, spare)

    def _next_events(
        self,
        state: RunState,
        slots: Slots,
        requested: Sequence[Action],
        measuring: Sequence[Action],
    ) -> list[Event]:
        if state.phase == "test":
            return self._test_events(state, slots, [*requested, *measuring])
        left = self._less_commitments(state, slots, requested)
        if events := self._search.next_events(state, left):
            return list(events)
        if requested or self._search.actions(state):
            return []
        if open_trials(state, "minibatch", "full"):
            return self._test_of(state, state.baseline)  # fills slots while the last trials end
        return [] if open_trials(state, "baseline") else [PhaseChanged(phase="test")]

    def _requested(
        self, state: RunState, slots: Slots, preparing: Sequence[Action]
    ) -> list[Action]:
        """Proposals that people asked for, as far as the cap leaves room for them."""
        if not state.steering.requests or state.phase in (None, "bootstrap"):
            return []
        if any(not isinstance(action, Propose) for action in preparing):
            return []  # the proposer is still being told what it works on
        missing = list(requested_proposals(state, self._seed))
        spare = self._spare(state, slots, preparing)
        if spare is None:
            return list(missing)
        busy = [action for action in missing if action.key in slots.busy]
        others = [action for action in missing if action.key not in slots.busy]
        return [*busy, *others[: max(0, spare)]]

    def _spare(self, state: RunState, slots: Slots, waiting: Sequence[Action]) -> int | None:
        """LM calls left when all that is begun, waiting or due in the end has had its own."""
        left = self._less_commitments(state, slots, waiting).calls_left
        if left is None:
            return None
        return left - (0 if state.phase == "test" else self._search.reserve(state))

    def _less_commitments(self, state: RunState, slots: Slots, waiting: Sequence[Action]) -> Slots:
        """The slots, without the calls that open trials and the held-out test will take.

        And without those of the `waiting` actions, which are calls to the prompt model.
        """
        if slots.calls_left is None:
            return slots
        scoring = sum(
            f"score {trial.candidate} {example}" not in slots.busy
            for trial in state.open_trials.values()
            for example, _ in pending_examples(state, trial)
        )
        tested = self._tested(state)
        tests = 1 + (state.baseline not in tested)
        committed = self._calls * (scoring + tests * len(self._test))
        committed += sum(action.key not in slots.busy for action in waiting)
        return replace(slots, calls_left=slots.calls_left - committed)

    def _test_events(self, state: RunState, slots: Slots, waiting: Sequence[Action]) -> list[Event]:
        best = best_candidate(state)
        if best is None:
            failed = [*self._evaluating.given_up(state, "failed"), _nothing_scored(state)]
            return [] if state.open_trials else failed
        events = self._test_of(state, state.baseline) or self._test_of(state, best)
        if events or state.open_trials or waiting:
            return events
        if state.steering.open_evaluations:  # all that the cap leaves room for has been done
            return [] if slots.busy else self._evaluating.given_up(state, "cap")
        return [RunFinished(best=best)]

    def _test_of(self, state: RunState, candidate: str | None) -> list[Event]:
        """The held-out test of a candidate, once."""
        if candidate is None or candidate in self._tested(state):
            return []
        return [trial_started(state, "test", state.candidates[candidate], self._test)]

    def _tested(self, state: RunState) -> set[str]:
        return {
            trial.candidate
            for trial in state.trials.values()
            if trial.purpose == "test" and trial.request is None
        }


def _ended_again(state: RunState) -> Event:
    """The end of a run that was taken up only to evaluate: the one it had come to before."""
    before, best = state.returns_to, best_after_evaluation(state)
    if before is not None and before.status == "failed":
        return RunFailed(message=before.message or "The run had failed before.")
    if before is not None and before.status == "finished" and best is not None:
        return RunFinished(best=best)
    return RunStopped(best=best)


def _nothing_scored(state: RunState) -> RunFailed:
    last = f" The last failure: {state.failures[-1][2].message}" if state.failures else ""
    return RunFailed(
        message="No candidate could be scored: every validation example failed. "
        f"Try the program on one example, then start again.{last}"
    )
