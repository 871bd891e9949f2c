"""MIPRO (paper section 4.3): TPE over all predictors' instructions and demo sets.

Minibatch trials of the candidate that TPE names, a full evaluation of the best by mean every few
trials, and in the end the held-out test of the baseline and the best. Two candidates are always
compared on the same validation examples, and no example runs twice under one candidate.
"""

import math
from collections.abc import Sequence

from core.data.seeds import derived_seed
from core.optimizers.actions import Plan, Slots
from core.optimizers.preparing import Preparing
from core.optimizers.trials import (
    claimed_examples,
    finished_trials,
    pending_examples,
    scoring_actions,
    trial_started,
)
from core.runs.choices import search_space
from core.runs.config import RunConfig
from core.runs.events import (
    Event,
    PhaseChanged,
    Purpose,
    RunFailed,
    RunFinished,
    RunStopped,
    TrialStarted,
)
from core.runs.preparation import Task
from core.runs.scores import best_candidate, val_mean
from core.runs.state import RunState, Trial, baseline_candidate
from core.search.budget import search_plan
from core.search.space import Levels
from core.search.tpe import Observation, suggest


class Mipro:
    """The policy. It keeps nothing that the state lacks, so a resumed run goes on the same way."""

    def __init__(self, task: Task, config: RunConfig) -> None:
        self._config = config
        self._budget = config.budget
        self._preparing = Preparing(task, config)
        self._val = [example.id for example in task.val]
        self._test = [example.id for example in task.test]
        self._calls = task.template.calls_per_run
        self._plan = search_plan(config.budget, len(self._val))
        self._kind: Purpose = "full" if self._plan.whole else "minibatch"

    def next_actions(self, state: RunState, slots: Slots) -> Plan:
        """Preparation first, then open trials, then a new trial as soon as a slot is free."""
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
        scoring = list(scoring_actions(state, state.open_trials.values()))
        actions = [*preparing.actions, *scoring]
        waiting = len({action.key for action in actions} - slots.busy)
        if state.phase in ("search", "test") and waiting < slots.free:
            return Plan(events=self._next_events(state, slots), actions=actions)
        return Plan(actions=actions)

    def closing_actions(self, state: RunState) -> list[Event]:
        """A stopped run keeps the best candidate that was fully evaluated."""
        return [RunStopped(best=best_candidate(state))]

    def _next_events(self, state: RunState, slots: Slots) -> list[Event]:
        if state.phase == "test":
            return self._test_events(state)
        if full := self._full_evaluation(state):
            return [full]
        if self._affordable(state, slots) and (trial := self._search_trial(state)):
            return [trial]
        if _open(state, "minibatch", "full"):
            return self._test_of(state, state.baseline)  # fills slots while the last trials end
        if last := self._last_full_evaluation(state):
            return [last]
        return [] if _open(state, "baseline") else [PhaseChanged(phase="test")]

    def _search_trial(self, state: RunState) -> TrialStarted | None:
        """A minibatch of the candidate that TPE names; None when the search is over."""
        started = sum(trial.purpose == self._kind for trial in state.trials.values())
        if started >= self._plan.trials:
            return None
        space = search_space(state)
        levels = suggest(
            space.sizes,
            self._observations(state),
            pending=[space.levels(state.candidates[t.candidate]) for t in _open(state, self._kind)],
            exhausted=self._exhausted(state),
            seed=derived_seed(self._config.seed, "tpe", started),
        )
        if levels is None:
            return None
        candidate = space.candidate(levels)
        claimed = claimed_examples(state, candidate.id)
        unseen = [example for example in self._val if example not in claimed]
        return trial_started(state, self._kind, candidate, unseen[: self._plan.batch])

    def _observations(self, state: RunState) -> list[Observation]:
        space = search_space(state)
        means = {candidate: val_mean(state, candidate) for candidate in state.results}
        return [
            Observation(levels=space.levels(state.candidates[candidate]), mean=mean)
            for candidate, mean in means.items()
            if mean is not None
        ]

    def _exhausted(self, state: RunState) -> frozenset[Levels]:
        space = search_space(state)
        return frozenset(
            space.levels(candidate)
            for key, candidate in state.candidates.items()
            if len(claimed_examples(state, key)) >= len(self._val)
        )

    def _full_evaluation(self, state: RunState) -> TrialStarted | None:
        """After every S minibatches: the best by mean among those not fully evaluated."""
        minibatches = [t for t in state.trials.values() if t.purpose == "minibatch"]
        done = sum(trial.finished is not None for trial in minibatches)
        fulls = sum(trial.purpose == "full" for trial in state.trials.values())
        if self._plan.whole or fulls >= done // self._budget.full_every:
            return None
        return self._full_of_best_by_mean(state)

    def _last_full_evaluation(self, state: RunState) -> TrialStarted | None:
        """In the end: the best by mean, unless the best by mean has been fully evaluated."""
        minibatches = sum(trial.purpose == "minibatch" for trial in state.trials.values())
        fulls = sum(trial.purpose == "full" for trial in state.trials.values())
        if self._plan.whole or fulls >= math.ceil(minibatches / self._budget.full_every):
            return None
        return self._full_of_best_by_mean(state)

    def _full_of_best_by_mean(self, state: RunState) -> TrialStarted | None:
        taken = {trial.candidate for trial in _open(state, "full")} | set(state.fully_evaluated)
        means = [
            (mean, candidate)
            for candidate in state.results
            if candidate not in taken and (mean := val_mean(state, candidate)) is not None
        ]
        if not means:
            return None
        best = max(means, key=lambda pair: pair[0])[1]
        return trial_started(state, "full", state.candidates[best], self._val)

    def _affordable(self, state: RunState, slots: Slots) -> bool:
        """False when one more minibatch would eat into what the end of the run needs.

        That are the examples still waiting, the full evaluations that the minibatches entail, and
        the held-out test.
        """
        if slots.calls_left is None:
            return True
        waiting = sum(
            f"score {trial.candidate} {example}" not in slots.busy
            for trial in state.open_trials.values()
            for example, _ in pending_examples(state, trial)
        )
        purposes = [trial.purpose for trial in state.trials.values()]
        tests = 1 if "test" in purposes else 2
        closing = len(self._val) * self._fulls_due(purposes) + len(self._test) * tests
        return slots.calls_left >= self._calls * (waiting + self._plan.batch + closing)

    def _fulls_due(self, purposes: list[Purpose]) -> int:
        """Full evaluations still to come when one more minibatch is started."""
        if self._plan.whole:
            return 0
        minibatches = purposes.count("minibatch") + 1
        return max(1, math.ceil(minibatches / self._budget.full_every) - purposes.count("full"))

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


def _open(state: RunState, *purposes: str) -> Sequence[Trial]:
    return [trial for trial in state.open_trials.values() if trial.purpose in purposes]
