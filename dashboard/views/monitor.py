"""Monitor: a run as it goes, its controls, what the search believes, and how to steer it."""

import time
from functools import partial

import streamlit as st

from dashboard import figures, monitor_sections, proposal_dialogs, services, session
from dashboard.charts import score_history
from dashboard.components.in_force import render_in_force
from dashboard.components.live_chart import render_live_chart
from dashboard.components.review_gate import render_review_call
from dashboard.components.run_controls import render_cap_raise, render_run_controls
from dashboard.components.run_outcome import render_interruption, render_outcome
from dashboard.components.run_progress import (
    render_in_flight,
    render_key_figures,
    render_phases,
    render_traffic,
)
from dashboard.components.run_status import render_status
from dashboard.components.search_surrogate import render_belief_in_words
from dashboard.monitor_dialogs import (
    BranchDialog,
    GoOnDialog,
    TrialDialog,
    is_open,
    open_dialog,
    show_dialog,
)
from dashboard.monitor_parts import (
    is_outdated,
    show_end,
    show_held_out,
    show_missing_keys,
    show_notice,
    show_origin,
    waits_for_key,
)
from dashboard.run_page import open_run_page
from dashboard.theme import legible

TICK = 1.0
"""Seconds between looks at a run that goes on."""
DETAILS_TICK = 2.0
SLOW_TICK = 5.0
"""Seconds between looks at an ended run, which somebody may take up again."""

opened = open_run_page("Monitor", session.run_id())
run_id = opened.run.id
monitor_sections.take_turn()
show_origin(opened)
live, drawn = not opened.results.is_ended, opened.results.seq


@st.fragment(run_every=TICK if live else SLOW_TICK)
def status_panel(run: str) -> None:
    """Where the run stands, and its controls."""
    view, now = services.run_view(run), time.time()
    if view is None or (is_outdated(view, drawn, live=live) and not is_open(run)):
        st.rerun()  # once, so that timers, and what does not tick, are as they must be
    at_work = view.status == "running"
    with st.container(horizontal=True, vertical_alignment="center"):
        render_status(view.status, evaluates=view.results.evaluates)
        st.space("stretch")
        asked = render_run_controls(
            view.status,
            view.results,
            key="monitor",
            on_pause=lambda: services.pause(run),
            on_resume=lambda: services.resume(view),
            on_stop=lambda: services.stop(view),
        )
    if asked:
        open_dialog(run, BranchDialog() if asked == "branch" else GoOnDialog())
    with st.container():
        waits = view.results.steering.waits_for_review
        render_review_call(
            waits, run, start=partial(proposal_dialogs.start_search, run), key="monitor.review"
        )
    with st.container():
        render_outcome(view.status, view.results, view.run.config.metric)
        show_held_out(view)
        if view.status == "interrupted" and not waits_for_key(view):
            render_interruption(services.worker_log(view), started=view.run.heartbeat is not None)
        show_missing_keys(view)
        if view.results.waits_at_cap and (cap := render_cap_raise(view.results, key="monitor")):
            services.resume(view, cap)
            st.rerun()
    render_phases(view.results.phases, view.results.open_evaluations)
    render_key_figures(view.results, view.snapshot, now if at_work else None)
    with st.container():
        if view.snapshot and at_work:
            render_in_flight(view.snapshot.in_flight, view.snapshot.in_flight_count, now)
            render_traffic(view.snapshot.traffic, view.results.budget.concurrency)
    with st.container():
        show_end(view)


@st.fragment(run_every=DETAILS_TICK if live else None)
def details_panel(run: str) -> None:
    """The score chart and the section that is chosen below it."""
    view = services.run_view(run)
    if view is None:
        st.rerun()
    st.subheader("Scores")
    click = render_live_chart(
        services.score_chart(view),
        key="monitor.scores",
        alt=f"Scores of {view.results.trial_count} trials",
        height=score_history.HEIGHT,
        clickable=True,
    )
    if click is not None and click.x is not None:
        open_dialog(run, TrialDialog(number=int(click.x)))
    with st.container(gap="xsmall"):
        render_belief_in_words(figures.belief_of(view), view.results)
    with st.container():
        render_in_force(view.results.steering, view.results.names)
    section = st.segmented_control(
        "Details",
        list(monitor_sections.SECTIONS),
        default="Candidates",
        required=True,
        format_func=legible,
        key=monitor_sections.CHOICE,
        label_visibility="collapsed",
    )
    with st.container():
        show_notice(view)
    with st.container():
        monitor_sections.SECTIONS[str(section)](view)


status_panel(run_id)
details_panel(run_id)
show_dialog(opened)
