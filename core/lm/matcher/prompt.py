"""A dspy prompt taken apart: instruction, fields, demonstrations and current inputs.

Reads what `dspy.ChatAdapter` and `dspy.JSONAdapter` write, and writes answers the way they parse
them. It does not judge the content.
"""

import ast
import json
import re
import textwrap
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

NOT_SUPPLIED = "Not supplied for this particular example"
_FIELD_LINE = re.compile(r"^\d+\. `(\w+)` \((.*?)\):(?: (.*))?$")
_MARKER = re.compile(r"^\[\[ ## (\w+) ## \]\]\s*$", flags=re.MULTILINE)
_COMPLETED = "completed"
_SCHEMA = re.compile(
    r"^\{(\w+)\}\s+# note: the value you produce must adhere to the JSON schema: (\{.*\})\s*$",
    flags=re.MULTILINE,
)
_REMINDER = "\n\nRespond with "
_OBJECTIVE = "In adhering to this structure, your objective is:"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field as the prompt describes it."""

    name: str
    type: str
    """As dspy writes it: `str`, `bool`, `Literal['a', 'b']`, `list[str]`."""
    description: str = ""
    schema: str = ""
    """The JSON schema that the prompt states for an output; empty when it states none."""

    @property
    def options(self) -> tuple[str, ...]:
        """The values of a `Literal` or `bool`; empty for other types."""
        if self.type == "bool":
            return ("True", "False")
        if not self.type.startswith("Literal["):
            return ()
        try:
            values = ast.literal_eval(self.type.removeprefix("Literal"))
        except (SyntaxError, ValueError):
            return ()
        return tuple(str(value) for value in values)


@dataclass(frozen=True, kw_only=True)
class Demo:
    """One demonstration; a field that is not supplied is absent."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """Everything the matcher may know for one answer."""

    instruction: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    demos: tuple[Demo, ...]
    values: Mapping[str, str]
    """The current inputs, by field name."""
    as_json: bool = False
    """True when the answer must be a JSON object."""
    temperature: float = 0.0
    key: str = field(default="", repr=False)
    """Identifies the whole prompt text; seeds every guess."""

    def value(self, *names: str) -> str:
        """The first of these current inputs that is there and not blank; else an empty text."""
        return next((self.values[name] for name in names if self.values.get(name, "").strip()), "")


def read_prompt(
    system: str,
    messages: Sequence[tuple[str, str]],
    *,
    temperature: float = 0.0,
    repetition: int = 0,
) -> Prompt | None:
    """The parts of a prompt; None when it was not written by a dspy chat or JSON adapter.

    Args:
        system: The system text.
        messages: (role, text) of the turns, the current request last.
        temperature: The sampling temperature of the request.
        repetition: How often the same was asked before; each time may be answered differently.
    """
    again = [str(repetition)] if repetition else []
    inputs = _fields(system, "Your input fields are:", "Your output fields are:")
    outputs = _with_schemas(
        _fields(system, "Your output fields are:", "All interactions will be"), system
    )
    if not outputs or not messages:
        return None
    in_names, out_names = {each.name for each in inputs}, {each.name for each in outputs}
    as_json = "Outputs will be a JSON object" in system
    turns = list(messages)
    values = _sections(turns.pop()[1].rpartition(_REMINDER)[0] or messages[-1][1], in_names)
    return Prompt(
        instruction=textwrap.dedent(system.partition(_OBJECTIVE)[2]).strip(),
        inputs=inputs,
        outputs=outputs,
        demos=tuple(_demos(turns, in_names, out_names)),
        values={name: value for name, value in values.items() if name in in_names},
        as_json=as_json,
        temperature=temperature,
        key="\x1e".join([system, *(text for _, text in messages), f"{temperature:g}", *again]),
    )


def write_answer(prompt: Prompt, answers: Mapping[str, str]) -> str:
    """The completion text that the prompt's adapter parses into these answers."""
    if prompt.as_json:
        return json.dumps(
            {each.name: _json_value(each, answers[each.name]) for each in prompt.outputs},
            ensure_ascii=False,
        )
    parts = [f"[[ ## {each.name} ## ]]\n{answers[each.name]}" for each in prompt.outputs]
    return "\n\n".join([*parts, "[[ ## completed ## ]]"])


def _json_value(description: Field, answer: str) -> object:
    """The answer as a JSON value: text stays text, other types are read from the text."""
    if description.type == "str" or description.type.startswith("Literal"):
        return answer
    try:
        return json.loads(answer.lower() if description.type == "bool" else answer)
    except json.JSONDecodeError:
        return answer


def _fields(system: str, start: str, end: str) -> tuple[Field, ...]:
    block = system.partition(start)[2].partition(end)[0]
    found: list[Field] = []
    for line in block.splitlines():
        match = _FIELD_LINE.match(line)
        if match:
            name, kind, description = match.groups()
            found.append(Field(name=name, type=kind, description=description or ""))
        elif found and line.strip():
            last = found.pop()
            text = f"{last.description}\n{line.strip()}".strip()
            found.append(Field(name=last.name, type=last.type, description=text))
    return tuple(found)


def _with_schemas(fields: Sequence[Field], system: str) -> tuple[Field, ...]:
    stated = dict(_SCHEMA.findall(system))
    return tuple(replace(each, schema=stated.get(each.name, "")) for each in fields)


def _sections(text: str, known: Set[str]) -> dict[str, str]:
    """Field name → text under its marker; the first one of a name counts.

    A marker of any other name belongs to the text that it stands in, as an agent's steps do.
    """
    found: dict[str, str] = {}
    parts = _MARKER.split(text)
    inside = ""
    for name, value in zip(parts[1::2], parts[2::2], strict=True):
        if name not in known and inside:
            found[inside] = f"{found[inside]}\n\n[[ ## {name} ## ]]\n{value.strip()}".strip()
        elif name not in found:
            inside = name if name in known else ""
            found[name] = value.strip()
        else:
            inside = ""
    return found


def _demos(turns: Sequence[tuple[str, str]], in_names: set[str], out_names: set[str]) -> list[Demo]:
    demos = []
    for (role, asked), (next_role, answered) in zip(turns, turns[1:], strict=False):
        if (role, next_role) != ("user", "assistant"):
            continue
        inputs = _supplied(_sections(asked, in_names), in_names)
        outputs = _supplied(_json_or_sections(answered, out_names), out_names)
        if inputs and outputs:
            demos.append(Demo(inputs=inputs, outputs=outputs))
    return demos


def _json_or_sections(text: str, known: Set[str]) -> dict[str, str]:
    found = _sections(text, known | {_COMPLETED})
    if found:
        return found
    try:
        loaded = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return {str(k): _plain(v) for k, v in loaded.items()} if isinstance(loaded, dict) else {}


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _supplied(values: Mapping[str, str], wanted: set[str]) -> dict[str, str]:
    return {
        name: value
        for name, value in values.items()
        if name in wanted and value and not value.startswith(NOT_SUPPLIED)
    }
