"""A pipeline as Python: what models that propose instructions read, and what is taken home.

Everything that a person typed is in it as a literal; names are checked before. It is only text.
"""

import inspect
import pprint
from collections.abc import Sequence
from dataclasses import dataclass

from core.programs.pipeline import steps
from core.programs.pipeline.names import IN_SOURCE
from core.programs.pipeline.spec import (
    MODEL_KINDS,
    PREDICTOR_KINDS,
    FieldType,
    PipelineField,
    PipelineOutput,
    PipelineSpec,
    PipelineStage,
    StageInput,
)
from core.programs.pipeline.wiring import is_retrieved, origin, read_field, running_order

CLASS = "Pipeline"
"""What the class is called in every written pipeline."""
_WIDTH = 96
_STEP = "    "
_TYPES: dict[FieldType, str] = {
    "text": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "list": "list[str]",
}


@dataclass(frozen=True, kw_only=True)
class WrittenPipeline:
    """The parts of a written pipeline."""

    code: str
    """The class. It is made with the index to search, if it searches, else with nothing."""
    uses: tuple[str, ...]
    """Functions of `core.programs.pipeline.steps` that it calls."""
    has_choices: bool
    """True when it needs `typing.Literal`."""


def written(spec: PipelineSpec) -> WrittenPipeline:
    """A pipeline without errors as a class, with all that is typed in it."""
    lines = [f"class {CLASS}(dspy.Module):", f"{_STEP}{_docstring(spec)}", ""]
    lines += _making(spec)
    body = _Forward(spec).lines()
    code = "\n".join([*lines, "", *body])
    forward = "\n".join(body)
    fields = [*spec.inputs, *(each for stage in spec.stages for each in stage.writes)]
    return WrittenPipeline(
        code=code,
        uses=tuple(name for name in STEPS if f"{name}(" in forward),
        has_choices=any(each.type == "choice" for each in fields),
    )


def source_text(spec: PipelineSpec) -> str:
    """The class and the functions that it calls, to be read."""
    made = written(spec)
    helpers = (inspect.getsource(getattr(steps, name)).strip() for name in made.uses)
    return "\n\n\n".join([made.code, *helpers])


STEPS = tuple(name for name, _ in inspect.getmembers(steps, inspect.isfunction))


def _docstring(spec: PipelineSpec) -> str:
    text = " ".join(f"{spec.title.strip()}: {spec.description}".split()).removesuffix(":")
    is_plain = text.isprintable() and not set(text) & {'"', "\\"}
    return f'"""{text}"""' if is_plain else repr(text)


def _making(spec: PipelineSpec) -> list[str]:
    """The lines of `__init__`."""
    index = "self, index: PassageIndex" if spec.retrieves else "self"
    lines = [f"{_STEP}def __init__({index}) -> None:", f"{_STEP * 2}super().__init__()"]
    if spec.retrieves:
        lines.append(f"{_STEP * 2}self._index = index")
    for stage in running_order(spec):
        if stage.kind in PREDICTOR_KINDS:
            lines += _predictor(spec, stage)
    return lines


def _predictor(spec: PipelineSpec, stage: PipelineStage) -> list[str]:
    kind = "ChainOfThought" if stage.kind == "chain_of_thought" else "Predict"
    fields = [_field(read_field(spec, each), "InputField") for each in stage.reads]
    fields += [_field(each, "OutputField") for each in stage.writes]
    lines = [f"self.{stage.name} = dspy.{kind}(", f"{_STEP}dspy.Signature(", f"{_STEP * 2}{{"]
    lines += [f"{_STEP * 3}{each}," for each in fields]
    lines.append(f"{_STEP * 2}}},")
    if stage.instruction.strip():
        lines += _indented(f"{_literal(stage.instruction)},", 2)
    lines.append(f"{_STEP}),")
    if stage.temperature is not None:
        lines.append(f"{_STEP}temperature={stage.temperature!r},")
    return [f"{_STEP * 2}{line}" for line in [*lines, ")"]]


def _field(field: PipelineField, kind: str) -> str:
    told = f"desc={field.description!r}" if field.description.strip() else ""
    return f'"{field.name}": ({_type(field)}, dspy.{kind}({told}))'


def _type(field: PipelineField) -> str:
    if field.type == "choice":
        return f"Literal[{', '.join(map(repr, field.choices))}]"
    return _TYPES[field.type]


def _literal(text: str) -> str:
    """The text as one expression, on several lines where it is long."""
    return pprint.pformat(text, width=_WIDTH - 16)


def _indented(text: str, steps_in: int) -> list[str]:
    return [f"{_STEP * steps_in}{line}" for line in text.split("\n")]


class _Forward:
    """Writes `forward`: one statement per stage, with names for what they give."""

    def __init__(self, spec: PipelineSpec) -> None:
        self._spec = spec
        self._names = {*IN_SOURCE, *(each.name for each in spec.inputs)}
        self._values = {each.name: each.name for each in spec.inputs}
        """Full name of a source → expression of its value."""

    def lines(self) -> list[str]:
        """The method, indented as one of a class."""
        given = [f"{each.name}: {_type(each)}" for each in self._spec.inputs]
        head = _call("def forward", ["self", *given], 1, " -> dspy.Prediction:")
        lines = [*head, f'{_STEP * 2}"""The prediction with the outputs."""']
        for stage in running_order(self._spec):
            lines += self._statement(stage)
        answered = [f"{each.name}={self._read(each)}" for each in self._spec.outputs]
        return [*lines, *_call("return dspy.Prediction", answered, 2)]

    def _statement(self, stage: PipelineStage) -> list[str]:
        if stage.kind in MODEL_KINDS:
            return self._model_call(stage)
        read = {each.name: self._read(each) for each in stage.reads}
        first, *others = [each.name for each in stage.writes]
        name = self._named(first, f"{stage.name}_{first}")
        self._values[f"{stage.name}.{first}"] = name
        match stage.kind:
            case "retrieve":
                (query,) = read.values()
                arguments = [f"str({query})", str(stage.passages)]
                lines = _call(f"{name} = self._index.search", arguments, 2)
                for other in others:
                    titles = self._named(other, f"{stage.name}_{other}")
                    self._values[f"{stage.name}.{other}"] = titles
                    lines.append(f'{_STEP * 2}{titles} = [each.split(" | ")[0] for each in {name}]')
                return lines
            case "vote":
                return _call(f"{name} = most_frequent", list(read.values()), 2)
            case _:
                values = ", ".join(f"{key!r}: {value}" for key, value in read.items())
                arguments = [_literal(stage.instruction), f"{{{values}}}"]
                return _call(f"{name} = filled_text", arguments, 2)

    def _model_call(self, stage: PipelineStage) -> list[str]:
        name = self._named(stage.name)
        for field in self._spec.written(stage):
            self._values[f"{stage.name}.{field.name}"] = f"{name}.{field.name}"
        arguments = [f"{each.name}={self._read(each)}" for each in stage.reads]
        if stage.kind == "again" and stage.temperature is not None:
            arguments.append(f"config={{'temperature': {stage.temperature!r}}}")
        predictor = f"self.{stage.of if stage.kind == 'again' else stage.name}"
        if stage.calls > 1:
            return _call(f"{name} = several_answers", [predictor, str(stage.calls), *arguments], 2)
        return _call(f"{name} = {predictor}", arguments, 2)

    def _read(self, read: StageInput | PipelineOutput) -> str:
        found = [origin(self._spec, each) for each in read.sources]
        parts = [self._values[each.source] for each in found if each is not None]
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return "[]"
        joining = "found_once" if is_retrieved(self._spec, read.sources) else "joined_list"
        return f"{joining}({', '.join(parts)})"

    def _named(self, *wishes: str) -> str:
        """The first of the names, or one like the last, that nothing else in the method has."""
        wish = next((each for each in wishes if each not in self._names), wishes[-1])
        while wish in self._names:
            wish = f"{wish}_"
        self._names.add(wish)
        return wish


def _call(head: str, arguments: Sequence[str], steps_in: int, end: str = "") -> list[str]:
    """The call on one line, or with an argument per line where that is too long."""
    start = f"{_STEP * steps_in}{head}("
    line = f"{start}{', '.join(arguments)}){end}"
    if len(line) <= _WIDTH and "\n" not in line:
        return [line]
    inner = [line for each in arguments for line in _indented(f"{each},", steps_in + 1)]
    return [start, *inner, f"{_STEP * steps_in}){end}"]
