"""Compare: two to four candidates, of one run or of several, on the same examples."""

import streamlit as st

from core.errors import ConfigError
from dashboard import (
    comparing,
    comparing_dialogs,
    comparing_entrants,
    comparing_parts,
    session,
)
from dashboard import comparing_state as state
from dashboard.comparing_link import SECTIONS
from dashboard.comparing_sections import SECTIONS as DRAWN
from dashboard.components.notices import render_problem
from dashboard.run_page import open_run_page
from dashboard.theme import legible

TICK, SLOW_TICK = 2.0, 5.0
"""Seconds between looks at runs that are at work, and at ended ones, which may be taken up again.
"""

view = open_run_page("Compare", session.run_in_url() or state.linked_run() or session.run_id())
run_id = view.run.id
if state.is_entered():
    comparing_dialogs.close_dialog()
known = comparing_entrants.known(view, state.opened(run_id, view.results.contrast).entrants)
for problem in known.problems:
    render_problem("Part of this comparison cannot be shown.", problem)

link = comparing_parts.choose_entrants(view, known)
dialog = comparing_dialogs.opened(run_id)
if dialog == "add":
    comparing_dialogs.show_add(view, link.entrants)
if len(link.entrants) < 2:
    if len(known.options) < 2:
        st.info(
            "There is nothing to compare yet: the search has not tried a second candidate.",
            icon=":material/hourglass_empty:",
        )
        st.page_link("views/monitor.py", label="Watch the run", icon=":material/monitoring:")
    else:
        st.info("Choose at least two candidates.", icon=":material/compare_arrows:")
    st.stop()

subject = comparing.subject_of(link.entrants, link.part)
try:
    labels = comparing.line_up(subject).labels
except ConfigError as error:
    render_problem("These cannot be compared.", str(error))
    st.stop()
link = comparing_parts.choose_terms(subject, labels)
subject = comparing.subject_of(link.entrants, link.part)
views = comparing_parts.views_of(subject)
live = any(not each.results.is_ended for each in views)


@st.fragment(run_every=TICK if live else SLOW_TICK)
def standing_panel(drawn: comparing.Subject, reference: int) -> None:
    """How they stand, and what is being evaluated; goes on by itself while a run is at work."""
    now = comparing_parts.views_of(drawn)
    busy = any(not each.results.is_ended for each in now)
    if busy != live and comparing_dialogs.opened(run_id) is None:
        st.rerun()  # once, so that the timer and the list of examples are as they must be
    comparing_parts.show_progress(run_id, now, drawn)
    with st.container():
        comparing_parts.show_held_out(run_id, now, drawn)
    comparing_parts.show_standing(drawn, reference)


@st.fragment
def details_panel(drawn: comparing.Subject, reference: int) -> None:
    """The section that is chosen; the list of examples stays as the page was opened."""
    section = st.segmented_control(
        "Details",
        list(SECTIONS),
        format_func=lambda each: legible(DRAWN[each][0]),
        required=True,
        key=state.begin("section", state.link().section),
        label_visibility="collapsed",
    )
    state.change(section=section or "examples")
    DRAWN[section or "examples"][1](drawn, reference)


standing_panel(subject, link.reference)
details_panel(subject, link.reference)
if dialog == "evaluate":
    comparing_dialogs.show_evaluate(view, subject, labels)
