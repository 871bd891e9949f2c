"""Proposals: every instruction and demo set of a run, and what people decide about them."""

from functools import partial

import streamlit as st

from dashboard import proposal_dialogs, review, services, session
from dashboard.components.proposal_states import render_situation
from dashboard.components.review_gate import render_review_gate
from dashboard.proposal_sections import SECTIONS, show_section
from dashboard.run_page import open_run_page
from dashboard.theme import legible

TICK = 2.0
"""Seconds between looks at a run that goes on."""
SLOW_TICK = 5.0
"""Seconds between looks at an ended run, which somebody may take up again."""

opened = open_run_page("Proposals", session.run_id())
run_id = opened.run.id
live = not opened.results.is_ended


@st.fragment(run_every=TICK if live else SLOW_TICK)
def proposals_panel(run: str) -> None:
    """The review, and the section that is chosen below it."""
    view = services.run_view(run)
    typing = session.editor(run) is not None  # drawing a dialog anew can lose what is half typed
    if view is None or (live == view.results.is_ended and not typing):
        st.rerun()  # once, so that the timer changes
    with st.container():
        render_review_gate(
            review.gate_of(run),
            start=partial(proposal_dialogs.start_search, run),
            only_approved=partial(proposal_dialogs.ask, run, "approved only"),
            key="proposals",
        )
        render_situation(view.status, view.results)
    section = st.segmented_control(
        "Section",
        SECTIONS,
        default=SECTIONS[0],
        required=True,
        format_func=legible,
        key="proposals.section",
        label_visibility="collapsed",
    )
    with st.container():
        show_section(str(section), view)


proposals_panel(run_id)
proposal_dialogs.show_dialog(opened)
