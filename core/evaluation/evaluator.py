"""One example under one program: run it, score it, say what every stage saw and answered.

A failing example is a value here, never an exception: it carries what failed and where, and no
score. This is one of the two places where every exception is caught; the worker's top is the other.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dspy
from dspy.utils.callback import BaseCallback
from dspy.utils.exceptions import ContextWindowExceededError, LMError
from pydantic import BaseModel, ConfigDict

from core.data.dataset import Example
from core.evaluation.metrics import Metric
from core.lm.connection import message_of
from core.lm.text import storable
from core.lm.usage import Meter, Usage
from core.programs.candidate import Demo


class StageRun(BaseModel):
    """One call of one predictor."""

    model_config = ConfigDict(frozen=True)

    predictor: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


class PromptRun(BaseModel):
    """One LM call: the messages as sent, the completion as received."""

    model_config = ConfigDict(frozen=True)

    messages: list[dict[str, Any]]
    completion: str


class Trace(BaseModel):
    """Everything one example went through."""

    model_config = ConfigDict(frozen=True)

    outputs: dict[str, Any]
    """The program's final outputs; empty when it failed."""
    stages: list[StageRun]
    prompts: list[PromptRun]
    """Those of a judge come last."""
    parts: dict[str, float] = {}
    """Name → score of each part of a weighted metric; empty for any other."""


@dataclass(frozen=True, kw_only=True)
class ExampleFailure:
    """Why an example has no score."""

    kind: str
    message: str
    stage: str | None
    """The predictor in whose call it failed; None when program or metric failed outside of one."""
    from_model: bool
    """True when the language model could not be reached or refused, whatever the example."""


@dataclass(frozen=True, kw_only=True)
class ExampleResult:
    """What came of one example. Either `score` or `failure` is None."""

    example: str
    score: float | None
    failure: ExampleFailure | None
    trace: Trace
    demos: dict[str, tuple[Demo, ...]]
    """Predictor → what it saw and answered at each of its calls, as demonstrations."""
    seconds: float
    usage: Usage


def evaluate_example(
    program: dspy.Module,
    example: Example,
    *,
    metric: Metric,
    lm: dspy.LM,
    repetition: int = 0,
    most_calls: int | None = None,
) -> ExampleResult:
    """Run the program on the example and score it. Never raises for what the run does.

    `repetition` above 0 asks the model afresh instead of repeating a cached answer. A program that
    asks for more than `most_calls` LM calls fails instead of making them.
    """
    meter, started = Meter(most=most_calls), time.perf_counter()
    steps: list[Any] = []
    outputs: dict[str, Any] = {}
    verdict, failure, unanswered = None, None, 0
    watch = _Watch(program)
    with dspy.context(
        lm=lm.copy(rollout_id=repetition) if repetition else lm,
        adapter=dspy.ChatAdapter(use_json_adapter_fallback=False),
        trace=steps,
        usage_tracker=meter,
        callbacks=[watch],
        max_history_size=0,
        warn_on_type_mismatch=False,  # numbers from a table are as good as their text
    ):
        try:
            prediction = program(**example.inputs)
            outputs = {name: _plain(prediction.get(name)) for name in example.outputs}
            verdict = metric.verdict(example.outputs, outputs, example.inputs)
        except Exception as error:  # noqa: BLE001  whatever a program raises is this example's result
            failure = _failure(error, watch, lm)
            unanswered = int(isinstance(error, LMError))
    return ExampleResult(
        example=example.id,
        score=None if verdict is None else verdict.score,
        failure=failure,
        trace=_trace(program, steps, outputs, meter, {} if verdict is None else verdict.parts),
        demos=_demos(program, steps),
        seconds=time.perf_counter() - started,
        usage=meter.usage + Usage(calls=unanswered),
    )


def trace_to_json(trace: Trace) -> str:
    """The trace as JSON; values that JSON lacks become text."""
    return json.dumps(storable(trace.model_dump()), ensure_ascii=False, default=str)


def trace_from_json(text: str) -> Trace:
    """The trace that `trace_to_json` wrote."""
    return Trace.model_validate_json(text)


class _Watch(BaseCallback):
    """Remembers which predictor's call raised last, and what."""

    def __init__(self, program: dspy.Module) -> None:
        self._names = _names(program)
        self._running: dict[str, str | None] = {}
        self._raised: tuple[str | None, Exception | None] = (None, None)

    def stage_of(self, error: Exception) -> str | None:
        """The predictor whose call raised this very error."""
        stage, raised = self._raised
        return stage if raised is error else None

    def on_module_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        self._running[call_id] = self._names.get(id(instance))

    def on_module_end(
        self, call_id: str, outputs: Any | None, exception: Exception | None = None
    ) -> None:
        stage = self._running.pop(call_id, None)
        if exception is not None and stage is not None:
            self._raised = stage, exception


def _failure(error: Exception, watch: _Watch, lm: dspy.LM) -> ExampleFailure:
    # a prompt that is too long is the candidate's own fault: the model does answer others
    too_long = isinstance(error, ContextWindowExceededError)
    return ExampleFailure(
        kind=type(error).__name__,
        message=message_of(error, lm),
        stage=watch.stage_of(error),
        from_model=isinstance(error, LMError) and not too_long,
    )


def _names(program: dspy.Module) -> dict[int, str]:
    return {id(predictor): name for name, predictor in program.named_predictors()}


def _trace(
    program: dspy.Module,
    steps: Sequence[Any],
    outputs: dict[str, Any],
    meter: Meter,
    parts: Mapping[str, float],
) -> Trace:
    names = _names(program)
    return Trace(
        outputs=outputs,
        parts=dict(parts),
        stages=[
            StageRun(
                predictor=names.get(id(predictor), "?"),
                inputs=_plain(dict(inputs)),
                outputs=_plain(dict(given)),
            )
            for predictor, inputs, given in steps
        ],
        prompts=[
            PromptRun(messages=call.messages, completion=call.completion) for call in meter.calls
        ],
    )


def _plain(value: Any) -> Any:
    """The value with data models as dicts, as typed outputs are stored and shown again."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _demos(program: dspy.Module, steps: Sequence[Any]) -> dict[str, tuple[Demo, ...]]:
    names = _names(program)
    found: dict[str, list[Demo]] = {name: [] for name in names.values()}
    for predictor, inputs, given in steps:
        if id(predictor) in names:
            found[names[id(predictor)]].append(storable(_plain({**inputs, **dict(given)})))
    return {name: tuple(demos) for name, demos in found.items() if demos}
