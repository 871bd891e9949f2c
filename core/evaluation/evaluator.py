"""One example under one program: run it, score it, say what every stage saw and answered.

A failing example is a value here, never an exception: it carries what failed and where, and no
score. This is one of the two places where every exception is caught; the worker's top is the other.
"""

import json
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dspy
from dspy.utils.exceptions import AdapterParseError, LMError
from pydantic import BaseModel, ConfigDict

from core.data.dataset import Example
from core.evaluation.metrics import Metric, Verdict
from core.lm.connection import message_of
from core.lm.failures import Group, is_outage, kind_of
from core.lm.reading import ReadingAdapter
from core.lm.text import storable
from core.lm.usage import Call, Meter, Usage, UsageShares
from core.programs.candidate import Demo

NO_PREDICTOR = "?"
"""Stands for the name of one that was called, but is none of the program's own."""


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
    asked_again: bool = False
    """True when the very call was made as often as it may be: its answers were of no use."""


@dataclass(frozen=True, kw_only=True)
class ExampleResult:
    """What came of one example. Either `score` or `failure` is None."""

    example: str
    score: float | None
    failure: ExampleFailure | None
    trace: Trace
    seconds: float
    """Without the time in which its calls waited to be sent."""
    usage: Usage
    shares: UsageShares | None = None
    """Who took what of it, where a judge took a part."""


def evaluate_example(
    program: dspy.Module,
    example: Example,
    *,
    metric: Metric,
    lm: dspy.LM,
    repetition: int = 0,
    most_calls: int | None = None,
    asks: Mapping[Group, int] | None = None,
    spare: Callable[[], bool] | None = None,
) -> ExampleResult:
    """Run the program on the example and score it. Never raises for what the run does.

    `repetition` above 0 asks the model afresh instead of repeating a cached answer. A program that
    asks for more than `most_calls` LM calls fails instead of making them. `asks` says how often in
    all a call is made whose answer cannot be read (`FailurePolicy.asks`; None for the default), and
    `spare` whether the run's cap has room for one more.
    """
    meter, started = Meter(most=most_calls, spare=spare), time.perf_counter()
    judging = Meter(spare=spare, after=meter)
    steps: list[Any] = []
    outputs: dict[str, Any] = {}
    verdict, failure = None, None
    with dspy.context(
        lm=lm.copy(rollout_id=repetition) if repetition else lm,
        adapter=ReadingAdapter(asks),
        trace=steps,
        usage_tracker=meter,
        traffic=getattr(lm, "traffic", None),  # a judge's calls are part of it, too
        callbacks=[],
        max_history_size=0,
        warn_on_type_mismatch=False,  # numbers from a table are as good as their text
    ):
        try:
            prediction = program(**example.inputs)
            outputs = {name: _plain(prediction.get(name)) for name in example.outputs}
            judging.most = meter.left
            with dspy.context(usage_tracker=judging):
                verdict = metric.verdict(example.outputs, outputs, example.inputs)
        except Exception as error:  # noqa: BLE001  whatever a program raises is this example's result
            failure = _failure(error, program, lm)
            if isinstance(error, LMError):
                (judging if outputs else meter).add(Usage(calls=1))
            elif not isinstance(error, AdapterParseError):
                meter.failed(failure.kind, failure.message)
    return ExampleResult(
        example=example.id,
        score=None if verdict is None else verdict.score,
        failure=failure,
        trace=_trace(program, steps, outputs, [*meter.calls, *judging.calls], verdict),
        seconds=max(0.0, time.perf_counter() - started - meter.waited - judging.waited),
        usage=meter.usage + judging.usage,
        shares=_shares(meter.usage, judging.usage),
    )


def demos_of(trace: Trace) -> dict[str, tuple[Demo, ...]]:
    """Predictor → what it saw and answered at each of its calls, as demonstrations."""
    found: dict[str, list[Demo]] = {}
    for stage in trace.stages:
        if stage.predictor != NO_PREDICTOR:
            found.setdefault(stage.predictor, []).append(
                storable({**stage.inputs, **stage.outputs})
            )
    return {name: tuple(demos) for name, demos in found.items()}


def trace_to_json(trace: Trace) -> str:
    """The trace as JSON; values that JSON lacks become text."""
    content = trace.model_dump()
    try:
        text = json.dumps(content, ensure_ascii=False, default=str)
        text.encode()
    except (TypeError, UnicodeEncodeError):  # a key that is no text, or half a character
        return json.dumps(storable(content), ensure_ascii=False, default=str)
    return text


def trace_from_json(text: str) -> Trace:
    """The trace that `trace_to_json` wrote."""
    return Trace.model_validate_json(text)


def _stage_of(error: Exception, program: dspy.Module) -> str | None:
    """The predictor in whose call the error was raised.

    Read off the error's own way: to have dspy report every call would double the cost of a call.
    """
    names, stage = _names(program), None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        stage = names.get(id(frame.f_locals.get("self")), stage)
    return stage


def _failure(error: Exception, program: dspy.Module, lm: dspy.LM) -> ExampleFailure:
    kind = kind_of(error)
    return ExampleFailure(
        kind=kind,
        message=message_of(error, lm),
        stage=_stage_of(error, program),
        # a prompt that is too long is the candidate's own fault: the model does answer others
        from_model=isinstance(error, LMError) and is_outage(kind),
        asked_again=isinstance(error, AdapterParseError) and not getattr(error, "no_room", False),
    )


def _names(program: dspy.Module) -> dict[int, str]:
    return {id(predictor): name for name, predictor in program.named_predictors()}


def _trace(
    program: dspy.Module,
    steps: Sequence[Any],
    outputs: dict[str, Any],
    calls: Sequence[Call],
    verdict: Verdict | None,
) -> Trace:
    names = _names(program)
    return Trace(
        outputs=outputs,
        parts=dict(verdict.parts) if verdict else {},
        stages=[
            StageRun(
                predictor=names.get(id(predictor), NO_PREDICTOR),
                inputs=_plain(dict(inputs)),
                outputs=_plain(dict(given)),
            )
            for predictor, inputs, given in steps
        ],
        prompts=[PromptRun(messages=call.messages, completion=call.completion) for call in calls],
    )


def _shares(program: Usage, judge: Usage) -> UsageShares | None:
    return None if judge == Usage() else UsageShares(program=program, judge=judge)


def _plain(value: Any) -> Any:
    """The value with data models as dicts, as typed outputs are stored and shown again."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
