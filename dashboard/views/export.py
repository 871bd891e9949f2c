"""Export: a candidate as a dspy program and as Python; trials and examples as CSV."""

import streamlit as st

from core.errors import StudioError
from dashboard import services, session
from dashboard.components.exports import render_export_choice, render_file, render_test_scores
from dashboard.components.notices import render_problem
from dashboard.components.run_head import render_no_run, render_run_head
from dashboard.theme import legible

KINDS: dict[services.ExportKind, str] = {
    "DSPy program": "Instructions and demos as DSPy saves them; `dspy.Module.load` takes the file.",
    "Python": "Builds the same program, loads the DSPy file beside it, and answers one example.",
    "Trials": "One line per trial of the run, test trials included. Scores are fractions.",
    "Examples": "One line per validation and test example that the candidate was run on.",
}

run_id = session.run_id()
view = services.run_view(run_id) if run_id else None
st.title("Export")
if run_id is None or view is None:
    render_no_run(run_id)
    st.stop()
session.open_run(run_id)
render_run_head(view.run.config)
if not view.results.labels:
    st.info(
        "There is nothing to export yet: no candidate has been tried.",
        icon=":material/hourglass_empty:",
    )
    st.page_link("views/monitor.py", label="Watch the run", icon=":material/monitoring:")
    st.stop()

render_test_scores(view.results)
candidate = render_export_choice(view.results, key=f"export.candidate.{run_id}")
kind = st.segmented_control(
    "What",
    list(KINDS),
    default="DSPy program",
    required=True,
    format_func=legible,
    key="export.kind",
)
st.caption(KINDS[kind])
try:
    file = services.exported(view, kind, candidate)
except StudioError as error:
    render_problem("This cannot be exported", str(error))
    st.stop()
render_file(file, key=f"export.{kind}")
