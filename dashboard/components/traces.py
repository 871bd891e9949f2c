"""What programs did on one example, stage by stage."""

from collections.abc import Mapping

import streamlit as st

from core.evaluation.evaluator import Trace
from dashboard.components.instruction_cards import render_prompt_run
from dashboard.components.score_parts import render_parts


def render_traces(traces: Mapping[str, Trace | None], *, key: str) -> None:
    """A column for each label, which is the app's own wording."""
    for column, (label, trace) in zip(st.columns(len(traces)), traces.items(), strict=True):
        with column:
            st.markdown(f"**{label}**")
            if trace is None:
                st.caption("No trace was kept.")
                continue
            render_parts(trace.parts)
            _render_stages(trace)
            if st.toggle("Prompts and replies", key=f"{key}.{label}"):
                for run in trace.prompts:
                    render_prompt_run(run)


def value_text(value: object) -> str:
    """A value as text, a list item by item."""
    if isinstance(value, list):
        return "\n" + "\n".join(f"[{place}] {each}" for place, each in enumerate(value, start=1))
    return "" if value is None else str(value)


def _render_stages(trace: Trace) -> None:
    for number, stage in enumerate(trace.stages, start=1):
        with st.container(border=True, gap="xsmall"):
            st.badge(f"Stage {number}", color="gray")
            st.text(stage.predictor)
            for title, values in (("Given", stage.inputs), ("Answered", stage.outputs)):
                st.caption(title)
                for name, value in values.items():
                    st.text(f"{name}: {value_text(value)}")
