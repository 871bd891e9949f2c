"""What a metric starts with on screen, and what is worth a warning about it. Plain values only."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.evaluation.metric_parameters import judges
from core.evaluation.metrics import METRIC_KINDS
from core.lm.connection import LMConfig

MOST_LABELS = 20
"""An output with more different values than this is not offered as a list of labels."""

Expected = Mapping[str, Sequence[Any]]
"""Output field → the different values that the data expect, the first ones."""


def starting_parameters(metric: str, expected: Expected) -> dict[str, Any]:
    """What a metric that was just picked is set to, fit for these data."""
    match metric:
        case "label":
            labels = labels_of(expected)
            return {"labels": list(labels)} if labels else {}
        case "judge":
            return {"model": {}}
        case "own":
            return {"function": ""}
        case "weighted":
            return {"parts": [{"metric": "exact_match"}, {"metric": "f1"}]}
        case "conditional":
            return {} if "category" in expected else {"category": next(reversed(expected), "")}
        case _:
            return {}


def labels_of(expected: Expected) -> tuple[str, ...]:
    """All different values, sorted, when they are few enough to be labels; else nothing."""
    values = {str(value) for column in expected.values() for value in column}
    return tuple(sorted(values)) if 0 < len(values) <= MOST_LABELS else ()


def json_names(expected: Expected) -> tuple[str, ...]:
    """Top-level names in the expected objects, in the order of their first appearance."""
    names: dict[str, None] = {}
    for value in (each for column in expected.values() for each in column):
        loaded = _loaded(value)
        if isinstance(loaded, Mapping):
            names |= dict.fromkeys(map(str, loaded))
    return tuple(names)


def aliases_in(text: str) -> tuple[dict[str, str], list[str]]:
    """Spelling → label from lines of `spelling = label`, and the lines that are none."""
    aliases: dict[str, str] = {}
    strange = []
    for line in filter(None, map(str.strip, text.splitlines())):
        spelling, _, label = (part.strip() for part in line.rpartition("="))
        if spelling and label:
            aliases[spelling] = label
        else:
            strange.append(line)
    return aliases, strange


def aliases_text(aliases: Mapping[str, str]) -> str:
    """The lines that `aliases_in` reads."""
    return "\n".join(f"{spelling} = {label}" for spelling, label in aliases.items())


def plain_parts(parts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The parts of a mix without what holds anyway."""
    return [
        {name: value for name, value in each.items() if value not in ({}, (), [], "", 1.0)}
        for each in parts
    ]


def judge_warnings(
    metric: str, parameters: Mapping[str, Any], others: Mapping[str, LMConfig | None]
) -> tuple[str, ...]:
    """What to know about the judges beside the other models; `others` is role → model, if any."""
    found = []
    for judge in dict.fromkeys(judges(metric, parameters)):
        same = [role for role, model in others.items() if model and _is_same(judge, model)]
        if same and not judge.is_offline:
            found.append(
                f"The judge {judge.label} is also the {' and the '.join(same)}. Models tend to "
                "favour their own answers and wording; take another one if you can."
            )
    return tuple(found)


def takes_parameters(metric: str) -> bool:
    """Whether there is anything to set about the metric."""
    return bool(METRIC_KINDS[metric].parameters.model_fields)


def _is_same(one: LMConfig, other: LMConfig) -> bool:
    return (one.model, one.api_base) == (other.model, other.api_base)


def _loaded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None
