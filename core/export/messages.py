"""The prompts as plain provider messages, for use without dspy.

A predictor's messages are made by dspy's own chat adapter, with a mark in the place of each input;
so they are what the run sent, whatever the adapter does. Deliberately not here: running anything.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dspy
from dspy.adapters.utils import format_field_value

from core.errors import ProgramError
from core.export.files import ExportFile, text_file
from core.export.source import Source
from core.programs.candidate import program_with
from core.results.run_results import CandidateTexts
from core.runs.preparation import Task

MESSAGES_FILE = "messages.json"

_OPEN, _CLOSE = "\ue000", "\ue001"
"""Private-use characters around the name of an input, so that no text of people is taken for it."""

HEADER = r"^\s*\[\[ ## (\w+) ## \]\]"
"""Begins a field of an answer, as in dspy's chat adapter."""

_HOW_TO_SEND = (
    "Per predictor: replace every {{field}} in the LAST message by the field's value, in one pass "
    "(a value may hold braces itself), and send all messages in their order. Write text as it is, "
    "numbers as digits, lists and objects as JSON; a list in a field of type str as numbered lines."
)
_HOW_TO_READ = (
    "Read the answer line by line. A line that matches `pattern` begins the field that its group "
    "names; the rest of that line and the lines up to the next such line, without the space around "
    "them, are its value. The first value of a field counts, `completed` ends the answer. An "
    "answer that lacks a field is an error. Outputs whose type is not str are JSON."
)


@dataclass(frozen=True, kw_only=True)
class PredictorMessages:
    """What one predictor sends, with a mark for each of its inputs."""

    name: str
    signature: type[dspy.Signature]
    marked: tuple[dict[str, str], ...]
    """(role, content), demos as turns; the marks are in the last one."""

    def filled(
        self,
        place: Callable[[str], str],
        *,
        fixed: Callable[[str], str] = str,
    ) -> list[dict[str, str]]:
        """The messages with `place(input)` for every input and `fixed(text)` for all other text."""
        *before, last = self.marked
        return [
            *({"role": each["role"], "content": fixed(each["content"])} for each in before),
            {"role": last["role"], "content": _filled(last["content"], place, fixed)},
        ]

    def written(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        """Every input as the text that is sent."""
        return {
            name: str(format_field_value(info, inputs[name]))
            for name, info in self.signature.input_fields.items()
        }


def message_files(source: Source) -> tuple[ExportFile, ...]:
    """`messages.json` for the chosen candidate.

    Raises:
        InputError: data and program do not fit together any more.
        DatasetNotFound: the dataset or the corpus has been removed.
    """
    task, chosen, config = source.task, source.texts, source.config
    content = {
        "run": source.run_id,
        "name": config.name,
        "program": config.program,
        "candidate": chosen.label,
        "model": None if config.task_model.is_offline else config.task_model.model,
        "temperature": config.task_model.temperature,
        "max_tokens": config.task_model.max_tokens,
        "how_to_send": _HOW_TO_SEND,
        "how_to_read": _HOW_TO_READ,
        "pattern": HEADER,
        "stages": [
            {
                "name": each.name,
                "kind": each.kind,
                "predictor": each.predictor,
                "after": list(each.after),
            }
            for each in task.template.stages
        ],
        "predictors": [_described(each) for each in predictor_messages(task, chosen)],
    }
    return (text_file(MESSAGES_FILE, json.dumps(content, ensure_ascii=False, indent=2) + "\n"),)


def predictor_messages(task: Task, chosen: CandidateTexts) -> tuple[PredictorMessages, ...]:
    """The messages of every predictor, in the program's order.

    Raises:
        ProgramError: the candidate belongs to another program, or a predictor sends more than text.
    """
    program = program_with(task.program, chosen.instructions, chosen.demos)
    adapter = dspy.ChatAdapter(use_json_adapter_fallback=False)
    return tuple(
        _messages_of(name, predictor, adapter) for name, predictor in program.named_predictors()
    )


def _messages_of(name: str, predictor: Any, adapter: dspy.ChatAdapter) -> PredictorMessages:
    marks = {each: f"{_OPEN}{each}{_CLOSE}" for each in predictor.signature.input_fields}
    sent = adapter.format(predictor.signature, predictor.demos, marks)
    if not all(isinstance(each["content"], str) for each in sent):
        raise ProgramError(
            f"predictor {name!r} sends more than text, which plain messages cannot hold. "
            "Take the program home as Python."
        )
    return PredictorMessages(name=name, signature=predictor.signature, marked=tuple(sent))


def _described(each: PredictorMessages) -> dict[str, Any]:
    return {
        "name": each.name,
        "messages": each.filled(lambda name: f"{{{{{name}}}}}"),
        "inputs": [
            {"name": name, "type": _type_name(info)}
            for name, info in each.signature.input_fields.items()
        ],
        "outputs": [
            {"name": name, "type": _type_name(info)}
            for name, info in each.signature.output_fields.items()
        ],
    }


def _filled(content: str, place: Callable[[str], str], fixed: Callable[[str], str]) -> str:
    first, *marked = content.split(_OPEN)
    parts = [fixed(first)]
    for each in marked:
        name, _, rest = each.partition(_CLOSE)
        parts += [place(name), fixed(rest)]
    return "".join(parts)


def _type_name(info: Any) -> str:
    kind = info.annotation
    return str(kind) if getattr(kind, "__args__", None) else getattr(kind, "__name__", str(kind))
