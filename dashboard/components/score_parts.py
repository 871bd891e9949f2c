"""The scores of a weighted metric's parts, wherever one example is shown."""

from collections.abc import Mapping

import streamlit as st

from dashboard.components.measures import percent


def render_parts(parts: Mapping[str, float]) -> None:
    """One line of text; nothing where the metric has no parts. Names are what people typed."""
    if parts:
        st.text(parts_text(parts))


def parts_text(parts: Mapping[str, float]) -> str:
    """`Parts: exact_match 100.0 % · sources 50.0 %`."""
    return "Parts: " + " · ".join(f"{name} {percent(score)}" for name, score in parts.items())
