"""How the last decision of this tab went: what was done, with a way back, or why it was not."""

import streamlit as st


def render_outcome_notice(words: str, *, problem: bool, undoable: bool, key: str) -> bool:
    """The words as text, as they may quote people; True once the decision is to be taken back."""
    with st.container(
        horizontal=True, vertical_alignment="center", border=True, gap="small", key=f"{key}.shown"
    ):
        st.markdown(":red[:material/error:]" if problem else ":green[:material/check_circle:]")
        st.text(words)
        return undoable and st.button(
            "Undo", key=f"{key}.undo", type="tertiary", icon=":material/undo:"
        )
