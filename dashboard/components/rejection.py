"""Reject an instruction or a demo set, and say why."""

from collections.abc import Callable

import streamlit as st

from dashboard.components.refusal import accepted


def render_rejection(what: str, *, reject: Callable[[str], object], key: str) -> bool:
    """Asks for the reason; True once it is done with. `what` is in our own words."""
    st.caption(
        f"No candidate with {what} is started any more, those under way are ended, and none is "
        "recommended. What was measured stays. It can be taken back at any time."
    )
    with st.form(f"{key}.form", border=False):
        reason = st.text_input(
            "Why? (optional)",
            key=f"{key}.reason",
            placeholder="Whoever reads the run later will see it",
            max_chars=500,
        )
        asked = st.form_submit_button("Reject", type="primary", icon=":material/close:")
    return asked and accepted(lambda: reject(reason or ""))
