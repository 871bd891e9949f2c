"""Metrics: how right a program's answer is, as a score in [0, 1], by name and parameters.

Most compare one output field with the example's (`field_scores`); some look at the whole example.
Parameters are plain data, so that a run's settings hold them. Macro-averages over a dataset are no
metric here: what is optimized is a mean over examples.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError

from core.errors import ConfigError, MetricError
from core.evaluation import field_scores
from core.evaluation import metric_parameters as given_as
from core.evaluation.judge import Judge
from core.evaluation.own_metric import OwnMetric
from core.evaluation.rules import conditional_score
from core.lm.connection import LMConfig

Outputs = Mapping[str, Any]
"""Output field name → value."""

NO_INPUTS: Outputs = {}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The score of one example."""

    score: float
    """In [0, 1]."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Name → score in [0, 1] of each part of a weighted metric; empty for any other."""


FieldScore = Callable[[Any, Any], Any]
ExampleScore = Callable[[Outputs, Outputs, Outputs], Any]


def _nothing() -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A named way to score outputs: field by field, or the example as a whole."""

    name: str
    title: str
    description: str
    field_score: FieldScore | None = None
    """(expected, given) → score of one output field; None when the example is scored as a whole."""
    example_score: ExampleScore | None = None
    """(expected, given, inputs) → score or `Verdict`; None when it is scored field by field."""
    judges: tuple[LMConfig, ...] = ()
    """The models that scoring one example asks, one call each."""
    fields: tuple[str, ...] = ()
    """Output fields that every example must have."""
    check: Callable[[], None] = _nothing
    """Raises ConfigError when the metric cannot be used as things are, such as without a key."""

    @property
    def calls(self) -> int:
        """LM calls that scoring one example takes."""
        return len(self.judges)

    def score(self, expected: Outputs, given: Outputs, inputs: Outputs = NO_INPUTS) -> float:
        """The score alone; see `verdict`."""
        return self.verdict(expected, given, inputs).score

    def verdict(self, expected: Outputs, given: Outputs, inputs: Outputs = NO_INPUTS) -> Verdict:
        """The score of the example: the mean over its fields, where each is scored by itself.

        Raises:
            MetricError: something scored what is not a number in [0, 1].
        """
        if self.example_score is not None:
            found = self.example_score(expected, given, inputs)
            return found if isinstance(found, Verdict) else Verdict(score=self._checked(found))
        assert self.field_score is not None
        scores = [
            self._checked(self.field_score(value, given.get(name)), field=name)
            for name, value in expected.items()
        ]
        return Verdict(score=sum(scores) / len(scores))

    def _checked(self, score: Any, field: str | None = None) -> float:
        value = float(score) if isinstance(score, int | float) else math.nan
        if not 0.0 <= value <= 1.0:
            where = f" for the field {field!r}" if field else ""
            raise MetricError(
                f"metric {self.name!r} gave {score!r}{where}; a score is a number from 0 to 1."
            )
        return value


@dataclass(frozen=True, kw_only=True)
class MetricKind:
    """A metric before its parameters are known."""

    name: str
    title: str
    description: str
    parameters: type[BaseModel]
    """Frozen; forbids what it does not know."""
    parts: Callable[[Any], dict[str, Any]]
    """Parameters → what makes the metric besides its name, title and description."""

    @property
    def needs_parameters(self) -> bool:
        """True when it cannot be used without a person's settings."""
        return any(each.is_required() for each in self.parameters.model_fields.values())

    def plain(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters as settings hold them: without those that say what holds anyway.

        Parameters that do not fit come back as they are.
        """
        try:
            given = self.parameters.model_validate(dict(parameters))
        except ValidationError:
            return dict(parameters)
        return given.model_dump(mode="json", exclude_defaults=True)

    def metric(self, parameters: Mapping[str, Any]) -> Metric:
        """The metric with these parameters.

        Raises:
            ConfigError: a parameter is missing, unknown or out of its range.
        """
        try:
            given = self.parameters.model_validate(dict(parameters))
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "its parameters"
            message = first["msg"].removeprefix("Value error, ")
            raise ConfigError(f"metric {self.name!r}, {where}: {message}.") from error
        return Metric(
            name=self.name,
            title=self.title,
            description=self.description,
            **self.parts(given),
        )


def metric(name: str, parameters: Mapping[str, Any] | None = None) -> Metric:
    """The metric called `name`, with its parameters.

    Raises:
        ConfigError: there is none, or the parameters do not fit; the message says what does.
    """
    if name not in METRIC_KINDS:
        listed = ", ".join(METRIC_KINDS)
        raise ConfigError(f"no metric is called {name!r}. Known metrics: {listed}.")
    return METRIC_KINDS[name].metric(parameters or {})


def fitting_metric(name: str, parameters: Mapping[str, Any], outputs: Sequence[str]) -> Metric:
    """The metric for a program with these output fields.

    Raises:
        ConfigError: see `metric`; or a field that it reads is mapped to no column.
    """
    found = metric(name, parameters)
    if missing := [each for each in found.fields if each not in outputs]:
        raise ConfigError(
            f"metric {name!r} reads the output field {missing[0]!r}, which no column feeds; "
            f"there are {', '.join(outputs)}. Map a column to it or take another metric."
        )
    return found


def _by_field(function: Callable[..., float]) -> Callable[[BaseModel], dict[str, Any]]:
    """Parts of a metric that scores each field; parameters are the function's keywords."""

    def parts(given: BaseModel) -> dict[str, Any]:
        changed = given.model_dump(exclude_defaults=True)
        return {"field_score": partial(function, **changed) if changed else function}

    return parts


def _conditional(given: given_as.Conditional) -> dict[str, Any]:
    def score(expected: Outputs, answers: Outputs, _: Outputs) -> float:
        return conditional_score(expected, answers, category=given.category)

    return {"example_score": score, "fields": (given.category,)}


def _judged(given: given_as.Judged) -> dict[str, Any]:
    judge = Judge(rubric=given.rubric, model=given.model, best_mark=given.best_mark)
    return {"example_score": judge.score, "judges": (given.model,), "check": judge.check}


def _own(given: given_as.Own) -> dict[str, Any]:
    return {"example_score": OwnMetric(given.function).score}


def _weighted(given: given_as.Weighted) -> dict[str, Any]:
    mixed = [(each, metric(each.metric, each.parameters)) for each in given.parts]
    weights = sum(each.weight for each, _ in mixed)

    def score(expected: Outputs, answers: Outputs, inputs: Outputs) -> Verdict:
        parts = {}
        for each, own in mixed:
            wanted = {n: v for n, v in expected.items() if not each.fields or n in each.fields}
            parts[each.label] = own.score(wanted, answers, inputs)
        total = sum(each.weight * parts[each.label] for each, _ in mixed)
        return Verdict(score=min(1.0, total / weights), parts=parts)

    def check() -> None:
        for _, own in mixed:
            own.check()

    read = [name for each, own in mixed for name in (*each.fields, *own.fields)]
    return {
        "example_score": score,
        "judges": tuple(model for _, own in mixed for model in own.judges),
        "fields": tuple(dict.fromkeys(read)),
        "check": check,
    }


METRIC_KINDS: dict[str, MetricKind] = {
    kind.name: kind
    for kind in (
        MetricKind(
            name="exact_match",
            title="Exact match",
            description="1 when the answer is the expected one, apart from case, punctuation and "
            "articles; else 0. For labels and short answers.",
            parameters=given_as.Nothing,
            parts=_by_field(field_scores.exact),
        ),
        MetricKind(
            name="identical",
            title="Identical text",
            description="1 when the answer is the expected text to the letter; else 0.",
            parameters=given_as.Nothing,
            parts=_by_field(field_scores.identical),
        ),
        MetricKind(
            name="contains",
            title="Contains the answer",
            description="1 when the expected answer occurs in the given one; else 0. Lenient with "
            "long answers.",
            parameters=given_as.Nothing,
            parts=_by_field(field_scores.contains),
        ),
        MetricKind(
            name="f1",
            title="Word overlap (F1)",
            description="Harmonic mean of word precision and recall, from 0 to 1. For answers that "
            "can be partly right.",
            parameters=given_as.Nothing,
            parts=_by_field(field_scores.f1),
        ),
        MetricKind(
            name="rouge_l",
            title="Common wording (ROUGE-L)",
            description="Longest common subsequence of words against both lengths, from 0 to 1. "
            "For summaries.",
            parameters=given_as.Nothing,
            parts=_by_field(field_scores.rouge_l),
        ),
        MetricKind(
            name="number",
            title="Same number",
            description="1 when the last number in the answer equals the expected one within a "
            "tolerance; else 0.",
            parameters=given_as.Tolerance,
            parts=_by_field(field_scores.number),
        ),
        MetricKind(
            name="label",
            title="Label accuracy",
            description="1 when the answer is the expected label, or names it and no other; else "
            "0. Knows other spellings.",
            parameters=given_as.Labels,
            parts=_by_field(field_scores.same_label),
        ),
        MetricKind(
            name="regex",
            title="Regular expression",
            description="1 when the answer matches the expected pattern, or when what a pattern "
            "finds in it is the expected answer; else 0.",
            parameters=given_as.Pattern,
            parts=_by_field(field_scores.pattern_match),
        ),
        MetricKind(
            name="json_fields",
            title="JSON fields",
            description="Share of the expected object's values that the answer has, from 0 to 1. "
            "For typed outputs.",
            parameters=given_as.JsonFields,
            parts=_by_field(field_scores.json_fields),
        ),
        MetricKind(
            name="recall",
            title="Retrieval recall",
            description="Share of the expected titles among those retrieved, from 0 to 1.",
            parameters=given_as.Retrieved,
            parts=_by_field(field_scores.recall),
        ),
        MetricKind(
            name="conditional",
            title="Right and in its form",
            description="1 when the answer is right and written as its category asks (people in "
            "lower case, dates with “Peace!”, …); else 0. HotPotQA Conditional's metric.",
            parameters=given_as.Conditional,
            parts=_conditional,
        ),
        MetricKind(
            name="judge",
            title="Language model as judge",
            description="The mark that a model of its own gives by a rubric, from 0 to 1. Costs "
            "one LM call per example.",
            parameters=given_as.Judged,
            parts=_judged,
        ),
        MetricKind(
            name="weighted",
            title="Weighted mix",
            description="Weighted mean of several metrics, each shown by itself, too.",
            parameters=given_as.Weighted,
            parts=_weighted,
        ),
        MetricKind(
            name="own",
            title="Function of your own",
            description="What a Python function says, named by import path and called as "
            "function(example, prediction).",
            parameters=given_as.Own,
            parts=_own,
        ),
    )
}


METRICS: dict[str, Metric] = {
    name: kind.metric({}) for name, kind in METRIC_KINDS.items() if not kind.needs_parameters
}
"""Those that can be used as they are."""
