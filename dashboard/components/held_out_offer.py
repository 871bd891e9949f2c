"""That the best candidate of an ended run has no held-out score, and what one would take."""

import streamlit as st

from core.runs.evaluations import EvaluationCost
from dashboard.components.comparison_dialogs import cost_in_words


def render_held_out_offer(
    label: str, cost: EvaluationCost, *, with_baseline: bool, key: str
) -> bool:
    """True once it is to be measured. `label` is the candidate's: `C8`."""
    with st.container(
        horizontal=True, vertical_alignment="center", border=True, gap="small", key=f"{key}.shown"
    ):
        with st.container(gap=None):
            both = " Nor has the baseline; both are measured." if with_baseline else ""
            st.markdown(f"**{label}, the best candidate, has no held-out score yet.**{both}")
            st.caption(cost_in_words(cost))
        return st.button("Measure it on the held-out examples", key=key, icon=":material/science:")
