"""All runs as a table, and what can be done with one of them."""

import datetime
from collections.abc import Callable, Sequence
from typing import Literal

import pandas as pd
import streamlit as st

from core.lm.usage import Usage
from core.runs.store import UnreadableRun
from dashboard.components.call_estimate import cost_text
from dashboard.components.measures import duration_text
from dashboard.components.scores import score_text
from dashboard.run_list import BUSY, RunRow

Wish = Literal["open", "resume", "delete"]


def render_run_table(rows: Sequence[RunRow], *, key: str, on_select: Callable[[], None]) -> None:
    """One row per run; `on_select` is called when one is picked."""
    st.dataframe(
        runs_frame(rows).rename(columns=str.capitalize),
        key=key,
        hide_index=True,
        on_select=on_select,
        selection_mode="single-row",
        column_config={
            "Started": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
            "Calls": st.column_config.NumberColumn(format="localized"),
        },
        alt="All runs, newest first",
    )


def render_run_actions(row: RunRow, *, key: str) -> Wish | None:
    """What a person wants to do with the run, if anything."""
    with st.container(horizontal=True):
        if st.button("Open", key=f"{key}.open", type="primary", icon=":material/monitoring:"):
            return "open"
        resumes = row.status in ("paused", "interrupted")
        if st.button(
            "Resume",
            key=f"{key}.resume",
            icon=":material/play_arrow:",
            disabled=not resumes,
            help=None if resumes else "Only a paused or interrupted run can be resumed.",
        ):
            return "resume"
        busy = row.status in BUSY
        if st.button(
            "Delete",
            key=f"{key}.delete",
            icon=":material/delete:",
            disabled=busy,
            help="A worker is at this run. Stop it first." if busy else None,
        ):
            return "delete"
    return None


def render_unreadable_runs(runs: Sequence[UnreadableRun], *, key: str) -> UnreadableRun | None:
    """What cannot be listed, named one by one; the run to delete, if any."""
    wish = None
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            ":orange[:material/warning:] **Runs that this version cannot read.** A newer version "
            "of MIPRO Studio may have written them, or their settings are damaged. All other runs "
            "are unharmed. Update MIPRO Studio to open these, or delete them."
        )
        for run in runs:
            with st.container(horizontal=True, vertical_alignment="center"):
                when = _local_time(run.created)
                st.text(f"{run.name or 'Without a name'} · {run.id} · {when:%Y-%m-%d %H:%M}")
                st.space("stretch")
                if st.button("Delete", key=f"{key}.{run.id}", icon=":material/delete:"):
                    wish = run
    return wish


def runs_frame(rows: Sequence[RunRow]) -> pd.DataFrame:
    """One line per run, as shown."""
    return pd.DataFrame(
        {
            "name": [row.run.config.name for row in rows],
            "status": [row.status_word for row in rows],
            "program": [row.run.config.program for row in rows],
            "dataset": [row.run.config.dataset_name for row in rows],
            "baseline": [score_text(row.summary.baseline) for row in rows],
            "best": [score_text(row.summary.best) for row in rows],
            "calls": [row.summary.usage.calls for row in rows],
            "cost": [spent_text(row.summary.usage) for row in rows],
            "started": [_local_time(row.run.created) for row in rows],
            "duration": [duration_text(row.summary.seconds) for row in rows],
        }
    )


def spent_text(usage: Usage) -> str:
    """The cost so far; `at least …` when the price of a call is unknown."""
    if usage.priced:
        return cost_text(usage.cost_usd)
    return f"at least {cost_text(usage.cost_usd)}" if usage.cost_usd else "unknown"


def _local_time(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds).astimezone()
