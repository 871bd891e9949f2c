"""Metrics: how right a program's answer is, as a score in [0, 1].

All compare the program's final output fields with the example's. They know nothing of models.
"""

import math
import re
import string
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import ConfigError, MetricError

Outputs = Mapping[str, Any]
"""Output field name → value."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A named way to score outputs."""

    name: str
    title: str
    description: str
    field_score: Callable[[Any, Any], float]
    """(expected, given) → score of one output field."""

    def score(self, expected: Outputs, given: Outputs) -> float:
        """Mean score over the expected fields, in [0, 1].

        Raises:
            MetricError: a field scored something that is not a number in [0, 1].
        """
        scores = [
            _checked(self.name, name, self.field_score(value, given.get(name)))
            for name, value in expected.items()
        ]
        return sum(scores) / len(scores)


def normalised(text: Any) -> str:
    """Lower case without punctuation, articles and extra space (as SQuAD's evaluation does)."""
    plain = str("" if text is None else text).lower()
    plain = "".join(ch for ch in plain if ch not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", plain).split())


def _exact(expected: Any, given: Any) -> float:
    return float(normalised(expected) == normalised(given))


def _identical(expected: Any, given: Any) -> float:
    return float(str(expected).strip() == str("" if given is None else given).strip())


def _contains(expected: Any, given: Any) -> float:
    return float(f" {normalised(expected)} " in f" {normalised(given)} ")


def _f1(expected: Any, given: Any) -> float:
    wanted, got = normalised(expected).split(), normalised(given).split()
    shared = sum((Counter(wanted) & Counter(got)).values())
    if not wanted or not got:
        return float(wanted == got)
    if shared == 0:
        return 0.0
    precision, recall = shared / len(got), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def _number(expected: Any, given: Any) -> float:
    return float(
        (wanted := _last_number(expected)) is not None
        and (got := _last_number(given)) is not None
        and math.isclose(wanted, got, rel_tol=1e-6, abs_tol=1e-9)
    )


def _last_number(value: Any) -> float | None:
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", str(value))
    found = _NUMBER.findall(plain)
    return float(found[-1]) if found else None


_NUMBER = re.compile(r"(?:(?<!\w)-)?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?")
"""A minus sign after a digit or a letter is a dash, as in `3-5`."""


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            name="exact_match",
            title="Exact match",
            description="1 when the answer is the expected one, apart from case, punctuation and "
            "articles; else 0. For labels and short answers.",
            field_score=_exact,
        ),
        Metric(
            name="identical",
            title="Identical text",
            description="1 when the answer is the expected text to the letter; else 0.",
            field_score=_identical,
        ),
        Metric(
            name="contains",
            title="Contains the answer",
            description="1 when the expected answer occurs in the given one; else 0. Lenient with "
            "long answers.",
            field_score=_contains,
        ),
        Metric(
            name="f1",
            title="Word overlap (F1)",
            description="Harmonic mean of word precision and recall, from 0 to 1. For answers that "
            "can be partly right.",
            field_score=_f1,
        ),
        Metric(
            name="number",
            title="Same number",
            description="1 when the last number in the answer equals the expected one; else 0.",
            field_score=_number,
        ),
    )
}


def metric(name: str) -> Metric:
    """The metric called `name`.

    Raises:
        ConfigError: there is none; the message lists those there are.
    """
    if name not in METRICS:
        raise ConfigError(f"no metric is called {name!r}. Known metrics: {', '.join(METRICS)}.")
    return METRICS[name]


def _checked(metric_name: str, field: str, score: Any) -> float:
    value = float(score) if isinstance(score, int | float) else math.nan
    if not 0.0 <= value <= 1.0:
        raise MetricError(
            f"metric {metric_name!r} gave {score!r} for the field {field!r}; "
            "a score is a number from 0 to 1."
        )
    return value
