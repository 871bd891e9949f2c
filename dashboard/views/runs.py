"""Runs: every run, to open, resume or delete."""

from functools import partial

import streamlit as st

from core.errors import RunUnreadable
from dashboard import services, session
from dashboard.components.deletion import render_deletion
from dashboard.components.notices import render_problem
from dashboard.components.run_controls import render_cap_choice
from dashboard.components.run_table import (
    render_run_actions,
    render_run_table,
    render_unreadable_runs,
)
from dashboard.run_list import BUSY, RunRow

REFRESH = 2.0
"""Seconds between looks at the list while a worker is at one of the runs."""


def pick(key: str, ids: list[str]) -> None:
    """Choose the run whose row was clicked; `ids` as they were when the table was drawn."""
    row = session.chosen_row(key)
    if row is not None:
        session.choose("runs.chosen", ids[row])
    st.rerun()


@st.dialog("Delete this run?")
def confirm_deletion(run: str, name: str) -> None:
    """Ask, then remove the run."""
    if render_deletion(
        name,
        "Its events, prompts, scores and result are removed for good.",
        partial(services.delete_run, run),
        failed="The run is still there.",
        key="runs.confirm",
    ):
        session.close_run(run)
        st.rerun()


def resume(row: RunRow, cap: int | None) -> None:
    """Let the run go on and show it."""
    view = services.run_view(row.run.id)
    if view is not None:
        services.resume(view, max_calls=cap)
    show(row)


def show(row: RunRow) -> None:
    """Show the run's Monitor page."""
    session.open_run(row.run.id)
    st.switch_page("views/monitor.py", query_params={"run": row.run.id})


st.title("Runs")
st.caption("Everything that was ever started here, newest first.")
unreadable = services.unreadable_runs()
if unreadable and (doomed := render_unreadable_runs(unreadable, key="runs.unreadable")):
    confirm_deletion(doomed.id, doomed.name or doomed.id)
rows = services.run_rows()
if not rows:
    what = "no run that can be read" if unreadable else "no run yet"
    st.info(f"There is {what}. The demo on the Home page is the quickest.", icon=":material/list:")
    if st.button("Go to Home", key="runs.home", type="primary"):
        st.switch_page("views/home.py")
    st.stop()


@st.fragment(run_every=REFRESH if any(row.status in BUSY for row in rows) else None)
def table() -> None:
    """The list, kept up to date while somebody works on a run."""
    newest = services.run_rows()
    if not newest:
        st.rerun()
    ids = [row.run.id for row in newest]
    key = f"runs.table.{len(ids)}.{ids[0]}"  # a marked row must not move to another run
    render_run_table(newest, key=key, on_select=lambda: pick(key, ids))
    if {row.run.id: row.status for row in newest} != {row.run.id: row.status for row in rows}:
        st.rerun()


table()
by_id = {row.run.id: row for row in rows}
ids = list(by_id)
opened = session.run_id()
if session.chosen("runs.chosen") not in by_id:
    session.choose("runs.chosen", opened if opened in by_id else ids[0])
chosen = st.selectbox(
    "Chosen run",
    ids,
    format_func=lambda each: f"{by_id[each].run.config.name} · {by_id[each].status} · {each}",
    key="runs.chosen",
)
row = by_id[chosen]
cap = None
try:
    view = services.run_view(chosen) if row.status in ("paused", "interrupted") else None
except RunUnreadable as error:  # its settings can be read, but not all of its events
    render_problem("This run can only be deleted.", str(error))
    if st.button("Delete", key=f"runs.{chosen}.delete", icon=":material/delete:"):
        confirm_deletion(chosen, row.run.config.name)
    st.stop()
if view is not None and view.results.waits_at_cap:
    cap = render_cap_choice(view.results, key=f"runs.cap.{chosen}")
wish = render_run_actions(row, key=f"runs.{chosen}")
if wish == "open":
    show(row)
elif wish == "resume":
    resume(row, cap)
elif wish == "delete":
    confirm_deletion(chosen, row.run.config.name)
