"""The newest runs, each with a way in."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.run_status import render_status
from dashboard.components.scores import progress_text
from dashboard.run_list import RunRow


def render_recent_runs(rows: Sequence[RunRow], *, key: str) -> str | None:
    """One line per run: status, name, score and a button; the id of the run to open, if any."""
    opened = None
    for row in rows:
        columns = st.columns([1.2, 3, 3, 1], vertical_alignment="center")
        with columns[0]:
            render_status(row.status, evaluates=row.evaluates)
        columns[1].text(row.run.config.name)
        columns[2].text(progress_text(row.summary))
        if columns[3].button("Open", key=f"{key}.{row.run.id}", width="stretch"):
            opened = row.run.id
    return opened
