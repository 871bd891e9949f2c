"""Single calls to the prompt model, and what is made of its replies.

Nothing here decides what to ask next; the optimizer does. A call that fails raises, and the caller
records it: no part of the grounding is ever dropped in silence.
"""

import json
import time
from dataclasses import dataclass, replace
from typing import Any

import dspy

from core.errors import ModelError
from core.lm.connection import message_of
from core.lm.failures import ANSWERED, kind_of
from core.lm.reading import ReadingAdapter
from core.lm.text import storable
from core.lm.usage import Meter, Usage
from core.proposal import signatures
from core.proposal.cleaning import cleaned, instruction_list
from core.proposal.grounding import list_text

OPTIONAL = (
    "dataset_summary",
    "program_structure",
    "program_description",
    "predictor",
    "predictor_description",
    "task_demos",
    "previous_instructions",
    "mistakes",
    "locked_text",
    "tip",
    "hint",
)
"""Inputs that are taken out of the proposer's signature when there is nothing to put in."""

ONCE = dict.fromkeys(ANSWERED, 1)
"""How often a call is made in all: the optimizer, not the call, asks again."""

COMPLETE = "COMPLETE"
"""The prompt model's word for having nothing to add."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer of the prompt model."""

    text: str
    seconds: float
    usage: Usage
    messages: list[dict[str, Any]]
    completion: str

    def trace(self) -> str:
        """The full prompt and the raw reply, as JSON."""
        content = {"messages": self.messages, "completion": self.completion}
        return json.dumps(storable(content), ensure_ascii=False)


class PromptCallError(ModelError):
    """A call to the prompt model gave nothing usable. Carries what it used nevertheless."""

    def __init__(self, message: str, *, kind: str, seconds: float, usage: Usage) -> None:
        super().__init__(message)
        self.kind = kind
        self.seconds = seconds
        self.usage = usage


def observe(examples: str, prior: str | None, lm: dspy.LM, *, repetition: int = 0) -> Reply:
    """What the prompt model sees in a batch of examples; `prior` are earlier observations.

    Raises:
        PromptCallError: no usable answer.
    """
    if prior is None:
        return _ask(signatures.ObserveExamples, {"examples": examples}, lm, repetition)
    inputs = {"examples": examples, "prior_observations": prior}
    return _ask(signatures.ObserveMoreExamples, inputs, lm, repetition)


def summarise(observations: str, lm: dspy.LM, *, repetition: int = 0) -> Reply:
    """The observations in two or three sentences.

    Raises:
        PromptCallError: no usable answer.
    """
    inputs = {"observations": observations}
    return _ask(signatures.SummariseObservations, inputs, lm, repetition)


def describe_program(structure: str, example: str, lm: dspy.LM, *, repetition: int = 0) -> Reply:
    """What the program is for.

    Raises:
        PromptCallError: no usable answer.
    """
    inputs = {"program_structure": structure, "program_example": example}
    return _ask(signatures.DescribeProgram, inputs, lm, repetition)


def describe_predictor(
    structure: str, description: str, predictor: str, lm: dspy.LM, *, repetition: int = 0
) -> Reply:
    """What one predictor contributes.

    Raises:
        PromptCallError: no usable answer.
    """
    inputs = {
        "program_structure": structure,
        "program_description": description,
        "predictor": predictor,
    }
    return _ask(signatures.DescribePredictor, inputs, lm, repetition)


def propose_instruction(grounding: dict[str, str], lm: dspy.LM, *, repetition: int = 0) -> Reply:
    """A new instruction, cleaned; `grounding` maps the signature's input fields to text.

    Fields in `OPTIONAL` that are missing or empty are taken out of the signature.

    Raises:
        PromptCallError: no usable answer, or an empty one.
    """
    signature, given = _without_empty(signatures.ProposeInstruction, grounding)
    return _ask(signature, given, lm, repetition)


def propose_instructions(
    grounding: dict[str, str], lm: dspy.LM, *, count: int, repetition: int = 0
) -> Reply:
    """New instructions, cleaned, one for each of `count` predictors; the text is a JSON list.

    Raises:
        PromptCallError: no usable answer, or not one instruction for each predictor.
    """
    signature, given = _without_empty(signatures.ProposeInstructionSet, grounding)
    reply = _ask(signature, given, lm, repetition)
    try:
        return replace(reply, text=list_text(instruction_list(reply.text, count)))
    except ValueError as error:
        raise PromptCallError(
            str(error), kind="ValueError", seconds=reply.seconds, usage=reply.usage
        ) from error


def _without_empty(signature: Any, grounding: dict[str, str]) -> tuple[Any, dict[str, str]]:
    """The signature without the optional inputs that are empty, and the others."""
    for name in OPTIONAL:
        if name in signature.input_fields and not grounding.get(name):
            signature = signature.delete(name)
    return signature, {name: text for name, text in grounding.items() if text}


def _ask(signature: Any, inputs: dict[str, str], lm: dspy.LM, repetition: int) -> Reply:
    meter, started = Meter(), time.perf_counter()
    with dspy.context(
        lm=lm.copy(rollout_id=repetition) if repetition else lm,
        adapter=ReadingAdapter(ONCE),
        trace=[],
        usage_tracker=meter,
        max_history_size=0,
    ):
        try:
            prediction = dspy.Predict(signature)(**inputs)
            output = next(iter(signature.output_fields))
            text = cleaned(storable(str(getattr(prediction, output) or "")))
            if not text:
                raise ValueError(f"the prompt model left {output!r} empty")
        except (dspy.utils.exceptions.DSPyError, ValueError) as error:
            seconds = time.perf_counter() - started
            kind, message = kind_of(error), message_of(error, lm)
            refused = isinstance(error, dspy.utils.exceptions.LMError)
            if isinstance(error, ValueError):
                meter.failed(kind, message)
            usage = meter.usage + Usage(calls=1) if refused else meter.usage
            raise PromptCallError(message, kind=kind, seconds=seconds, usage=usage) from error
    call = meter.calls[-1]
    return Reply(
        text=text,
        seconds=time.perf_counter() - started,
        usage=meter.usage,
        messages=call.messages,
        completion=call.completion,
    )
