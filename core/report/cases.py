"""The examples whose score changed from baseline to best, with what was asked and answered."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.data.dataset import Example
from core.evaluation.evaluator import Trace
from core.report.data import Cases, ExampleCase, Field, PartName
from core.report.text import fields
from core.results.answers import eval_traces
from core.runs.store import RunStore

MOST_CASES = 10
"""Examples that are listed of each kind."""

Scores = Mapping[str, float]
"""Example → score."""


class Changed(NamedTuple):
    """An example and its two scores."""

    part: PartName
    example: str
    before: float
    after: float


def changed(parts: Mapping[PartName, tuple[Scores, Scores]]) -> list[Changed]:
    """Examples whose score is not the same before and after, the largest change first.

    `parts` has the scores before and after; its first part comes first.
    """
    return [
        each
        for part, (before, after) in parts.items()
        for each in sorted(
            (
                Changed(part, example, before[example], after[example])
                for example in before.keys() & after.keys()
                if before[example] != after[example]
            ),
            key=lambda each: (-abs(each.after - each.before), _place(each.example)),
        )
    ]


def cases(
    found: Sequence[Changed],
    candidates: tuple[str, str],
    run_id: str,
    store: RunStore,
    examples: Mapping[str, Example],
) -> Cases:
    """The first of them in full. `candidates` are the one before and the one after."""
    shown = found[:MOST_CASES]
    traces = eval_traces(store, run_id, candidates, [each.example for each in shown])
    before, after = candidates
    return Cases(
        shown=tuple(
            _case(
                each,
                examples.get(each.example),
                traces.get((before, each.example)),
                traces.get((after, each.example)),
            )
            for each in shown
        ),
        hidden=len(found) - len(shown),
    )


def _case(
    one: Changed, example: Example | None, before: Trace | None, after: Trace | None
) -> ExampleCase:
    return ExampleCase(
        name=f"Row {int(one.example) + 1:,}" if one.example.isdecimal() else one.example,
        part=one.part,
        inputs=fields(example.inputs) if example else (),
        expected=fields(example.outputs) if example else (),
        before=_answer(before),
        after=_answer(after),
        before_score=one.before,
        after_score=one.after,
    )


def _answer(trace: Trace | None) -> tuple[Field, ...]:
    return fields(trace.outputs) if trace else ()


def _place(example: str) -> tuple[int, str]:
    return (int(example) if example.isdecimal() else 0), example
