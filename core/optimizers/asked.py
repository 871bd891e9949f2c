"""Trials that people ask for, whatever the optimizer: queued candidates, then pinned choices.

They are started before the search goes on and count for nothing in its budget. What cannot be paid
for under the cap waits. Trials that people no longer want are ended with what they have.
"""

import itertools
from collections.abc import Iterator, Sequence

from core.optimizers.fitting import best_so_far, fitted
from core.optimizers.trials import claimed_examples, ended, trial_started
from core.programs.candidate import Candidate, ChoiceRef
from core.runs.choices import is_permitted, is_sound
from core.runs.config import RunConfig
from core.runs.decisions import CandidateQueued
from core.runs.events import TrialFinished, TrialStarted
from core.runs.parts import Trial
from core.runs.planned import plan_of
from core.runs.preparation import Task
from core.runs.state import RunState
from core.runs.wishes import BLOCK, candidates_with, is_granted, is_tried, wanted_results


class AskedTrials:
    """What people want evaluated. Keeps nothing but what can never change in the state."""

    def __init__(self, task: Task, config: RunConfig) -> None:
        self._val = tuple(example.id for example in task.val)
        self._calls = task.template.calls_per_run
        whole = plan_of(config, RunState(), len(self._val)).whole
        self._pinned_examples = len(self._val) if whole else min(BLOCK, len(self._val))
        self._tried: set[ChoiceRef] = set()
        self._permitted: tuple[int, dict[str, bool]] = 0, {}

    def next(self, state: RunState, calls: int | None) -> TrialStarted | None:
        """The next trial that somebody asked for and that `calls` LM calls suffice for."""
        for wanted in itertools.chain(self._queued(state), self._pinned(state)):
            if calls is None or self._calls * self._missing(state, wanted) <= calls:
                return wanted
        return None

    def cancelled(self, state: RunState) -> list[TrialFinished]:
        """The ends of open trials whose candidates are ruled out, or are asked for no more."""
        return [
            ended(state, trial, cancelled=True)
            for trial in state.open_trials.values()
            if trial.purpose in ("minibatch", "full")
            and trial.request is None
            and not self._stays(state, trial)
        ]

    def _stays(self, state: RunState, trial: Trial) -> bool:
        permitted = self._is_permitted(state, trial.candidate)
        if permitted and trial.asked_by is None:
            return True
        candidate = state.candidates[trial.candidate]
        wish = state.steering.queue.get(trial.candidate)
        if wish is not None and is_sound(state, candidate):
            return trial.asked_by is not None or not is_granted(state, wish, len(self._val))
        return permitted and any(ref in state.steering.pinned for ref in candidate.refs)

    def _is_permitted(self, state: RunState, candidate: str) -> bool:
        """As `is_permitted`, looked up: this is asked of every open trial at every turn."""
        decisions, known = self._permitted
        if decisions != len(state.steering.decisions):
            decisions, known = self._permitted = len(state.steering.decisions), {}
        if candidate not in known:
            known[candidate] = is_permitted(state, state.candidates[candidate])
        return known[candidate]

    def _queued(self, state: RunState) -> Iterator[TrialStarted]:
        for wish in state.steering.queue.values():
            if self._is_served(state, wish) or not is_sound(state, wish.candidate):
                continue
            wanted = wanted_results(wish, len(self._val))
            whole = wanted == len(self._val)
            yield trial_started(
                state,
                "full" if whole else "minibatch",
                wish.candidate,
                self._val if whole else self._next_examples(state, wish.candidate, wanted),
                reason=f"{wish.by} queued this candidate, to be evaluated "
                + ("in full." if whole else f"on {wanted} examples."),
                asked_by=wish.by,
            )

    def _pinned(self, state: RunState) -> Iterator[TrialStarted]:
        for ref, who in state.steering.pinned.items():
            candidate = None if self._is_tried(state, ref) else _with_choice(state, ref)
            if candidate is None:
                continue
            examples = self._next_examples(state, candidate, self._pinned_examples)
            whole = self._pinned_examples == len(self._val)
            yield trial_started(
                state,
                "full" if whole else "minibatch",
                candidate,
                self._val if whole else examples,
                reason=f"{who} wants {_called(state, ref)} tried; the rest is the best so far.",
                asked_by=who,
            )

    def _next_examples(self, state: RunState, candidate: Candidate, wanted: int) -> Sequence[str]:
        """So many that it has had, or is having, `wanted` with them."""
        claimed = claimed_examples(state, candidate.id)
        unseen = [example for example in self._val if example not in claimed]
        return unseen[: max(0, wanted - len(claimed))]

    def _missing(self, state: RunState, trial: TrialStarted) -> int:
        claimed = claimed_examples(state, trial.candidate.id)
        return sum(example not in claimed for example in trial.examples)

    def _is_served(self, state: RunState, wish: CandidateQueued) -> bool:
        """Whether the candidate has what is wanted, or is having it."""
        val, candidate = len(self._val), wish.candidate.id
        if is_granted(state, wish, val):
            return True
        if (wanted := wanted_results(wish, val)) < val:
            return len(claimed_examples(state, candidate)) >= wanted
        return any(
            trial.candidate == candidate and trial.purpose in ("baseline", "full")
            for trial in state.open_trials.values()
        )

    def _is_tried(self, state: RunState, ref: ChoiceRef) -> bool:
        """Whether some candidate with the choice has had a block, or is having it."""
        if ref in self._tried:
            return True
        if is_tried(state, ref, len(self._val)):
            self._tried.add(ref)  # results are never taken away
            return True
        enough = min(BLOCK, len(self._val))
        return any(
            len(claimed_examples(state, id_)) >= enough for id_ in candidates_with(state, ref)
        )


def first_asked(state: RunState) -> list[Trial]:
    """The open trials, those that people asked for first, else the older first.

    Without those of requests to evaluate, which have bounds of their own.
    """
    trials = (trial for trial in state.open_trials.values() if trial.request is None)
    return sorted(trials, key=lambda trial: trial.asked_by is None)


def _with_choice(state: RunState, ref: ChoiceRef) -> Candidate | None:
    """The best candidate so far with this choice in its place; None where people rule that out."""
    known = state.instructions if ref.part == "instruction" else state.demo_sets
    if ref.id not in known.get(ref.predictor, {}):
        return None
    base = best_so_far(state)
    candidate = fitted(state, base.changed(ref), base)
    return candidate if candidate is not None and ref in candidate.refs else None


def _called(state: RunState, ref: ChoiceRef) -> str:
    """The choice as it is called on screen."""
    if ref.part == "instruction":
        return f"instruction {state.instructions[ref.predictor][ref.id].number} of {ref.predictor}"
    return f"demo set {list(state.demo_sets[ref.predictor]).index(ref.id)} of {ref.predictor}"
