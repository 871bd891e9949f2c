"""One example under the program: score, answers, and every stage's prompt and output."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.data.dataset import Example
from core.evaluation.evaluator import ExampleResult, PromptRun, Trace
from core.evaluation.metrics import Metric
from core.programs.template import ProgramTemplate
from dashboard.components.notices import render_problem
from dashboard.components.score_parts import render_parts

_EXCERPT = 80


def render_example_choice(examples: Sequence[Example], *, key: str) -> int:
    """The place of the chosen example among the given ones."""
    return st.selectbox(
        "Example of the valset",
        range(len(examples)),
        format_func=lambda place: _excerpt(examples[place]),
        key=key,
    )


def render_tried(
    result: ExampleResult, example: Example, *, template: ProgramTemplate, metric: Metric | None
) -> None:
    """What came of the example, and how; without a metric no answer was expected of it."""
    if result.failure is not None:
        where = f" in {result.failure.stage}" if result.failure.stage else ""
        render_problem(f"The example failed{where}.", result.failure.message)
    with st.container(horizontal=True):
        if metric is not None:
            score = "–" if result.score is None else f"{result.score * 100:.1f} %"
            st.metric(f"{metric.title} (n = 1)", score, border=True)
        st.metric("LM calls", result.usage.calls + result.usage.cached, border=True)
        st.metric("Seconds", f"{result.seconds:.2f}", border=True)
    render_parts(result.trace.parts)
    answers = _answers_frame(example, result.trace).rename(columns=str.capitalize)
    if metric is None:
        answers = answers.drop(columns="Expected")
    st.dataframe(answers, hide_index=True, alt="The answers, expected and given")
    names = _call_names(result.trace, template)
    for place, run in enumerate(result.trace.prompts):
        title = names[place] if place < len(names) else f"Call {place + 1}"
        with st.expander(f"{place + 1}. {title}", key=f"program.tried.{place}"):
            _render_prompt(run)


def _call_names(trace: Trace, template: ProgramTemplate) -> list[str]:
    """The stage of each LM call: a predictor's first stage at its first call, and so on."""
    left = {
        each.predictor: [
            stage.name for stage in template.stages if stage.predictor == each.predictor
        ]
        for each in trace.stages
    }
    names = []
    for each in trace.stages:
        known = left[each.predictor] or [each.predictor]
        names.append(known.pop(0) if len(known) > 1 else known[0])
    return [*names, *(stage.name for stage in template.stages if stage.kind == "judge")]


def _render_prompt(run: PromptRun) -> None:
    for message in run.messages:
        st.caption(f"Prompt ({message.get('role', 'user')})")
        st.code(_content(message.get("content")), language=None, wrap_lines=True)
    st.caption("Output")
    st.code(run.completion, language=None, wrap_lines=True)


def _answers_frame(example: Example, trace: Trace) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "field": list(example.outputs),
            "expected": [str(value) for value in example.outputs.values()],
            "given": [str(trace.outputs.get(name, "")) for name in example.outputs],
        }
    )


def _content(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "\n".join(
        str(part.get("text", part)) if isinstance(part, dict) else str(part) for part in parts
    )


def _excerpt(example: Example) -> str:
    text = " · ".join(" ".join(str(value).split()) for value in example.inputs.values())
    short = text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…"
    return f"Row {int(example.id) + 1}: {short}"
