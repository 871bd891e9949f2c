"""Models: connect language models, try them, and say which of them does what."""

import streamlit as st

from dashboard import session
from dashboard.model_sections import (
    show_connections,
    show_form,
    show_local,
    show_roles,
    show_typed_keys,
)

st.title("Models")
st.caption("Connect a model once, try it, and use it for any job.")

st.subheader("Who does what")
show_roles()
reused = st.toggle(
    "Use answers again",
    session.draft().response_cache,
    key="models.cache",
    help="Within a run, a question that was asked before is answered from the cache at no cost. "
    "Such answers are counted apart from paid calls.",
)
session.update_draft(response_cache=reused)

st.subheader("Connections")
show_connections()
show_local()
show_form()
show_typed_keys()

if st.button("Continue", key="models.continue", icon=":material/arrow_forward:"):
    st.switch_page("views/configure.py")
