"""Carries actions out: builds the program or the prompt, calls the model, says what came of it.

`work` takes all it needs from the state while the engine's thread owns it; what it returns runs in
another thread and touches neither the state nor the store.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial

import dspy

from core.bootstrap import teacher_demos
from core.data.dataset import Example
from core.engine import Outcome
from core.evaluation.evaluator import (
    ExampleFailure,
    ExampleResult,
    demos_of,
    evaluate_example,
    trace_to_json,
)
from core.lm.connection import connect
from core.lm.failures import ANSWERED, group_of, reason
from core.lm.limiter import Halted
from core.lm.traffic import Traffic
from core.lm.usage import Usage, UsageShares
from core.optimizers.actions import Action, Bootstrap, Repeat, Score
from core.optimizers.trials import results_for
from core.programs.candidate import Demo, program_with
from core.runs.config import RunConfig
from core.runs.events import ExampleRepeated, ExampleScored, Failure, TraceBootstrapped
from core.runs.preparation import Task
from core.runs.purse import Purse
from core.runs.state import RunState
from core.worker.prompts import PromptWriter
from core.worker.proposals import Traces

APART = 100
"""Numbers of repetitions between two repeats of an example; above those of any retries."""

PROGRAMS_KEPT = 64
"""Built candidates kept ready; a deep copy of a program costs about a millisecond."""


class LocalCrew:
    """Runs programs and prompts in this process. One per run."""

    def __init__(
        self,
        task: Task,
        config: RunConfig,
        traces: Traces,
        traffic: Traffic | None = None,
        purse: Purse | None = None,
    ) -> None:
        """`traces` gives the run's stored traces by key; `traffic` is what all its calls share.

        `purse` holds the engine's reservations; without one there is no cap.
        """
        self._purse = purse or Purse()
        traffic = traffic or Traffic()
        self._task = task
        self._config = config
        self._lm = connect(config.task_model, role="task model", traffic=traffic)
        self._teacher_lm = self._lm
        if config.teacher_model is not None:
            self._teacher_lm = connect(config.teacher_model, role="teacher model", traffic=traffic)
        self._writer = PromptWriter(task, config, traces, traffic)
        self._examples = {each.id: each for each in (*task.train, *task.val, *task.test)}
        self._programs: OrderedDict[str, dspy.Module] = OrderedDict()

    def calls(self, action: Action) -> int:
        """LM calls that the action takes at most, repetitions after failures not counted."""
        if isinstance(action, Bootstrap | Score | Repeat):
            return self._task.template.calls_per_run
        return 1

    def work(self, action: Action, state: RunState) -> Callable[[], Outcome]:
        """The work, ready to run in another thread."""
        return partial(_unless_halted, self._work(action, state))

    def _work(self, action: Action, state: RunState) -> Callable[[], Outcome]:
        if not isinstance(action, Score | Repeat | Bootstrap):
            return self._writer.work(action, state)
        repetition = self._repetition(action, state)
        if isinstance(action, Score):
            program = self._candidate(action.candidate, state)
            return lambda: self._score(action, program, repetition)
        if isinstance(action, Repeat):
            again = self._candidate(action.candidate, state)
            return lambda: self._repeat(action, again, repetition)
        return lambda: self._bootstrap(action, repetition)

    def _score(self, action: Score, program: dspy.Module, repetition: int) -> Outcome:
        result = self._run(action, program, repetition)
        event = ExampleScored(
            trial=action.trial,
            candidate=action.candidate,
            example=action.example,
            attempt=action.attempt,
            score=result.score,
            failure=self._failure(result.failure, action.attempt),
            seconds=result.seconds,
            usage=result.usage,
            shares=result.shares,
        )
        key = f"eval/{action.candidate}/{action.example}"
        return self._outcome(event, {key: trace_to_json(result.trace)}, result.failure)

    def _repeat(self, action: Repeat, program: dspy.Module, repetition: int) -> Outcome:
        result = self._run(action, program, APART * action.repeat + repetition)
        event = ExampleRepeated(
            request=action.request,
            candidate=action.candidate,
            part=action.part,
            example=action.example,
            repeat=action.repeat,
            attempt=action.attempt,
            score=result.score,
            failure=self._failure(result.failure, action.attempt),
            seconds=result.seconds,
            usage=result.usage,
            shares=result.shares,
        )
        key = f"repeat/{action.candidate}/{action.example}/{action.repeat}"
        return self._outcome(event, {key: trace_to_json(result.trace)}, result.failure)

    def _bootstrap(self, action: Bootstrap, repetition: int) -> Outcome:
        program = self._teacher(self._examples[action.example])
        result = self._run(action, program, repetition, lm=self._teacher_lm)
        accepted = result.score is not None and result.score >= self._config.threshold
        event = TraceBootstrapped(
            example=action.example,
            attempt=action.attempt,
            score=result.score,
            accepted=accepted,
            demos=demos_of(result.trace) if accepted else {},
            failure=self._failure(result.failure, action.attempt),
            seconds=result.seconds,
            usage=result.usage,
            shares=self._taught(result),
        )
        key = f"bootstrap/{action.example}"
        return self._outcome(event, {key: trace_to_json(result.trace)}, result.failure)

    def _taught(self, result: ExampleResult) -> UsageShares | None:
        """Who took what of a bootstrapped trace."""
        if self._config.teacher_model is None:
            return result.shares
        judge = result.shares.judge if result.shares else Usage()
        own = result.shares.program if result.shares else result.usage
        return UsageShares(program=Usage(), judge=judge, teacher=own)

    def _run(
        self,
        action: Score | Repeat | Bootstrap,
        program: dspy.Module,
        repetition: int,
        *,
        lm: dspy.LM | None = None,
    ) -> ExampleResult:
        return evaluate_example(
            program,
            self._examples[action.example],
            metric=self._task.metric,
            lm=lm or self._lm,
            repetition=repetition,
            most_calls=self._task.template.calls_per_run,
            asks=self._config.on_failure.asks(),
            spare=partial(self._purse.one_more, action.key),
        )

    def _repetition(self, action: Score | Repeat | Bootstrap, state: RunState) -> int:
        """Above 0 when the last attempt's answers are to be asked for afresh.

        What the model did not answer is in no cache, so the stages before it cost nothing again.
        """
        last = _last_failure(action, state)
        if last is None:
            return 0
        group, rule = group_of(last.kind), self._config.on_failure.rule(last.kind)
        stale = group == "program" or (group in ANSWERED and rule.then == "pause")
        return action.attempt if stale else 0

    def _failure(self, failure: ExampleFailure | None, attempt: int) -> Failure | None:
        if failure is None:
            return None
        final = self._config.on_failure.is_final(failure.kind, self._tried(failure, attempt))
        return Failure(kind=failure.kind, message=failure.message, stage=failure.stage, final=final)

    def _tried(self, failure: ExampleFailure, attempt: int) -> int:
        """Attempts before this one, be it at the example or at the very call."""
        if failure.asked_again:
            return self._config.on_failure.rule(failure.kind).attempts - 1
        return attempt

    def _outcome(
        self,
        event: ExampleScored | ExampleRepeated | TraceBootstrapped,
        traces: Mapping[str, str],
        failure: ExampleFailure | None,
    ) -> Outcome:
        if failure is None:
            return Outcome(events=(event,), traces=traces)
        tried = self._tried(failure, event.attempt)
        due = self._config.on_failure.is_due(failure.kind, tried)
        return Outcome(
            events=(event,),
            traces=traces,
            refusal=event.failure if failure.from_model else None,
            pause=reason(failure.kind, failure.message) if due else None,
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


def _unless_halted(work: Callable[[], Outcome]) -> Outcome:
    """What came of the work; nothing when it was given back before it had cost anything."""
    try:
        return work()
    except Halted:
        return Outcome(events=())


def _texts(key: str, state: RunState) -> tuple[dict[str, str], dict[str, tuple[Demo, ...]]]:
    """Predictor → instruction text, and predictor → demos, of a candidate."""
    choices = state.candidates[key].choices
    instructions = {
        name: state.instructions[name][choice.instruction].text for name, choice in choices.items()
    }
    demos = {name: state.demo_sets[name][choice.demo_set].demos for name, choice in choices.items()}
    return instructions, demos


def _last_failure(action: Score | Repeat | Bootstrap, state: RunState) -> Failure | None:
    """Why the last attempt at the same came to nothing; None before there was one."""
    if isinstance(action, Bootstrap):
        trace = state.traces.get(action.example)
        return trace.failure if trace else None
    if isinstance(action, Score):
        kept = results_for(state, state.trials[action.trial])
        result = kept.get(action.example)
    else:
        own = state.repeats.get((action.candidate, action.part), {})
        result = own.get(action.example, {}).get(action.repeat)
    return result.failure if result else None
