"""Who decided what and when, newest first, each with a way to take it back; and notes."""

from collections.abc import Sequence

import streamlit as st

from core.results.steering_view import DecisionView
from dashboard.components.moments import clock_text

PER_PAGE = 12
_UNDO = {
    "possible": "Undo",
    "no longer in force": "Undone or replaced",
    "impossible": "Final",
}


def render_note(*, key: str) -> str | None:
    """A remark for whoever reads the run later, once it is sent."""
    with (
        st.form(f"{key}.note_form", clear_on_submit=True, border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        text = st.text_input(
            "Note", key=f"{key}.note", placeholder="Leave a note for others", max_chars=2_000
        )
        sent = st.form_submit_button("Add", key=f"{key}.add", icon=":material/note_add:")
    return text if sent and text.strip() else None


def render_decisions(decisions: Sequence[DecisionView], now: float, *, key: str) -> int | None:
    """A page of the log; the seq of the decision that is to be taken back.

    `decisions` are oldest first, as in the log.
    """
    if not decisions:
        st.caption("Nobody has decided anything about this run yet.")
        return None
    pages = -(-len(decisions) // PER_PAGE)
    page = st.pagination(pages, key=f"{key}.page") if pages > 1 else 1
    first = (page - 1) * PER_PAGE
    undone = None
    for each in list(reversed(decisions))[first : first + PER_PAGE]:
        with st.container(horizontal=True, vertical_alignment="center", key=f"{key}.{each.seq}"):
            if st.button(
                _UNDO[each.undo],
                key=f"{key}.undo.{each.seq}",
                type="tertiary",
                icon=":material/undo:",
                disabled=each.undo != "possible",
            ):
                undone = each.seq
            st.text(f"{clock_text(each.at, now)}  {each.words}")
    return undone
