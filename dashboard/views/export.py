"""Export: the program, the data, other tools; a file is made when its button is pressed."""

from functools import partial

import streamlit as st

from core.errors import StudioError
from core.export.formats import DESTINATIONS, FORMATS, GROUPS
from dashboard import services, session
from dashboard.components.exports import (
    render_destination,
    render_download,
    render_export_choice,
    render_format_choice,
    render_preview,
    render_reports,
    render_tables,
    render_test_scores,
)
from dashboard.components.notices import render_problem
from dashboard.run_page import open_run_page
from dashboard.theme import legible

REPORT = "Report"
"""For people; the other groups are for programs."""

view = open_run_page("Export", session.run_id())
run_id, config = view.run.id, view.run.config
if not view.results.labels:
    st.info(
        "There is nothing to export yet: no candidate has been tried.",
        icon=":material/hourglass_empty:",
    )
    st.page_link("views/monitor.py", label="Watch the run", icon=":material/monitoring:")
    st.stop()

render_test_scores(view.results)
candidate = render_export_choice(view.results, key=f"export.candidate.{run_id}")
label = view.results.short_labels[candidate]
missing = services.missing_data(view)
if missing:
    render_problem("Only what needs no dataset can be exported", missing)


def make(name: str) -> bytes:
    """The file, as of this page."""
    return services.exported(view, name, candidate)


groups = (GROUPS[0], REPORT, *GROUPS[1:])
group = st.segmented_control(
    "What",
    groups,
    default=groups[0],
    required=True,
    format_func=legible,
    key="export.group",
)
formats = [each for each in FORMATS.values() if each.group == group]
if group == REPORT:
    render_reports(partial(services.report, view), key="export.report")
elif group == "Program":
    form = render_format_choice(formats, key="export.format")
    render_download(form, config, label, make, disabled=bool(missing), key=f"export.{form.name}")
    if missing is None:
        render_preview(services.export_preview(view, form.name, candidate), form.file)
elif group == "Data":
    render_tables(formats, config, label, make, disabled=bool(missing), key="export")
else:
    for form in formats:
        with st.container(border=True):
            st.markdown(f"**{form.title}**")
            disabled = form.needs_data and bool(missing)
            key = f"export.{form.name}"
            render_download(form, config, label, make, disabled=disabled, key=key)
    for target in DESTINATIONS.values():
        address = render_destination(target, disabled=bool(missing), key=f"export.{target.name}")
        if address:
            try:
                with st.spinner(f"Sending to {target.title} …"):
                    sent = target.send(services.export_source(view, candidate), address)
            except StudioError as error:
                render_problem(f"{target.title} did not take it", str(error))
            else:
                st.text(sent)
