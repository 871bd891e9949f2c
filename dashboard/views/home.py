"""Home: what this is, and the ways in."""

import streamlit as st

from dashboard import services, session
from dashboard.components.notices import render_offline_notice
from dashboard.components.recent_runs import render_recent_runs
from dashboard.components.stage_graph import render_flow
from dashboard.starting import may_start_again, started_once

MOST_RECENT = 5


def open_run(run: str) -> None:
    """Show a run's Monitor page."""
    session.open_run(run)
    st.switch_page("views/monitor.py", query_params={"run": run})


rows = services.run_rows()

st.title("MIPRO Studio")
st.markdown(
    "Improve the prompts of a language-model program: MIPRO bootstraps demonstrations, proposes "
    "instructions and searches for the combination that scores best on your own examples. "
    "You watch every step as it happens, compare the result with where you started, and take it "
    "home as a file that DSPy loads."
)

demo, own, resume = st.columns(3)
with demo.container(border=True, height="stretch"):
    st.subheader(":material/play_circle: Watch a demo run")
    st.write("Routes support tickets to teams. Needs no key and no network; takes a minute or two.")
    render_offline_notice()
    st.space("stretch")
    if st.button(
        "Start the demo",
        key="home.demo",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
    ):
        open_run(started_once("home.demo", services.start_demo))
    may_start_again("home.demo")
with own.container(border=True, height="stretch"):
    st.subheader(":material/upload_file: Start from your data")
    st.write("Upload a CSV, JSON, JSONL or Parquet file, or take a bundled set.")
    st.caption("Then pick a program, choose models and a budget, and start the run.")
    st.space("stretch")
    if st.button("Choose data", key="home.data", icon=":material/table:", width="stretch"):
        st.switch_page("views/data.py")
with resume.container(border=True, height="stretch"):
    st.subheader(":material/folder_open: Open a run")
    st.write("Every run is kept: its events, prompts, scores and result.")
    st.caption("No run yet." if not rows else f"{len(rows)} {'run' if len(rows) == 1 else 'runs'}")
    st.space("stretch")
    if st.button("All runs", key="home.runs", icon=":material/list:", width="stretch"):
        st.switch_page("views/runs.py")

st.subheader("How it works")
render_flow()

st.subheader("Recent runs")
if not rows:
    st.caption("Runs appear here once you have started one. The demo is the quickest.")
    st.stop()
if picked := render_recent_runs(rows[:MOST_RECENT], key="home.open"):
    open_run(picked)
