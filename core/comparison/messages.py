"""The exact messages that the model is sent for one example, predictor by predictor.

Written by the adapter with which the worker asks (`core.evaluation.evaluator`), from the
candidate's instruction and demos. What a later predictor is given depends on the answers before it,
so its inputs come from the trace of that very run; without one they are not made up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dspy

from core.data.dataset import Example
from core.errors import ConfigError
from core.evaluation.evaluator import Trace
from core.programs.candidate import program_with
from core.results.run_results import CandidateTexts


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a conversation with a model."""

    role: str
    text: str


def messages_for(
    program: dspy.Module, texts: CandidateTexts, predictor: str, inputs: Mapping[str, Any]
) -> tuple[Message, ...]:
    """What the model is sent when this predictor is called with these inputs.

    `program` is the task's own; it is not changed.

    Raises:
        ConfigError: the program has no such predictor, or an input is missing.
        ProgramError: the candidate belongs to another program.
    """
    known = dict(program_with(program, texts.instructions, texts.demos).named_predictors())
    if predictor not in known:
        raise ConfigError(f"the program has no predictor {predictor!r}; it has {', '.join(known)}.")
    asked = known[predictor]
    if missing := [name for name in asked.signature.input_fields if name not in inputs]:
        raise ConfigError(
            f"the predictor {predictor!r} needs its input {missing[0]!r}, which comes from the "
            "stage before it. Run the example first: its trace has it."
        )
    adapter = dspy.ChatAdapter(use_json_adapter_fallback=False)
    with dspy.context(warn_on_type_mismatch=False):
        written = adapter.format(asked.signature, list(asked.demos), dict(inputs))
    return tuple(Message(role=each["role"], text=_text(each["content"])) for each in written)


def inputs_of(
    trace: Trace | None, example: Example, predictor: str, call: int = 1
) -> dict[str, Any]:
    """What the predictor was given at its call number `call`; the example's inputs without a trace.

    Raises:
        ConfigError: the trace has no such call of it.
    """
    if trace is None:
        return dict(example.inputs)
    calls = [stage.inputs for stage in trace.stages if stage.predictor == predictor]
    if not 1 <= call <= len(calls):
        raise ConfigError(
            f"{predictor!r} was called {len(calls)} times on this example, not {call} times."
        )
    return dict(calls[call - 1])


def _text(content: Any) -> str:
    """The text of a message; parts that are no text are named by their type."""
    if isinstance(content, str):
        return content
    return "\n".join(str(each.get("text", f"[{each.get('type')}]")) for each in content)
