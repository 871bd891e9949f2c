"""How every page about one run begins."""

import streamlit as st

from dashboard import services, session
from dashboard.components.run_head import render_no_run, render_run_head
from dashboard.services import RunView


def open_run_page(title: str, run_id: str | None) -> RunView:
    """Draw the page's title and whose run it is, and keep that run open; the run as it stands.

    Where there is no such run, the page says so and ends.
    """
    st.title(title)
    with st.spinner("Reading the run"):
        view = services.run_view(run_id) if run_id else None
    if run_id is None or view is None:
        render_no_run(run_id)
        st.stop()
    session.open_run(run_id)
    render_run_head(view.run.config)
    return view
