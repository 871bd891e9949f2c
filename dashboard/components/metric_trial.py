"""A metric tried on a few answers: what it costs, the scores, and an answer made by hand."""

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.data.dataset import Example
from core.evaluation.evaluator import ExampleResult
from dashboard.charts.metric_scores import metric_scores_figure
from dashboard.components.call_estimate import cost_text
from dashboard.components.notices import render_problem
from dashboard.components.score_parts import render_parts
from dashboard.costs import PhaseCost, total_cost
from dashboard.metric_trial import PART, Finding, findings, trial_frame


def render_trial_cost(lines: Sequence[PhaseCost], models: Sequence[str]) -> None:
    """What pressing the button takes; `models` are the names of the lines' models."""
    parts = [
        f"{line.calls:,} to the {line.role} {model}"
        for line, model in zip(lines, models, strict=True)
        if line.calls
    ]
    total = total_cost(lines)
    st.text(f"At most {total.calls:,} LM calls: {', '.join(parts)}. Cost: {_cost(total)}.")


def _cost(total: PhaseCost) -> str:
    return {0.0: "free", None: "unknown, as a price is"}.get(
        total.cost_usd, f"roughly {cost_text(total.cost_usd)}"
    )


def render_trial(
    results: Sequence[ExampleResult], examples: Sequence[Example], *, key: str
) -> None:
    """In words what the scores say, how they are spread, and each example."""
    for each in findings(results):
        _render_finding(each)
    scores = [each.score for each in results if each.score is not None]
    if scores:
        st.plotly_chart(
            metric_scores_figure(scores),
            key=f"{key}.chart",
            alt=f"How {len(scores)} scores are spread from 0 to 100 %",
        )
    frame = trial_frame(results, examples)
    percents = [name for name in frame if name == "Score" or str(name).startswith(PART)]
    st.dataframe(
        frame,
        hide_index=True,
        key=f"{key}.table",
        column_config={
            name: st.column_config.NumberColumn(format="percent", width="small")
            for name in percents
        },
        alt="Expected, given and score of each example",
    )


def _render_finding(finding: Finding) -> None:
    if not finding.is_good:
        render_problem(finding.title, finding.text)
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(f":green[:material/check:] **{finding.title}**")
        st.text(finding.text)


def render_hand_made(example: Example, *, key: str) -> dict[str, Any]:
    """The answer that a person makes up for the example, field by field."""
    st.caption("Expected")
    for name, value in example.outputs.items():
        st.text(f"{name}: {_text(value)}")
    return {
        name: _read(
            st.text_area(
                f"Answer for {name}" if len(example.outputs) > 1 else "Answer",
                _text(value),
                key=f"{key}.{name}",
                height=80,
            ),
            value,
        )
        for name, value in example.outputs.items()
    }


def render_hand_made_score(result: ExampleResult) -> None:
    """What it scores."""
    if result.failure is not None:
        render_problem("This answer cannot be scored.", result.failure.message)
        return
    st.metric("Score (n = 1)", f"{100 * (result.score or 0.0):.1f} %", border=True, width=180)
    render_parts(result.trace.parts)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _read(typed: str, expected: Any) -> Any:
    """A list or an object where one is expected and typed; else the text."""
    if isinstance(expected, str):
        return typed
    try:
        return json.loads(typed)
    except ValueError:
        return typed
