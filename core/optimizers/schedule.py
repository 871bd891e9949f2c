"""The paper's schedule: trials on minibatches, a full evaluation of the best by mean now and then.

Shared by searches that name one candidate at a time. Two candidates are always compared on the same
validation examples, and no example runs twice under one candidate. Trials that people ask for are
no part of it.
"""

import math
from collections.abc import Iterator, Sequence

from core.optimizers.actions import Slots
from core.optimizers.trials import claimed_examples, trial_started
from core.programs.candidate import Candidate
from core.runs.choices import is_permitted
from core.runs.config import RunConfig
from core.runs.events import Purpose, TrialStarted
from core.runs.parts import Trial
from core.runs.planned import plan_of
from core.runs.preparation import Task
from core.runs.scores import val_mean
from core.runs.state import RunState
from core.search.budget import search_plan


class Schedule:
    """When trials and full evaluations start, and what they take. Keeps nothing of a run."""

    def __init__(self, task: Task, config: RunConfig) -> None:
        self.val = tuple(example.id for example in task.val)
        plan = search_plan(config.budget, len(self.val), config.shape)
        self.batch = plan.batch
        self.whole = plan.whole
        self.kind: Purpose = "full" if self.whole else "minibatch"
        self._config = config
        self._every = config.budget.full_every
        self._calls = task.template.calls_per_run

    def trials(self, state: RunState) -> int:
        """Trials that the search may start in all."""
        return plan_of(self._config, state, len(self.val)).trials

    def started(self, state: RunState) -> int:
        """Trials that the search has started, without those that people have cut short."""
        return _count(state, self.kind)

    def drawn(self, state: RunState) -> int:
        """The same with those, so that no draw is made twice."""
        return sum(1 for _ in _all_own(state, self.kind))

    def open_trials(self, state: RunState) -> list[Trial]:
        """Trials of the search that are not finished."""
        return open_trials(state, "minibatch", "full")

    def trial(
        self, state: RunState, candidate: Candidate, *, round: int | None = None
    ) -> TrialStarted:
        """A trial of the candidate on examples it has not seen; on known ones if none is left."""
        claimed = claimed_examples(state, candidate.id)
        unseen = [example for example in self.val if example not in claimed] or list(self.val)
        return trial_started(state, self.kind, candidate, unseen[: self.batch], round=round)

    def full_evaluation(self, state: RunState, slots: Slots) -> TrialStarted | None:
        """After every S minibatches: of the best by mean among those not fully evaluated."""
        done = sum(trial.finished is not None for trial in _own(state, "minibatch"))
        if self.whole or self._fulls(state) >= done // self._every:
            return None
        return self._full_of_best_by_mean(state, slots)

    def last_full_evaluation(self, state: RunState, slots: Slots) -> TrialStarted | None:
        """In the end: of the best by mean, unless the last minibatches were followed by one."""
        minibatches = _count(state, "minibatch")
        if self.whole or self._fulls(state) >= math.ceil(minibatches / self._every):
            return None
        return self._full_of_best_by_mean(state, slots)

    def affords(self, state: RunState, slots: Slots, *, trials: int, prompts: int = 0) -> bool:
        """True when the calls left suffice for these trials and calls to the prompt model.

        That is, with the full evaluations that all trials entail by then.
        """
        calls = self.calls(state, trials=trials, prompts=prompts)
        return slots.calls_left is None or slots.calls_left >= calls

    def calls(self, state: RunState, *, trials: int, prompts: int = 0) -> int:
        """LM calls of so many more trials, with the full evaluations that all trials entail."""
        examples = trials * self.batch + len(self.val) * self._fulls_due(state, trials)
        return self._calls * examples + prompts

    def _fulls_due(self, state: RunState, trials: int) -> int:
        """Full evaluations still to come when so many more trials are started."""
        if self.whole:
            return 0
        minibatches = self.started(state) + trials
        return max(1, math.ceil(minibatches / self._every) - self._fulls(state))

    def _fulls(self, state: RunState) -> int:
        """Full evaluations that still say something: their candidates are not ruled out."""
        if not state.steering.decisions:
            return _count(state, "full")
        return sum(
            is_permitted(state, state.candidates[trial.candidate]) for trial in _own(state, "full")
        )

    def _full_of_best_by_mean(self, state: RunState, slots: Slots) -> TrialStarted | None:
        taken = {trial.candidate for trial in open_trials(state, "full")}
        taken |= set(state.fully_evaluated)
        means = [
            (mean, candidate)
            for candidate in state.results
            if candidate not in taken
            and (mean := val_mean(state, candidate)) is not None
            and is_permitted(state, state.candidates[candidate])
        ]
        if not means:
            return None
        best = max(means, key=lambda pair: pair[0])[1]
        missing = len(self.val) - len(claimed_examples(state, best))
        if slots.calls_left is not None and slots.calls_left < self._calls * missing:
            return None
        return trial_started(state, "full", state.candidates[best], self.val)


def _own(state: RunState, purpose: Purpose) -> Iterator[Trial]:
    """The search's own trials of this kind that were not cut short."""
    return (trial for trial in _all_own(state, purpose) if not trial.cancelled)


def _all_own(state: RunState, purpose: Purpose) -> Iterator[Trial]:
    return (t for t in state.trials.values() if t.purpose == purpose and t.asked_by is None)


def _count(state: RunState, purpose: Purpose) -> int:
    return sum(1 for _ in _own(state, purpose))


def open_trials(state: RunState, *purposes: str) -> list[Trial]:
    """Trials of these kinds that are not finished."""
    return [trial for trial in state.open_trials.values() if trial.purpose in purposes]


def all_claimed(state: RunState, val: Sequence[str]) -> list[Candidate]:
    """Candidates with no validation example left to run."""
    return [
        candidate
        for key, candidate in state.candidates.items()
        if len(claimed_examples(state, key)) >= len(val)
    ]
