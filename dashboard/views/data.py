"""Data: choose a dataset, look at it, clean it, say what its columns are, and split it."""

from functools import partial

import streamlit as st

from core.errors import DatasetError
from dashboard import data_sections, materials, services, session
from dashboard.components.dataset_overview import (
    render_columns,
    render_dataset_head,
    render_preview,
)
from dashboard.components.dataset_parts import (
    render_column_choice,
    render_split,
    render_split_settings,
)
from dashboard.components.dataset_quality import render_whole_file
from dashboard.components.dataset_source import render_bundled, render_stored, render_upload
from dashboard.components.deletion import render_deletion
from dashboard.components.notices import render_problem
from dashboard.datasets import known_upload

SHORT = 350
"""Pixels of the list of bundled sets, so that what follows is in view."""


def choose_bundled(name: str) -> None:
    """Store a bundled dataset and make it the draft's."""
    entry = materials.bundled_datasets()[name]
    data_sections.choose(materials.keep_bundled(name), entry.inputs, entry.outputs)


def choose_stored() -> None:
    """Make the dataset that was picked from the list the draft's."""
    if picked := session.chosen("data.stored"):
        data_sections.choose(materials.dataset(str(picked)))


@st.dialog("Delete this dataset?")
def confirm_deletion(dataset_id: str, name: str) -> None:
    """Ask, then remove the dataset."""
    if render_deletion(
        name,
        "Finished runs keep their results, but their examples cannot be looked up any more.",
        partial(services.delete_dataset, dataset_id),
        failed="The dataset is still there.",
        key="data.delete.confirm",
    ):
        session.keep_draft(session.draft().without_dataset())
        st.rerun()


st.title("Data")
st.caption("Labelled examples: what the program is given, and what it should answer.")

kept = materials.datasets()
known = {each.id for each in kept}
draft = session.draft()
if draft.dataset not in known:
    draft = session.keep_draft(draft.without_dataset())
session.choose("data.stored", draft.dataset)

examples, corpus = st.tabs(["Examples", "Corpus to retrieve from"])
with corpus:
    data_sections.corpora()
with examples:
    ahead = st.container()
    file, bundled, stored = st.columns(3)
    with file.container(border=True, height="stretch"):
        uploaded = render_upload(key="data.upload")
        data_sections.other_sources()
    with bundled.container(border=True, height=SHORT):
        entries = [entry for entry in materials.bundled_datasets().values() if entry.inputs]
        render_bundled(entries, key="data.bundled", on_choose=choose_bundled)
    with stored.container(border=True, height="stretch"):
        render_stored(kept, key="data.stored", on_choose=choose_stored)
        delete = draft.dataset and st.button(
            "Delete it", key="data.delete", icon=":material/delete:"
        )
    data_sections.read_upload(uploaded)
    if message := session.problem():
        render_problem("That cannot be used. Nothing was changed.", message)
    if draft.dataset is None:
        st.info("Choose a dataset above to see what is in it.", icon=":material/table_view:")
        st.stop()
    if delete:
        confirm_deletion(draft.dataset, draft.dataset_name)

    dataset = materials.dataset(draft.dataset)
    profile = materials.dataset_profile(draft.dataset)
    st.subheader("Preview")
    render_dataset_head(dataset, profile)
    upload = known_upload(uploaded.file_id) if uploaded else None
    if upload and upload.whole and upload.dataset == dataset.id:
        render_whole_file(upload.whole, key="data.whole")
    render_preview(dataset, key=f"data.preview.{dataset.id}")
    data_sections.cleaning(dataset)
    st.subheader("Columns")
    render_columns(dataset, profile, key=f"data.columns.{dataset.id}")
    data_sections.quality(dataset, draft.inputs)
    chosen = render_column_choice(
        profile, draft.inputs, draft.outputs, key=f"data.mapping.{dataset.id}"
    )
    draft = session.keep_draft(draft.with_columns(chosen.inputs, chosen.outputs))

    st.subheader("Split")
    data_sections.part_files(dataset)
    config = render_split_settings(
        draft.split, list(dataset.frame.columns), profile.rows, key="data.split"
    )
    mapping = draft.split_mapping
    if config is None or mapping is None:
        st.stop()
    draft = session.update_draft(split=config)
    try:
        parts = materials.split_of(dataset.id, mapping, config)
    except DatasetError as error:
        render_problem("These rows cannot be split like this.", str(error))
        with ahead:
            data_sections.not_ready(dataset, mapping, str(error))
        st.stop()
    render_split(dataset, parts, draft.outputs, key="data.parts")
    data_sections.split_quality(dataset, mapping, config, parts)
    with ahead:
        goes_on = data_sections.way_on(parts, mapping)
    if st.button("Continue to program", key="data.continue", type="primary") or goes_on:
        st.switch_page("views/program.py")
