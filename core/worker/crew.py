"""Carries actions out: builds the program or the prompt, calls the model, says what came of it.

`work` takes all it needs from the state while the engine's thread owns it; what it returns runs in
another thread and touches neither the state nor the store.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping

import dspy

from core.bootstrap import teacher_demos
from core.data.dataset import Example
from core.engine import Outcome
from core.evaluation.evaluator import (
    ExampleFailure,
    ExampleResult,
    evaluate_example,
    trace_to_json,
)
from core.lm.connection import connect
from core.optimizers.actions import Action, Bootstrap, Repeat, Score
from core.programs.candidate import Demo, program_with
from core.runs.config import RunConfig
from core.runs.events import ExampleRepeated, ExampleScored, Failure, TraceBootstrapped
from core.runs.preparation import Task
from core.runs.state import RunState
from core.worker.prompts import PromptWriter
from core.worker.proposals import Traces

APART = 100
"""Numbers of repetitions between two repeats of an example; above those of any retries."""

PROGRAMS_KEPT = 64
"""Built candidates kept ready; a deep copy of a program costs about a millisecond."""


class LocalCrew:
    """Runs programs and prompts in this process. One per run."""

    def __init__(self, task: Task, config: RunConfig, traces: Traces) -> None:
        """`traces` gives the run's stored traces by key."""
        self._task = task
        self._config = config
        self._lm = connect(config.task_model, role="task model")
        self._writer = PromptWriter(task, config, traces)
        self._examples = {each.id: each for each in (*task.train, *task.val, *task.test)}
        self._programs: OrderedDict[str, dspy.Module] = OrderedDict()

    def calls(self, action: Action) -> int:
        """LM calls that the action takes at most, repetitions after failures not counted."""
        if isinstance(action, Bootstrap | Score | Repeat):
            return self._task.template.calls_per_run
        return 1

    def work(self, action: Action, state: RunState) -> Callable[[], Outcome]:
        """The work, ready to run in another thread."""
        if isinstance(action, Score):
            program = self._candidate(action.candidate, state)
            return lambda: self._score(action, program)
        if isinstance(action, Repeat):
            again = self._candidate(action.candidate, state)
            return lambda: self._repeat(action, again)
        if isinstance(action, Bootstrap):
            return lambda: self._bootstrap(action)
        return self._writer.work(action, state)

    def _score(self, action: Score, program: dspy.Module) -> Outcome:
        result = self._run(program, action.example, action.attempt)
        event = ExampleScored(
            trial=action.trial,
            candidate=action.candidate,
            example=action.example,
            attempt=action.attempt,
            score=result.score,
            failure=_failure(result.failure),
            seconds=result.seconds,
            usage=result.usage,
        )
        key = f"eval/{action.candidate}/{action.example}"
        return _outcome(event, {key: trace_to_json(result.trace)}, result.failure)

    def _repeat(self, action: Repeat, program: dspy.Module) -> Outcome:
        repetition = APART * action.repeat + action.attempt
        result = self._run(program, action.example, repetition)
        event = ExampleRepeated(
            request=action.request,
            candidate=action.candidate,
            part=action.part,
            example=action.example,
            repeat=action.repeat,
            attempt=action.attempt,
            score=result.score,
            failure=_failure(result.failure),
            seconds=result.seconds,
            usage=result.usage,
        )
        key = f"repeat/{action.candidate}/{action.example}/{action.repeat}"
        return _outcome(event, {key: trace_to_json(result.trace)}, result.failure)

    def _bootstrap(self, action: Bootstrap) -> Outcome:
        program = self._teacher(self._examples[action.example])
        result = self._run(program, action.example, action.attempt)
        accepted = result.score is not None and result.score >= self._config.threshold
        event = TraceBootstrapped(
            example=action.example,
            attempt=action.attempt,
            score=result.score,
            accepted=accepted,
            demos=result.demos if accepted else {},
            failure=_failure(result.failure),
            seconds=result.seconds,
            usage=result.usage,
        )
        key = f"bootstrap/{action.example}"
        return _outcome(event, {key: trace_to_json(result.trace)}, result.failure)

    def _run(self, program: dspy.Module, example: str, repetition: int) -> ExampleResult:
        return evaluate_example(
            program,
            self._examples[example],
            metric=self._task.metric,
            lm=self._lm,
            repetition=repetition,
            most_calls=self._task.template.calls_per_run,
        )

    def _teacher(self, example: Example) -> dspy.Module:
        demos = teacher_demos(
            self._task.predictors,
            self._task.train,
            example,
            count=self._config.budget.labelled_demos,
            seed=self._config.seed,
        )
        own = {info.name: info.instruction for info in self._task.predictors}
        return program_with(self._task.program, own, demos)

    def _candidate(self, key: str, state: RunState) -> dspy.Module:
        if key not in self._programs:
            self._programs[key] = program_with(self._task.program, *_texts(key, state))
            if len(self._programs) > PROGRAMS_KEPT:
                self._programs.popitem(last=False)
        self._programs.move_to_end(key)
        return self._programs[key]


def _texts(key: str, state: RunState) -> tuple[dict[str, str], dict[str, tuple[Demo, ...]]]:
    """Predictor → instruction text, and predictor → demos, of a candidate."""
    choices = state.candidates[key].choices
    instructions = {
        name: state.instructions[name][choice.instruction].text for name, choice in choices.items()
    }
    demos = {name: state.demo_sets[name][choice.demo_set].demos for name, choice in choices.items()}
    return instructions, demos


def _failure(failure: ExampleFailure | None) -> Failure | None:
    if failure is None:
        return None
    return Failure(kind=failure.kind, message=failure.message, stage=failure.stage)


def _outcome(
    event: ExampleScored | ExampleRepeated | TraceBootstrapped,
    traces: Mapping[str, str],
    failure: ExampleFailure | None,
) -> Outcome:
    refused = failure is not None and failure.from_model
    return Outcome(events=(event,), traces=traces, refusal=_failure(failure) if refused else None)
