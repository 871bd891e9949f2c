"""Which optimizer of the family does the search, and when to use it."""

from collections.abc import Mapping

import streamlit as st

from core.search.family import OptimizerInfo


def render_optimizer_choice(family: Mapping[str, OptimizerInfo], chosen: str, *, key: str) -> str:
    """The name of the optimizer; below the list, what it searches and when to use it."""
    name = st.selectbox(
        "Optimizer",
        list(family),
        index=list(family).index(chosen),
        format_func=lambda each: family[each].title,
        key=key,
    )
    info = family[name]
    st.caption(f"Searches {info.searches}. {info.when_to_use}")
    return name
