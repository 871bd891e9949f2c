"""What programs answered, as the store's traces have it, and how values are written on one line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.evaluation.evaluator import Trace, trace_from_json
from core.evaluation.statistics import Mean, mean
from core.runs.store import RunStore

AT_ONCE = 2_000
"""Traces that are read in one query."""


def eval_traces(
    store: RunStore, run_id: str, candidates: Sequence[str], examples: Sequence[str]
) -> dict[tuple[str, str], Trace]:
    """(candidate, example) → what happened, for those pairs that left a trace."""
    keys = {
        f"eval/{candidate}/{example}": (candidate, example)
        for candidate in candidates
        for example in examples
    }
    found = trace_texts(store, run_id, list(keys))
    return {keys[key]: trace_from_json(text) for key, text in found.items()}


def trace_texts(store: RunStore, run_id: str, keys: Sequence[str]) -> dict[str, str]:
    """Key → JSON text, for those that exist; any number of keys."""
    found: dict[str, str] = {}
    for first in range(0, len(keys), AT_ONCE):
        found |= store.traces(run_id, keys[first : first + AT_ONCE])
    return found


def part_means(
    store: RunStore, run_id: str, candidate: str, examples: Sequence[str]
) -> dict[str, Mean]:
    """Part of a weighted metric → its mean over those of the examples that left a trace."""
    keys = [f"eval/{candidate}/{example}" for example in examples]
    found: dict[str, list[float]] = {}
    for text in trace_texts(store, run_id, keys).values():
        for name, score in json.loads(text).get("parts", {}).items():
            found.setdefault(name, []).append(score)
    return {name: mean(scores) for name, scores in found.items()}


def in_one_line(values: Mapping[str, Any]) -> str:
    """A single value as it is, several as `name: value · name: value`."""
    texts = {name: "" if value is None else str(value) for name, value in values.items()}
    if len(texts) == 1:
        return next(iter(texts.values()))
    return " · ".join(f"{name}: {text}" for name, text in texts.items())
