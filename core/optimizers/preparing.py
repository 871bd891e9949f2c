"""Bootstrap and propose: what every optimizer of the family does before it searches.

Teacher runs, dataset summary and program description go on together; proposals start when both are
there. A call to the prompt model that fails three times is left out, and the log says so.
"""

from collections.abc import Iterator, Sequence

from core.bootstrap import build_demo_sets
from core.data.seeds import derived_rng
from core.lm.outage import ATTEMPTS
from core.optimizers.actions import (
    Action,
    Bootstrap,
    DescribePredictor,
    DescribeProgram,
    Observe,
    Plan,
    Propose,
    Slots,
    Summarise,
)
from core.programs.candidate import NO_DEMOS, instruction_id
from core.proposal.grounding import TIPS
from core.runs.config import RunConfig
from core.runs.decisions import SpansLocked
from core.runs.events import DemoSetBuilt, Event, InstructionProposed, PhaseChanged
from core.runs.parts import is_final
from core.runs.preparation import Task
from core.runs.state import RunState
from core.search.budget import Budget, summary_batches, teacher_runs, wanted_traces

SETTINGS = "settings"
"""Who locked the texts that the run's settings and the program's marks name."""


class Preparing:
    """The part of a policy that makes demo sets and instructions."""

    def __init__(self, task: Task, config: RunConfig) -> None:
        self._task = task
        self._config = config
        self._budget = config.budget
        self._shape = config.shape
        order = derived_rng(config.seed, "teacher order").permutation(len(task.train))
        runs = teacher_runs(config.budget, len(task.train), config.shape)
        self._teacher_examples = [task.train[i].id for i in order[:runs]]

    def first_events(self) -> list[Event]:
        """Index 0 of everything: own instructions and no demos; and what is locked."""
        events: list[Event] = [PhaseChanged(phase="bootstrap")]
        for info in self._task.predictors:
            own = instruction_id(info.instruction)
            events.append(
                InstructionProposed(predictor=info.name, index=0, id=own, text=info.instruction)
            )
            events.append(DemoSetBuilt(predictor=info.name, id=NO_DEMOS, demos=(), source="none"))
        for name, spans in self._task.locks.items():
            events.append(SpansLocked(by=SETTINGS, predictor=name, spans=spans))
        return events

    def plan(self, state: RunState, slots: Slots) -> Plan:
        """What to do next for demo sets and instructions; empty once the phase is `search`.

        In the phase `review`, nothing before somebody approves.
        """
        if state.phase == "bootstrap":
            pending = list(self._teacher(state))
            if not pending and not any(key.startswith("bootstrap ") for key in slots.busy):
                built = demo_sets(self._task, state, self._budget, self._config.seed)
                return Plan(events=[*built, PhaseChanged(phase="propose")])
            return Plan(actions=[*self._grounding(state), *pending])
        if state.phase == "propose":
            grounding = list(self._grounding(state))
            proposals = [] if grounding else list(self._proposals(state))
            if not grounding and not proposals:
                review = self._config.review and not state.steering.review_approved
                return Plan(events=[PhaseChanged(phase="review" if review else "search")])
            return Plan(actions=[*grounding, *proposals])
        if state.phase == "review":
            if state.steering.review_approved:
                return Plan(events=[PhaseChanged(phase="search")])
            return Plan(awaits_people=True)
        return Plan()

    def _teacher(self, state: RunState) -> Iterator[Bootstrap]:
        accepted = sum(trace.accepted for trace in state.traces.values())
        if accepted >= wanted_traces(self._budget, self._shape):
            return
        for example in self._teacher_examples:
            trace = state.traces.get(example)
            if trace is None:
                yield Bootstrap(example=example, attempt=0)
            elif trace.failure is not None and not is_final(trace.failure, trace.attempt):
                yield Bootstrap(example=example, attempt=trace.attempt + 1)

    def _grounding(self, state: RunState) -> Iterator[Action]:
        """What is missing for the proposer, calls under way included."""
        if self._budget.instructions == 1 or not self._shape.grounded:
            return
        yield from _open(self._observations(state), state)
        if state.program_description is None:
            yield from _open([DescribeProgram()], state)
        if state.program_description is not None or given_up(DescribeProgram(), state):
            described = state.predictor_descriptions
            missing = [
                DescribePredictor(predictor=info.name)
                for info in self._task.predictors
                if info.name not in described
            ]
            yield from _open(missing, state)

    def _observations(self, state: RunState) -> list[Action]:
        """The first batch alone, then the others with it at hand, then the summary."""
        seen = {each.batch for each in state.observations}
        batches: list[Action] = [
            Observe(batch=batch)
            for batch in range(summary_batches(len(self._task.train)))
            if batch not in seen
        ]
        if batches and batches[0] == Observe(batch=0) and not given_up(batches[0], state):
            return batches[:1]
        missing: list[Action] = [each for each in batches if not given_up(each, state)]
        if missing or not seen or state.dataset_summary is not None:
            return missing
        return [Summarise()]

    def _proposals(self, state: RunState) -> Iterator[Propose]:
        """The pool that is still missing; none where every trial has fresh proposals.

        Where a person has frozen the instruction, no other is asked for.
        """
        if self._shape.in_rounds:
            return
        for info in self._task.predictors:
            if (info.name, "instruction") in state.steering.frozen:
                continue
            sets = [each for each in state.demo_sets[info.name] if each != NO_DEMOS]
            for index in range(1, self._budget.instructions):
                rng = derived_rng(self._config.seed, f"tip {info.name}", index)
                proposal = Propose(
                    predictor=info.name,
                    index=index,
                    tip=str(rng.choice(list(TIPS))),
                    demo_set=sets[(index - 1) % len(sets)] if sets else None,
                )
                done = (info.name, index) in state.proposed
                if not done and not given_up(proposal, state):
                    yield proposal


def demo_sets(task: Task, state: RunState, budget: Budget, seed: int) -> list[DemoSetBuilt]:
    """The demo sets that can be built from the accepted traces; a larger budget adds to them."""
    accepted = [(example, trace.demos) for example, trace in state.traces.items() if trace.accepted]
    return [
        DemoSetBuilt(predictor=each.predictor, id=each.id, demos=each.demos, source=each.source)
        for each in build_demo_sets(task.predictors, task.train, accepted, budget, seed)
    ]


def given_up(action: Action, state: RunState) -> bool:
    """True when a call to the prompt model has failed too often to be tried again."""
    return state.prompt_failures.get(action.key, 0) >= ATTEMPTS


def _open(actions: Sequence[Action], state: RunState) -> Iterator[Action]:
    return (action for action in actions if not given_up(action, state))
