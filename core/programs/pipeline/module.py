"""A pipeline as a dspy program. It interprets the data; it makes and runs no source."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import dspy

from core.programs.pipeline.spec import (
    PREDICTOR_KINDS,
    FieldType,
    PipelineField,
    PipelineSpec,
    PipelineStage,
)
from core.programs.pipeline.steps import (
    filled_text,
    found_once,
    joined_list,
    most_frequent,
    several_answers,
)
from core.programs.pipeline.wiring import is_retrieved, origin, read_field, running_order
from core.programs.retrieval import PassageIndex
from core.programs.template import Passage

_TYPES: dict[FieldType, Any] = {
    "text": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "list": list[str],
}

Values = dict[str, Any]
"""Full name of a source → what it is in this run."""


@dataclass(frozen=True, kw_only=True)
class _Wire:
    """Where one value comes from."""

    name: str
    sources: tuple[str, ...]
    """Full names."""
    is_retrieved: bool

    def value(self, known: Values) -> Any:
        parts = [known[source] for source in self.sources]
        if len(parts) == 1:
            return parts[0]
        return found_once(*parts) if self.is_retrieved else joined_list(*parts)


class PipelineProgram(dspy.Module):
    """Runs the stages of a pipeline that has no errors. A predictor is called as its stage is."""

    def __init__(self, spec: PipelineSpec, passages: Sequence[Passage] = ()) -> None:
        """The program of `spec`; `passages` are what it searches, if it does.

        Raises:
            ProgramError: it searches, and there is nothing to search.
        """
        super().__init__()
        self._spec = spec
        self._order = running_order(spec)
        self._reads = {stage.name: _wires(spec, stage.reads) for stage in self._order}
        self._outputs = _wires(spec, spec.outputs)
        self._index = PassageIndex(passages) if spec.retrieves else None
        for stage in self._order:
            if stage.kind in PREDICTOR_KINDS:
                setattr(self, stage.name, _predictor(spec, stage))

    def forward(self, **inputs: Any) -> dspy.Prediction:
        """The prediction with the pipeline's outputs.

        Raises:
            TypeError: an input is missing, or is none of the pipeline's.
        """
        names = [each.name for each in self._spec.inputs]
        if strange := set(names) ^ inputs.keys():
            raise TypeError(f"the inputs are {', '.join(names)}; {min(strange)!r} does not fit.")
        known: Values = dict(inputs)
        for stage in self._order:
            read = {wire.name: wire.value(known) for wire in self._reads[stage.name]}
            for name, value in self._written(stage, read).items():
                known[f"{stage.name}.{name}"] = value
        return dspy.Prediction(**{wire.name: wire.value(known) for wire in self._outputs})

    def _written(self, stage: PipelineStage, read: dict[str, Any]) -> dict[str, Any]:
        """What the stage writes when it reads this."""
        names = [each.name for each in stage.writes]
        match stage.kind:
            case "retrieve":
                found = self._found(stage, next(iter(read.values())))
                titles = [passage.split(" | ")[0] for passage in found]
                return dict(zip(names, (found, titles), strict=False))
            case "vote":
                return {names[0]: most_frequent(next(iter(read.values())))}
            case "fill":
                return {names[0]: filled_text(stage.instruction, read)}
            case _:
                answered = self._answered(stage, read)
                return {each.name: answered[each.name] for each in self._spec.written(stage)}

    def _found(self, stage: PipelineStage, query: Any) -> list[str]:
        assert self._index is not None
        return self._index.search(str(query), stage.passages)

    def _answered(self, stage: PipelineStage, read: dict[str, Any]) -> dspy.Prediction:
        predictor = getattr(self, stage.of if stage.kind == "again" and stage.of else stage.name)
        heated = stage.kind == "again" and stage.temperature is not None
        config = {"temperature": stage.temperature} if heated else {}
        if stage.calls > 1:
            return several_answers(predictor, stage.calls, config=config, **read)
        return predictor(**read, config=config)


def spec_of(program: PipelineProgram) -> PipelineSpec:
    """The pipeline that the program runs, with the instructions that its predictors have now."""
    own = {
        name.removesuffix(".predict"): predictor.signature.instructions
        for name, predictor in program.named_predictors()
    }
    spec = program._spec  # no public attribute, which could be a stage's name
    return spec.model_copy(
        update={
            "stages": tuple(
                stage.model_copy(update={"instruction": own.get(stage.name, stage.instruction)})
                for stage in spec.stages
            )
        }
    )


def _wires(spec: PipelineSpec, reads: Sequence[Any]) -> tuple[_Wire, ...]:
    return tuple(
        _Wire(
            name=read.name,
            sources=tuple(
                found.source for each in read.sources if (found := origin(spec, each)) is not None
            ),
            is_retrieved=is_retrieved(spec, read.sources),
        )
        for read in reads
    )


def signature(spec: PipelineSpec, stage: PipelineStage) -> type[dspy.Signature]:
    """What the predictor of a stage is told and asked for, but for a chain of thought's reasoning.

    A stage without an instruction gets dspy's own words.
    """
    fields = {read.name: (_type(read), dspy.InputField(**_told(read)))
              for read in (read_field(spec, each) for each in stage.reads)}  # fmt: skip
    fields |= {field.name: (_type(field), dspy.OutputField(**_told(field)))
               for field in stage.writes}  # fmt: skip
    told = stage.instruction if stage.instruction.strip() else None
    made: type[dspy.Signature] = dspy.Signature(fields, told)
    return made


def _predictor(spec: PipelineSpec, stage: PipelineStage) -> dspy.Module:
    config = {} if stage.temperature is None else {"temperature": stage.temperature}
    kind = dspy.ChainOfThought if stage.kind == "chain_of_thought" else dspy.Predict
    return kind(signature(spec, stage), **config)


def _told(field: PipelineField) -> dict[str, str]:
    return {"desc": field.description} if field.description.strip() else {}


def _type(field: PipelineField) -> Any:
    return Literal[field.choices] if field.type == "choice" else _TYPES[field.type]
