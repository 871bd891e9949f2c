"""What the test of a connection showed."""

import streamlit as st

from core.lm.checking import Checked


def render_checked(found: Checked) -> None:
    """Latency, tokens and price; or what is wrong, what to do, and the provider's own words."""
    if found.works:
        st.caption(":green[:material/check_circle:] **It answers.**")
        with st.container(horizontal=True):
            st.metric("Latency", f"{found.seconds:.2f} s", border=True)
            tokens = f"{found.usage.input_tokens:,} in · {found.usage.output_tokens:,} out"
            st.metric("Tokens", tokens, border=True)
            st.metric("Price", _price(found), border=True)
        st.caption("It was asked for the capital of France, and said:")
        st.text(found.answer or "(nothing)")
    if found.advice is not None:
        color = "orange" if found.works else "red"
        icon = "warning" if found.works else "error"
        st.markdown(f":{color}[:material/{icon}:] **{found.advice.title}**")
        st.text(found.advice.todo)
    if found.said and not found.works:
        with st.expander(f"Its own words ({found.kind}, after {found.seconds:.1f} s)"):
            st.text(found.said)


def _price(found: Checked) -> str:
    if not found.usage.priced:
        return "unknown"
    cost = found.usage.cost_usd
    return "free" if cost == 0 else f"\\${cost:.6f}"
