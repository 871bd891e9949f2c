"""What a page says when something is special or wrong."""

import streamlit as st

from core.lm.offline import OFFLINE_NOTICE


def render_offline_notice() -> None:
    """That the model in use is no LLM."""
    st.caption(f":material/info: {OFFLINE_NOTICE}")


def render_problem(title: str, message: str) -> None:
    """`title` is the app's own wording; `message` may quote people's data and is drawn as text."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f":red[:material/error:] **{title}**")
        st.text(message)
