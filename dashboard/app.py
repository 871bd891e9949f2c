"""The frame: page config, navigation in the order of the flow, and the open run in the sidebar."""

from pathlib import Path

import streamlit as st

from dashboard import connections, materials, services, session
from dashboard.components.person import render_person
from dashboard.components.run_status import render_status
from dashboard.run_list import BUSY
from dashboard.uploads import share_uploaded_bytes

REFRESH, SLOW_REFRESH = 3.0, 5.0
"""Seconds between looks at the open run while a worker is at it, and at one that has ended, which
may be taken up again."""

ICON = str(Path(__file__).parent / "static" / "favicon.png")

st.set_page_config(page_title="MIPRO Studio", page_icon=ICON, layout="wide")
st.logo(ICON, size="large")


@st.cache_resource(show_spinner=False)
def boot() -> bool:
    """Once per server: what is imported now is never looked at by the garbage collector again.

    Streamlit collects all generations after every run of a script or fragment.
    """
    import gc

    import pandas as pd  # noqa: F401  large imports first
    import plotly.graph_objects  # noqa: F401
    import plotly.io  # noqa: F401
    import pyarrow as pa  # noqa: F401

    connections.find_keys()
    materials.warm_up()
    share_uploaded_bytes()
    gc.collect()
    gc.freeze()
    return True


boot()
session.recall()
home = st.Page("views/home.py", title="Home", icon=":material/home:", default=True)
monitor = st.Page("views/monitor.py", title="Monitor", icon=":material/monitoring:")
proposals = st.Page("views/proposals.py", title="Proposals", icon=":material/rate_review:")
compare = st.Page("views/compare.py", title="Compare", icon=":material/compare_arrows:")
playground = st.Page("views/playground.py", title="Playground", icon=":material/science:")
export = st.Page("views/export.py", title="Export", icon=":material/download:")
page = st.navigation(
    {
        "": [home],
        "Set up": [
            st.Page("views/data.py", title="Data", icon=":material/table:"),
            st.Page("views/build.py", title="Build", icon=":material/construction:"),
            st.Page("views/program.py", title="Program", icon=":material/account_tree:"),
            st.Page("views/models.py", title="Models", icon=":material/hub:"),
            st.Page("views/configure.py", title="Configure", icon=":material/tune:"),
        ],
        "Run": [monitor, proposals, compare, playground, export],
        "History": [st.Page("views/runs.py", title="Runs", icon=":material/list:")],
    },
    expanded=True,
)
if page != proposals:
    session.close_editor()
opened = session.run_id()
if page == home and (linked := session.run_in_url()):
    st.switch_page(monitor, query_params={"run": linked})

shown = services.listed_run(opened) if opened else None
if shown is not None:

    @st.fragment(run_every=REFRESH if shown.status in BUSY else SLOW_REFRESH)
    def open_run_card(run_id: str) -> None:
        """Name and status of the open run, on every page."""
        row = services.listed_run(run_id)
        with st.container(border=True, gap="xsmall"):
            st.caption("Open run")
            st.text(row.run.config.name if row else "This run was deleted.")
            if row:
                render_status(row.status, evaluates=row.evaluates)
            if page.url_path != monitor.url_path:
                st.page_link(monitor, label="Show it", query_params={"run": run_id})

    with st.sidebar:
        open_run_card(shown.run.id)

if not session.signed_in():
    with st.sidebar:
        session.keep_person(render_person(session.person_given(), key="app.person"))

page.run()
