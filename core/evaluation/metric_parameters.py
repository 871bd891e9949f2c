"""What people can set about each metric, as plain data that a run's settings hold."""

from collections.abc import Mapping
from typing import Any, Self

import regex
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from core.evaluation.judge import RUBRIC
from core.lm.connection import LMConfig


class Nothing(BaseModel):
    """Of a metric without parameters, and what all parameters have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Tolerance(Nothing):
    """How far a number may be off: within either of the two."""

    relative: float = Field(default=1e-6, ge=0.0, allow_inf_nan=False)
    """As a share of the larger number."""
    absolute: float = Field(default=1e-9, ge=0.0, allow_inf_nan=False)


class Labels(Nothing):
    """What labels there are and how else they are spelled."""

    labels: tuple[str, ...] = ()
    """All labels; without them only a bare label counts as an answer."""
    aliases: dict[str, str] = {}
    """Other spelling → label."""


class Pattern(Nothing):
    """What to look for in an answer."""

    pattern: str | None = None
    """None takes the expected value of each example as the pattern. What the group of a pattern
    finds last is compared with the expected value; a pattern without one just has to occur."""

    @field_validator("pattern")
    @classmethod
    def _is_one(cls, value: str | None) -> str | None:
        try:
            regex.compile(value or "")
        except regex.error as error:
            raise ValueError(f"this is no regular expression: {error}") from error
        return value


class JsonFields(Nothing):
    """Which values of an object count."""

    fields: tuple[str, ...] = ()
    """Top-level names; all without them."""
    tolerance: float = Field(default=1e-6, ge=0.0, allow_inf_nan=False)
    """Relative, of numbers."""


class Retrieved(Nothing):
    """How retrieved titles are counted."""

    first: int | None = Field(default=None, ge=1)
    """Look at so many of them only."""
    all_or_nothing: bool = False
    """1 when all expected titles are there, else 0."""


class Conditional(Nothing):
    """Where the kind of an answer stands."""

    category: str = Field(default="category", min_length=1)
    """Output field that says `person`, `place`, `date` or anything else."""


class Judged(Nothing):
    """By what and by whom an answer is judged."""

    rubric: str = Field(default=RUBRIC, min_length=1)
    model: LMConfig
    """Has to be named, so that no other model judges by accident. `{}` is the offline matcher."""
    best_mark: int = Field(default=10, ge=1, le=100)
    """Marks are whole numbers from 0 to this."""


class Own(Nothing):
    """Which function scores."""

    function: str
    """`package.module:NAME`."""


class Part(Nothing):
    """One metric of a mix."""

    metric: str
    parameters: dict[str, Any] = {}
    weight: float = Field(default=1.0, gt=0.0, allow_inf_nan=False)
    """Relative to the others'."""
    fields: tuple[str, ...] = ()
    """Output fields that it looks at; all without them."""
    name: str = ""
    """How its score is called; the metric's name without one."""

    @property
    def label(self) -> str:
        """How its score is called."""
        return self.name or self.metric


class Weighted(Nothing):
    """The metrics of a mix."""

    parts: tuple[Part, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named_apart(self) -> Self:
        names = [each.label for each in self.parts]
        if again := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two parts are called {again[0]!r}; give one another name")
        if any(each.metric == "weighted" for each in self.parts):
            raise ValueError("a mix holds no other mix; put its parts in directly")
        return self


def judges(metric: str, parameters: Mapping[str, Any]) -> tuple[LMConfig, ...]:
    """The models that judge one answer, a call each, in order; a mix has its parts'.

    Imports nothing and checks no more than it reads: parameters that do not fit have none.
    """
    if metric == "weighted":
        parts = [part for part in parameters.get("parts", ()) if isinstance(part, Mapping)]
        return tuple(
            model
            for part in parts
            for model in judges(str(part.get("metric")), part.get("parameters") or {})
        )
    if metric != "judge":
        return ()
    try:
        return (LMConfig.model_validate(parameters.get("model")),)
    except ValidationError:
        return ()


def with_judge(metric: str, parameters: Mapping[str, Any], model: LMConfig) -> dict[str, Any]:
    """The parameters with `model` as every judge, whoever judged before."""
    if metric == "weighted":
        parts = [
            {
                **part,
                "parameters": with_judge(part["metric"], part.get("parameters") or {}, model),
            }
            for part in parameters.get("parts", ())
        ]
        return {**parameters, "parts": parts}
    if metric == "judge":
        return {**parameters, "model": model.model_dump(mode="json", exclude_defaults=True)}
    return dict(parameters)
