"""The adaptive search over a pool: the next block of examples goes where it is worth most.

It learns from single results, not from means, and never waits: whenever a slot is free, the
allocation names a candidate and the next few examples for it. The recommended candidate is fully
evaluated before it is called best.
"""

from core.data.seeds import derived_seed
from core.lm.outage import attempts_allowed
from core.optimizers.actions import Action, Slots
from core.optimizers.schedule import open_trials
from core.optimizers.trials import claimed_results, pending_examples, trial_started
from core.runs.choices import search_space
from core.runs.config import RunConfig
from core.runs.events import Event
from core.runs.preparation import Task
from core.runs.state import RunState
from core.search.allocation import Allocation, Block, Rules, Terms
from core.search.budget import result_budget, search_plan
from core.search.pool import Choices
from core.search.space import Levels, SearchSpace


class AdaptiveSearch:
    """A search that keeps an allocation in step with the state.

    The allocation is a fold of the state's results in their order, so a resumed run decides as an
    uninterrupted one would.
    """

    def __init__(self, task: Task, config: RunConfig) -> None:
        self._seed = derived_seed(config.seed, "adaptive search")
        self._val = tuple(example.id for example in task.val)
        self._calls = task.template.calls_per_run
        self._rules = Rules()
        plan = search_plan(config.budget, len(self._val), config.shape)
        self._results = result_budget(plan, len(self._val))
        self._allocation: Allocation | None = None
        self._folded = 0

    def actions(self, state: RunState) -> list[Action]:
        """None: all proposals are made before the search."""
        return []

    def next_events(self, state: RunState, slots: Slots) -> list[Event]:
        """One more block, or the full evaluation of the recommended candidate; else nothing."""
        space = search_space(state)
        allocation = self._in_step(state, space)
        if slots.calls_left is not None and slots.calls_left < self._needed(state):
            return self._confirmation(state, space, allocation, slots)
        block = allocation.next_block(_in_flight(state, space), seed=self._seed)
        if block is None:
            return self._confirmation(state, space, allocation, slots)
        return [self._trial(state, space, block)]

    def _in_step(self, state: RunState, space: SearchSpace) -> Allocation:
        """The allocation, with every result that has come in since the last call."""
        if self._allocation is None:
            terms = Terms(
                examples=self._val,
                budget=self._results,
                rules=self._rules,
                name=lambda levels: _label(state, space, levels),
            )
            self._allocation = Allocation(Choices(sizes=space.sizes), terms)
        allocation = self._allocation
        if allocation.choices.sizes != space.sizes:
            allocation.steer(Choices(sizes=space.sizes))
        for result in state.val_results[self._folded :]:
            levels = space.levels(state.candidates[result.candidate])
            if result.score is not None:
                allocation.observe(levels, result.example, result.score)
            elif result.failure and result.attempt + 1 >= attempts_allowed(result.failure.kind):
                allocation.exclude(levels, result.example)
        self._folded = len(state.val_results)
        return allocation

    def _trial(self, state: RunState, space: SearchSpace, block: Block) -> Event:
        candidate = space.candidate(block.candidate)
        known = state.results.get(candidate.id, {})
        whole = len(known) + len(block.examples) >= len(self._val)
        return trial_started(
            state,
            "full" if whole else "minibatch",
            candidate,
            self._val if whole else block.examples,
            reason=block.reason,
        )

    def _needed(self, state: RunState) -> int:
        """LM calls that one more block and the full evaluation after it can take."""
        left = self._results - claimed_results(state)
        return self._calls * min(self._rules.block + len(self._val), left)

    def _confirmation(
        self, state: RunState, space: SearchSpace, allocation: Allocation, slots: Slots
    ) -> list[Event]:
        """The full evaluation of the recommended candidate, once nothing is in flight."""
        recommended = allocation.recommended()
        if recommended is None or open_trials(state, "minibatch", "full", "baseline"):
            return []
        candidate = space.candidate(recommended.candidate)
        if candidate.id in state.fully_evaluated:
            return []
        missing = len(recommended.missing)
        if missing > self._results - claimed_results(state):
            return []
        if slots.calls_left is not None and slots.calls_left < self._calls * missing:
            return []
        return [
            trial_started(
                state,
                "full",
                candidate,
                self._val,
                reason="Evaluates the recommended candidate on what is left.",
            )
        ]


def _in_flight(state: RunState, space: SearchSpace) -> list[tuple[Levels, str]]:
    return [
        (space.levels(state.candidates[trial.candidate]), example)
        for trial in open_trials(state, "baseline", "minibatch", "full")
        for example, _ in pending_examples(state, trial)
    ]


def _label(state: RunState, space: SearchSpace, levels: Levels) -> str:
    """As the candidate is called on screen; a new one gets the next number."""
    candidate = space.candidate(levels).id
    tried = list(state.candidates)
    return f"C{tried.index(candidate) if candidate in tried else len(tried)}"
