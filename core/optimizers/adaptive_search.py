"""The adaptive search over a pool: the next block of examples goes where it is worth most.

It learns from single results, not from means, and never waits: whenever a slot is free, the
allocation names a candidate and the next few examples for it. The recommended candidate is fully
evaluated before it is called best.
"""

from collections.abc import Sequence

from core.data.seeds import derived_seed
from core.optimizers.actions import Action, Slots
from core.optimizers.schedule import open_trials
from core.optimizers.trials import claimed_results, pending_examples, trial_started
from core.runs.choices import is_permitted, open_choices, search_space
from core.runs.config import RunConfig
from core.runs.costs import Cost, Texts, run_cost, text_tokens
from core.runs.events import Event, TrialStarted
from core.runs.parts import is_final
from core.runs.planned import results_of
from core.runs.preparation import Task
from core.runs.state import RunState
from core.search.allocation import Allocation, Block
from core.search.space import Levels, SearchSpace
from core.search.terms import Rules, Terms


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
        self._config = config
        self._allocation: Allocation | None = None
        self._folded = 0
        self._results = 0
        """The budget at the present decision."""
        self._new: list[str] = []
        """Candidates that the present decision names for the first time."""
        self._texts: tuple[tuple[int, ...], Texts] = (), ()
        self._cost: Cost = lambda levels: 1.0

    def actions(self, state: RunState) -> list[Action]:
        """None: all proposals are made before the search."""
        return []

    def reserve(self, state: RunState) -> int:
        """The full evaluation of what will be recommended."""
        left = results_of(self._config, state, len(self._val)) - claimed_results(state)
        return self._calls * min(len(self._val), max(0, left))

    def next_events(self, state: RunState, slots: Slots) -> list[Event]:
        """What to evaluate next, or the full evaluation of the recommended candidate."""
        space = search_space(state)
        self._results = results_of(self._config, state, len(self._val))
        allocation = self._in_step(state, space)
        self._new = []
        if self._affords(state, slots, self._rules.block):
            in_flight = _in_flight(state, space)
            roomy = self._affords(state, slots, self._rules.block + len(in_flight))
            most = None if roomy else 1
            if blocks := allocation.next_blocks(in_flight, seed=self._seed, most=most):
                return self._trials(state, space, blocks)
        return self._confirmation(state, space, allocation, slots)

    def _in_step(self, state: RunState, space: SearchSpace) -> Allocation:
        """The allocation, with every result that has come in since the last call."""
        choices = open_choices(state, space)
        if self._allocation is None:
            terms = Terms(
                examples=self._val,
                rules=self._rules,
                cost=lambda levels: self._cost(levels),
                name=lambda levels: self._label(state, search_space(state).candidate(levels).id),
            )
            self._allocation = Allocation(choices, terms)
        allocation = self._allocation
        if allocation.choices != choices:
            allocation.steer(choices)
        allocation.bound(self._results)
        if self._texts[0] != space.sizes:
            self._texts = space.sizes, text_tokens(state, space)
        self._cost = run_cost(state, self._texts[1])
        for result in state.val_results[self._folded :]:
            levels = space.levels(state.candidates[result.candidate])
            if result.score is not None:
                allocation.observe(levels, result.example, result.score)
            elif result.failure and is_final(result.failure, result.attempt):
                allocation.exclude(levels, result.example)
        self._folded = len(state.val_results)
        return allocation

    def _trials(self, state: RunState, space: SearchSpace, blocks: Sequence[Block]) -> list[Event]:
        trials = [self._trial(state, space, block) for block in blocks]
        return [
            trial.model_copy(update={"number": trial.number + place})
            for place, trial in enumerate(trials)
        ]

    def _trial(self, state: RunState, space: SearchSpace, block: Block) -> TrialStarted:
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

    def _label(self, state: RunState, candidate: str) -> str:
        """As the candidate is called on screen; new ones get the next numbers."""
        tried = list(state.candidates)
        if candidate in tried:
            return f"C{tried.index(candidate)}"
        if candidate not in self._new:
            self._new.append(candidate)
        return f"C{len(tried) + self._new.index(candidate)}"

    def _affords(self, state: RunState, slots: Slots, examples: int) -> bool:
        """Whether the cap allows for so many examples and for the full evaluation after them."""
        left = self._results - claimed_results(state)
        needed = self._calls * min(examples + len(self._val), left)
        return slots.calls_left is None or slots.calls_left >= needed

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
        if missing > self._results - claimed_results(state) and not _has_lost_its_best(state):
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


def _has_lost_its_best(state: RunState) -> bool:
    """Whether people have ruled out all but the baseline of what was fully evaluated."""
    others = [each for each in state.fully_evaluated if each != state.baseline]
    return bool(others) and not any(is_permitted(state, state.candidates[each]) for each in others)


def _in_flight(state: RunState, space: SearchSpace) -> list[tuple[Levels, str]]:
    return [
        (space.levels(state.candidates[trial.candidate]), example)
        for trial in open_trials(state, "baseline", "minibatch", "full")
        for example, _ in pending_examples(state, trial)
    ]
