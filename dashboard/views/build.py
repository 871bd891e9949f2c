"""Build: put a program together from stages, try it, save it, and use it."""

import streamlit as st

from core.programs.pipeline.problems import problems
from dashboard import session
from dashboard.building_saving import show_saving, show_versions
from dashboard.building_sections import (
    show_head,
    show_inputs,
    show_outputs,
    show_refusal,
    show_stages,
    show_start,
)
from dashboard.building_trying import show_trying

st.title("Build")
st.caption(
    "A program of your own, without code: stages that read and write fields. Nothing that is typed "
    "here is run as code."
)
building = session.building()
show_refusal()
if building is None:
    show_start()
    st.stop()

with st.expander("Begin another program", icon=":material/add_circle:", key="build.another"):
    st.caption("What you have here is given up, but Undo brings it back.")
    show_start()
found = problems(building.spec)
show_head(building, found)
show_inputs(building, found)
show_stages(building, found)
show_outputs(building, found)
show_trying(building.spec)
show_saving(building, found)
show_versions(building)
