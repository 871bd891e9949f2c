"""The predictors of a dspy program as plain values: names, instructions, fields."""

from typing import Any

import dspy
from pydantic import BaseModel, ConfigDict


class SignatureField(BaseModel):
    """One input or output of a predictor."""

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    type: str = "str"


class PredictorInfo(BaseModel):
    """One predictor as the program defines it."""

    model_config = ConfigDict(frozen=True)

    name: str
    """As `named_predictors()` gives it, such as `generate_answer.predict`."""
    instruction: str
    inputs: tuple[SignatureField, ...]
    outputs: tuple[SignatureField, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of all fields, inputs first."""
        return tuple(each.name for each in (*self.inputs, *self.outputs))

    @property
    def signature(self) -> str:
        """In dspy's notation: `question, context -> reasoning, answer`."""
        inputs = ", ".join(each.name for each in self.inputs)
        outputs = ", ".join(each.name for each in self.outputs)
        return f"{inputs} -> {outputs}"


def predictors(program: dspy.Module) -> tuple[PredictorInfo, ...]:
    """Every predictor of the program, in the program's order."""
    return tuple(_info(name, predictor) for name, predictor in program.named_predictors())


def description_of(infos: tuple[PredictorInfo, ...]) -> str:
    """What the predictors read and write, in a sentence, for a program that says nothing itself."""
    steps = [
        f"{info.name} reads {_listed(info.inputs)} and writes {_listed(info.outputs)}"
        for info in infos
    ]
    return f"Works in {len(steps)} {'step' if len(steps) == 1 else 'steps'}: {'; '.join(steps)}."


def _listed(fields: tuple[SignatureField, ...]) -> str:
    return ", ".join(each.name for each in fields)


def structure(infos: tuple[PredictorInfo, ...], description: str, source: str = "") -> str:
    """The program for a model to read: purpose, predictors, fields, instructions, and its source.

    Without a description the predictors' signatures give one; a program may have no source.
    """
    parts = [description.strip() or description_of(infos)]
    for info in infos:
        lines = [f"Predictor {info.name}: {info.signature}", f"  instruction: {info.instruction}"]
        lines += [
            f"  {each.name}: {each.description}"
            for each in (*info.inputs, *info.outputs)
            if each.description
        ]
        parts.append("\n".join(lines))
    if source:
        parts.append(f"Source:\n{source}")
    return "\n\n".join(parts)


def _info(name: str, predictor: Any) -> PredictorInfo:
    signature = predictor.signature
    return PredictorInfo(
        name=name,
        instruction=signature.instructions,
        inputs=tuple(_field(*item) for item in signature.input_fields.items()),
        outputs=tuple(_field(*item) for item in signature.output_fields.items()),
    )


def _field(name: str, info: Any) -> SignatureField:
    description = (info.json_schema_extra or {}).get("desc", "") or ""
    if description == f"${{{name}}}":
        description = ""
    kind = info.annotation
    return SignatureField(
        name=name, description=description, type=getattr(kind, "__name__", None) or str(kind)
    )
