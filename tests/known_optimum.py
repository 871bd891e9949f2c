"""A made-up task whose best candidate is known, and a loop that runs a policy on it in memory.

Every answer follows from the action, so a run can be repeated, cut anywhere and resumed. Nothing
here calls a model or a thread; the loop keeps actions in flight as the engine does.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import dspy

from core.data.dataset import Example, FieldMapping
from core.data.split import Split
from core.evaluation.metrics import METRICS
from core.lm.usage import Usage
from core.optimizers.actions import (
    Action,
    Bootstrap,
    DescribePredictor,
    DescribeProgram,
    Observe,
    Optimizer,
    Propose,
    ProposeSet,
    Repeat,
    Score,
    Slots,
    Summarise,
)
from core.programs.candidate import instruction_id
from core.programs.predictors import PredictorInfo, SignatureField
from core.programs.template import ProgramTemplate, Stage
from core.runs import events as ev
from core.runs.config import RunConfig
from core.runs.decisions import Decision
from core.runs.preparation import Task
from core.runs.state import RunState
from core.runs.store import Record
from core.search.budget import Budget

WEATHER = ev.Failure(kind="LMTimeoutError", message="no answer within 60 seconds")

Faults = Callable[[Action], ev.Failure | None]


def never(action: Action) -> ev.Failure | None:
    """Nothing fails."""
    return None


def made_up_task(
    *,
    predictors: int = 2,
    train: int = 30,
    val: int = 20,
    test: int = 10,
    repeats: int = 1,
    locks: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> Task:
    """A task without a program; the last predictor is called `repeats` times per run.

    Only the first predictor's fields are all in the dataset, so only it can have labelled demos.
    """
    infos = tuple(_info(number) for number in range(predictors))
    names = [info.name for info in infos] + [infos[-1].name] * (repeats - 1)
    parts = _examples(0, train), _examples(train, val), _examples(train + val, test)
    return Task(
        template=ProgramTemplate(
            name="made_up",
            title="Made up",
            description="Answers questions.",
            metric="exact_match",
            dataset="iris",
            stages=tuple(
                Stage(name=f"Stage {place}", kind="predictor", predictor=name)
                for place, name in enumerate(names)
            ),
            build=lambda setup: dspy.Module(),
        ),
        program=dspy.Module(),
        predictors=infos,
        train=parts[0],
        val=parts[1],
        test=parts[2],
        metric=METRICS["exact_match"],
        split=Split(
            train=(),
            val=(),
            test=(),
            stratified_by=None,
            duplicate_groups=0,
            duplicate_rows=0,
            conflicting_rows=0,
        ),
        locks=locks,
    )


def made_up_config(seed: int = 0, optimizer: str = "mipro_tpe", **numbers: Any) -> RunConfig:
    """Settings with this budget; four instructions and four demo sets unless said otherwise."""
    settings = {"name": "exact", "instructions": 4, "demo_sets": 4, "trials": 12, "minibatch": 5}
    return RunConfig(
        name="made up",
        program="made_up",
        dataset="0" * 16,
        dataset_name="made up",
        mapping=FieldMapping(inputs={"question": "question"}, outputs={"answer": "answer"}),
        metric="exact_match",
        optimizer=optimizer,
        budget=Budget(**{**settings, **numbers}),
        seed=seed,
    )


def quality(state: RunState, candidate: str) -> float:
    """Expected score: 0.2, up to 0.4 more for instruction 2, up to 0.3 more for many demos."""
    choices = state.candidates[candidate].choices
    total = 0.2
    for name, choice in choices.items():
        number = state.instructions[name][choice.instruction].number
        demos = len(state.demo_sets[name][choice.demo_set].demos)
        total += (0.4 * (number == 2) + 0.3 * min(demos, 4) / 4) / len(choices)
    return total


def difficulty(example: str) -> float:
    """A fixed number from 0 to 1; a candidate is right on examples below its quality."""
    return zlib.crc32(f"difficulty of {example}".encode()) % 997 / 997


def numbered(action: Propose) -> str:
    """A proposal like no other."""
    return f"Instruction {action.index} for {action.predictor}."


Quality = Callable[[RunState, str], float]
"""Expected score of a candidate."""

Person = Callable[[RunState], Decision | None]
"""Somebody who decides once, as soon as the state is right for it."""


@dataclass(kw_only=True)
class Fold:
    """Runs a policy: asks it for actions, answers them, folds what comes of them."""

    policy: Optimizer
    task: Task
    faults: Faults = never
    concurrency: int = 1
    max_calls: int | None = None
    wording: Callable[[Propose], str] = numbered
    """What the prompt model proposes."""
    quality: Quality = quality
    last_to_finish: Callable[[Action], bool] = lambda action: False
    """Stragglers: these come back only when nothing else is in flight."""
    people: Sequence[Person] = ()
    """They decide one after the other."""
    state: RunState = field(default_factory=RunState)
    log: list[list[ev.Event]] = field(default_factory=list)
    """Events as they were appended together."""
    asked: list[Action] = field(default_factory=list)
    most_in_flight: int = 0
    _busy: dict[str, Action] = field(default_factory=dict)

    def run(self) -> RunState:
        """The state at the end, or when the cap leaves no room for the next call.

        Or while the policy waits for people who decide nothing.
        """
        if not self.state.started:
            self.append([self._started()])
        while not self.state.is_ended and self._dispatch():
            self._finish_one()
        return self.state

    def append(self, events: list[ev.Event]) -> None:
        """Record the events together, at a time that follows from their place."""
        placed = [
            event.model_copy(update={"at": float(self.state.seq + place)})
            for place, event in enumerate(events, start=1)
        ]
        self.log.append(placed)
        first = self.state.seq + 1
        self.state.fold(Record(first + place, event) for place, event in enumerate(placed))

    def resumed(self, groups: int, policy: Optimizer) -> "Fold":
        """Another loop that goes on after the first appends; what was in flight is lost."""
        other = Fold(
            policy=policy,
            task=self.task,
            faults=self.faults,
            concurrency=self.concurrency,
            max_calls=self.max_calls,
            wording=self.wording,
            quality=self.quality,
            people=self.people,
        )
        for events in self.log[:groups]:
            other.log.append(events)
            first = other.state.seq + 1
            other.state.fold(Record(first + place, event) for place, event in enumerate(events))
        return other

    @property
    def events(self) -> list[ev.Event]:
        """The whole log."""
        return [event for group in self.log for event in group]

    @property
    def scored(self) -> Counter[tuple[str, str]]:
        """(candidate, example) → how often it was run."""
        return Counter((a.candidate, a.example) for a in self.asked if isinstance(a, Score))

    def _dispatch(self) -> bool:
        """False when there is nothing in flight and nothing may start."""
        while True:
            self._ask_people()
            concurrency = self.state.steering.concurrency or self.concurrency
            slots = Slots(
                free=concurrency - len(self._busy),
                busy=self._busy.keys(),
                calls_left=self._calls_left(),
            )
            plan = self.policy.next_actions(self.state, slots)
            if not plan.events:
                break
            self.append(plan.events)
            if self.state.is_ended:
                return False
        for action in plan.actions:
            left = self._calls_left()
            full = len(self._busy) >= concurrency
            if full or (left is not None and self._calls(action) > left):
                break
            if action.key not in self._busy:
                self._busy[action.key] = action
                self.asked.append(action)
        self.most_in_flight = max(self.most_in_flight, len(self._busy))
        waits = plan.awaits_people and not plan.actions
        assert self._busy or waits or self._cap() is not None, "the policy has nothing to do"
        return bool(self._busy)

    def _ask_people(self) -> None:
        while len(self.decided) < len(self.people):
            decision = self.people[len(self.decided)](self.state)
            if decision is None:
                return
            self.append([decision])

    @property
    def decided(self) -> list[Decision]:
        """What people have decided; locks of the settings are not among it."""
        return [each for _, each in self.state.steering.decisions if each.by != "settings"]

    def _cap(self) -> int | None:
        return self.state.steering.cap(self.max_calls)

    def _finish_one(self) -> None:
        waiting = list(self._busy.values())
        action = next((each for each in waiting if not self.last_to_finish(each)), waiting[0])
        del self._busy[action.key]
        scored = isinstance(action, Score | Repeat)
        score = self.score_of(action, self.state) if scored else None
        self.append(self.told(action, score))

    def score_of(self, action: Score | Repeat, state: RunState) -> float:
        """1 for a candidate good enough for the example, else 0; repeats turn some round."""
        if isinstance(action, Repeat) and difficulty(f"{action.example} {action.repeat}") < 0.3:
            return float(difficulty(action.example) >= self.quality(state, action.candidate))
        return float(difficulty(action.example) < self.quality(state, action.candidate))

    def told(self, action: Action, score: float | None) -> list[ev.Event]:
        """What comes of the action; `score` is that of an example."""
        failure = self.faults(action)
        if isinstance(action, Propose) and failure is None:
            return [_proposed(action, self.wording(action))]
        if isinstance(action, ProposeSet) and failure is None:
            return self._proposed_set(action)
        if isinstance(action, Score | Repeat):
            return [_scored(action, self.task, score, failure)]
        return [answer(action, self.task, failure)]

    def _proposed_set(self, action: ProposeSet) -> list[ev.Event]:
        each = [
            Propose(
                predictor=info.name,
                index=action.index,
                tip=action.settings.tip,
                demo_set=None,
                round=action.round,
                settings=action.settings,
            )
            for info in self.task.predictors
        ]
        told = [_proposed(one, self.wording(one)) for one in each]
        free = [one.model_copy(update={"usage": Usage()}) for one in told[1:]]
        return [told[0], *free]

    def _calls(self, action: Action) -> int:
        runs = isinstance(action, Bootstrap | Score | Repeat)
        return self.task.template.calls_per_run if runs else 1

    def _calls_left(self) -> int | None:
        cap = self._cap()
        if cap is None:
            return None
        reserved = sum(self._calls(action) for action in self._busy.values())
        return cap - self.state.usage.calls - reserved

    def _started(self) -> ev.RunStarted:
        task = self.task
        return ev.RunStarted(
            worker="here:1",
            predictors=task.predictors,
            train=len(task.train),
            val=len(task.val),
            test=len(task.test),
        )


def _scored(
    action: Score | Repeat, task: Task, score: float | None, failure: ev.Failure | None
) -> ev.ExampleScored | ev.ExampleRepeated:
    told: dict[str, Any] = {
        "candidate": action.candidate,
        "example": action.example,
        "attempt": action.attempt,
        "score": None if failure else score,
        "failure": failure,
        "seconds": 1.0,
        "usage": Usage(calls=task.template.calls_per_run),
    }
    if isinstance(action, Score):
        return ev.ExampleScored(trial=action.trial, **told)
    return ev.ExampleRepeated(
        request=action.request, part=action.part, repeat=action.repeat, **told
    )


def answer(action: Action, task: Task, failure: ev.Failure | None) -> ev.Event:
    """What comes of any action but a score or a proposal."""
    runs = Usage(calls=task.template.calls_per_run)
    match action:
        case Bootstrap():
            accepted = failure is None and difficulty(action.example) < 0.6
            return ev.TraceBootstrapped(
                example=action.example,
                attempt=action.attempt,
                score=None if failure else float(accepted),
                accepted=accepted,
                demos=_trace(task, action.example) if accepted else {},
                failure=failure,
                seconds=1.0,
                usage=runs,
            )
    if failure:
        return ev.PromptCallFailed(
            task=action.key, failure=failure, seconds=1.0, usage=Usage(calls=1)
        )
    return _written(action)


def _written(action: Action) -> ev.Event:
    spent: dict[str, Any] = {"seconds": 1.0, "usage": Usage(calls=1)}
    match action:
        case Observe():
            return ev.DatasetObserved(batch=action.batch, text="Short.", complete=False, **spent)
        case Summarise():
            return ev.DatasetSummarised(text="Short questions.", **spent)
        case DescribeProgram():
            return ev.ProgramDescribed(text="It answers.", **spent)
        case DescribePredictor():
            return ev.PredictorDescribed(predictor=action.predictor, text="A part.", **spent)
    raise TypeError(f"no answer to {action!r}")


def _proposed(action: Propose, text: str) -> ev.InstructionProposed:
    return ev.InstructionProposed(
        predictor=action.predictor,
        index=action.index,
        id=instruction_id(text),
        text=text,
        tip=action.tip,
        demo_set=action.demo_set,
        round=action.round,
        request=action.request,
        seconds=1.0,
        usage=Usage(calls=1),
    )


def _info(number: int) -> PredictorInfo:
    inputs = ("question",) if number == 0 else ("question", "found")
    return PredictorInfo(
        name=f"part{number}",
        instruction=f"Do part {number}.",
        inputs=tuple(SignatureField(name=name, description="") for name in inputs),
        outputs=(
            SignatureField(name="reasoning", description=""),
            SignatureField(name="answer", description=""),
        ),
    )


def _examples(first: int, count: int) -> tuple[Example, ...]:
    return tuple(
        Example(id=str(row), inputs={"question": f"q{row}"}, outputs={"answer": f"a{row}"})
        for row in range(first, first + count)
    )


def _trace(task: Task, example: str) -> dict[str, tuple[dict[str, Any], ...]]:
    return {
        info.name: ({name: f"{name} of {example}" for name in info.fields},)
        for info in task.predictors
    }
