"""Monitor: a run as it goes, its controls, and everything it has made so far."""

import time
from functools import partial

import streamlit as st

from dashboard import services, session
from dashboard.charts import score_history
from dashboard.components.live_chart import render_live_chart
from dashboard.components.run_controls import render_cap_raise, render_run_controls
from dashboard.components.run_details import render_failures, render_grounding
from dashboard.components.run_head import render_no_run, render_run_head
from dashboard.components.run_outcome import render_outcome
from dashboard.components.run_progress import (
    render_in_flight,
    render_key_figures,
    render_phases,
)
from dashboard.components.run_sections import (
    render_candidates,
    render_demo_section,
    render_instructions,
)
from dashboard.components.run_status import render_status
from dashboard.components.search_belief import (
    render_belief,
    render_effects,
    render_settings_importance,
)

SECTIONS = ("Candidates", "Effects", "Instructions", "Demo sets", "Summaries", "Failures")

run_id = session.run_id()
opened = services.run_view(run_id) if run_id else None
st.title("Monitor")
if run_id is None or opened is None:
    render_no_run(run_id)
    st.stop()
session.open_run(run_id)
render_run_head(opened.run.config)
live = not opened.results.is_ended


@st.fragment(run_every=1 if live else None)
def status_panel(run: str) -> None:
    """Where the run stands, and its controls."""
    view, now = services.run_view(run), time.time()
    if view is None or (live and view.results.is_ended):
        st.rerun()  # once, so that both timers stop
    at_work = view.status == "running"
    with st.container(horizontal=True, vertical_alignment="center"):
        render_status(view.status)
        st.space("stretch")
        render_run_controls(
            view.status,
            view.results,
            key="monitor",
            on_pause=lambda: services.pause(run),
            on_resume=lambda: services.resume(view),
            on_stop=lambda: services.stop(view),
        )
    with st.container():
        render_outcome(view.status, view.results, view.run.config.metric)
        if view.results.waits_at_cap and (cap := render_cap_raise(view.results, key="monitor")):
            services.resume(view, cap)
            st.rerun()
    render_phases(view.results.phases)
    render_key_figures(view.results, view.snapshot, now if at_work else None)
    with st.container():
        if view.snapshot and at_work:
            render_in_flight(view.snapshot.in_flight, view.snapshot.in_flight_count, now)


@st.fragment(run_every=2 if live else None)
def details_panel(run: str) -> None:
    """The score chart and the section that is chosen below it."""
    view = services.run_view(run)
    if view is None:
        st.rerun()
    st.subheader("Scores")
    render_live_chart(
        services.score_chart(view),
        key="monitor.scores",
        alt=f"Scores of {len(view.results.tables.trials)} trials",
        height=score_history.HEIGHT,
    )
    with st.container(gap="xsmall"):
        render_belief(view.snapshot.belief if view.snapshot else None, view.results)
    section = st.segmented_control(
        "Details",
        SECTIONS,
        default=SECTIONS[0],
        required=True,
        key="monitor.section",
        label_visibility="collapsed",
    )
    with st.container():
        show_section(str(section), view)


def show_section(section: str, view: services.RunView) -> None:
    """One of `SECTIONS`."""
    results = view.results
    match section:
        case "Candidates":
            table, chart = services.candidate_table(view), services.predictions_chart(view)
            if chosen := render_candidates(results, table, chart, key="monitor"):
                session.compare(chosen)
                st.switch_page("views/compare.py", query_params={"run": view.run.id})
        case "Effects":
            render_effects(view.snapshot.belief if view.snapshot else None, results)
            render_settings_importance(results.settings_importance)
        case "Instructions":
            show = partial(services.proposal, view.run.id)
            render_instructions(results, show, key="monitor")
        case "Demo sets":
            render_demo_section(results, key="monitor")
        case "Summaries":
            render_grounding(results.grounding)
        case _:
            render_failures(results.tables.failures, results.failure_count, key="monitor.failures")


status_panel(run_id)
details_panel(run_id)
