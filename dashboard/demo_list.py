"""Demos as people look at them and put them together: where each came from, its values as text."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.bootstrap import labelled_demos
from core.data.dataset import Example
from core.errors import ConfigError
from core.programs.candidate import Demo
from core.programs.predictors import PredictorInfo
from core.runs.events import TraceBootstrapped
from core.runs.state import row
from dashboard.components.measures import percent

MOST_ADDABLE = 2_000
"""Training examples that are offered for a demo set."""
PREVIEW = 60
"""Characters of a value in a demo's line."""


@dataclass(frozen=True, kw_only=True)
class DemoSource:
    """Where a demo came from, as far as that can be told from its content."""

    kind: Literal["trace", "labels", "unknown"]
    """A teacher's trace, a training example's own labels, or neither."""
    example: str | None = None
    """Id of the training example."""
    score: float | None = None
    """The teacher's score on it, a fraction."""


@dataclass(frozen=True, kw_only=True)
class SourcedDemo:
    """A demo and where it came from."""

    demo: Demo
    source: DemoSource


def demos_at_hand(
    info: PredictorInfo, traces: Mapping[str, TraceBootstrapped], train: Sequence[Example]
) -> list[SourcedDemo]:
    """Every demo of the predictor that the run could show: accepted traces first, then labels."""
    found = [
        SourcedDemo(demo=demo, source=DemoSource(kind="trace", example=example, score=trace.score))
        for example, trace in traces.items()
        if trace.accepted
        for demo in trace.demos.get(info.name, ())
    ]
    unused = np.random.default_rng(0)  # one example leaves nothing to draw
    for example in train[:MOST_ADDABLE]:
        for demo in labelled_demos(info, (example,), 1, unused):
            source = DemoSource(kind="labels", example=example.id)
            found.append(SourcedDemo(demo=demo, source=source))
    return found


def sourced(demos: Iterable[Demo], at_hand: Sequence[SourcedDemo]) -> list[SourcedDemo]:
    """The demos, each with the first source that has exactly its content."""
    known: dict[str, DemoSource] = {}
    for each in at_hand:
        known.setdefault(_content(each.demo), each.source)
    unknown = DemoSource(kind="unknown")
    return [SourcedDemo(demo=demo, source=known.get(_content(demo), unknown)) for demo in demos]


def source_text(source: DemoSource) -> str:
    """The source in words: `row 17, as the teacher answered, score 100.0 %`."""
    if source.example is None:
        return "not from the run's own examples as they are"
    where = row(source.example)
    if source.kind == "labels":
        return f"{where}, as labelled"
    score = f", score {score_text(source)}" if source.score is not None else ""
    return f"{where}, as the teacher answered{score}"


def score_text(source: DemoSource) -> str:
    """The teacher's score as percent; empty where there is none."""
    return "" if source.score is None else percent(source.score)


def demo_line(demo: Demo, outputs: Collection[str]) -> str:
    """The demo in one line: inputs, an arrow, outputs, each value cut."""
    shown = {name: _cut(" ".join(field_text(value).split())) for name, value in demo.items()}
    given = " · ".join(text for name, text in shown.items() if name not in outputs)
    answered = " · ".join(text for name, text in shown.items() if name in outputs)
    return f"{given} → {answered}"


def _cut(text: str) -> str:
    return text if len(text) <= PREVIEW else f"{text[: PREVIEW - 1]}…"


def field_text(value: Any) -> str:
    """A value as it is edited: text as it is, everything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def field_value(text: str, before: Any, *, where: str) -> Any:
    """The value that the edited text stands for; `before` itself where nothing was changed.

    Raises:
        ConfigError: the value was no text before, and the new text is not JSON.
    """
    if text == field_text(before):
        return before
    if before is None or isinstance(before, str):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{where} is a {type(before).__name__}, written as JSON; {text!r} is not JSON "
            f"({error.msg} at character {error.pos + 1})."
        ) from error


def _content(demo: Demo) -> str:
    return json.dumps(demo, sort_keys=True, ensure_ascii=False, default=str)
