"""The part of the Build page that tries the pipeline on one example of the data, or a typed one."""

from collections.abc import Mapping

import streamlit as st

from core.data.dataset import Example, FieldMapping, examples
from core.errors import StudioError
from core.programs.pipeline.spec import PipelineSpec
from core.programs.pipeline.template import pipeline_template
from core.programs.template import ProgramTemplate
from dashboard import building_store, materials, session
from dashboard.building_store import Attempt
from dashboard.components.field_mapping import render_corpus, render_field_mapping
from dashboard.components.notices import render_offline_notice, render_problem
from dashboard.components.playground_example import (
    MOST_LISTED,
    TYPED,
    parsed,
    render_example,
    render_pick,
    render_source_choice,
    render_typed,
)
from dashboard.components.tried_example import render_tried

_FROM_DATA = "Of the data"


def show_trying(spec: PipelineSpec) -> None:
    """Choose or type an example, have it run, and see what every stage made of it."""
    st.subheader("Try it")
    st.caption("One example through the program as it is now. Nothing is saved by it.")
    try:
        template = pipeline_template(spec, "pipeline")
    except StudioError:
        st.info("Put the errors above right to try it.", icon=":material/build:")
        return
    example, is_scored = _example(template, spec)
    corpus = None
    if template.passages is not None:
        corpora = materials.corpora(template.passages)
        corpus = render_corpus(corpora, session.draft().passages, key="build.try.corpus")
    model = session.draft().task_model
    if model.is_offline:
        render_offline_notice()
    else:
        st.text(f"Task model: {model.label}")
    asked = st.button(
        "Try it", key="build.try", icon=":material/play_arrow:", disabled=example is None
    )
    if example is not None:
        _show_attempt(
            Attempt(spec=spec, example=example, corpus=corpus, model=model, is_scored=is_scored),
            asked=asked,
        )


def _show_attempt(attempt: Attempt, *, asked: bool) -> None:
    try:
        if asked:
            with st.spinner("Asking the model"):
                session.keep_tried(attempt.key, building_store.tried(attempt))
        if (result := session.tried(attempt.key)) is not None:
            render_tried(result, attempt.example, template=attempt.template, metric=attempt.metric)
    except StudioError as error:
        render_problem("The example cannot be tried.", str(error))


def _example(template: ProgramTemplate, spec: PipelineSpec) -> tuple[Example | None, bool]:
    """The example, and whether its answer is known; None while there is none."""
    chosen = session.draft().dataset
    has_data = chosen in {each.id for each in materials.datasets()}
    sizes = {_FROM_DATA: len(materials.dataset(chosen).frame)} if has_data and chosen else {}
    if session.chosen("build.try.source") not in (*sizes, TYPED):
        session.choose("build.try.source", next(iter(sizes), TYPED))
    if not sizes:
        st.page_link(
            "views/data.py", label="Choose data to try it on real examples", icon=":material/table:"
        )
    source = render_source_choice(sizes, key="build.try.source") if sizes else TYPED
    if source == TYPED or chosen is None:
        return _typed(template, spec), False
    return _of_data(template, chosen), True


def _typed(template: ProgramTemplate, spec: PipelineSpec) -> Example | None:
    values: Mapping[str, object] = {
        each.name: [] if each.type == "list" else "" for each in spec.inputs
    }
    typed = render_typed([each.name for each in spec.inputs], values, key="build.try.typed")
    try:
        inputs = parsed(typed, values)
    except ValueError as error:
        st.text(str(error))
        return None
    outputs = {each.name: None for each in template.outputs if not each.for_metric}
    return Example(id="typed", inputs=inputs, outputs=outputs)


def _of_data(template: ProgramTemplate, dataset_id: str) -> Example | None:
    draft = session.draft()
    st.text(f"Data: {draft.dataset_name}")
    frame = materials.dataset(dataset_id).frame
    fields = ".".join(each.name for each in (*template.inputs, *template.outputs))
    mapping = render_field_mapping(
        template,
        draft.changed(mapping=None),
        list(frame.columns),
        key=f"build.try.map.{dataset_id}.{fields}",
    )
    if mapping is None:
        return None
    columns = [*mapping.inputs.values(), *mapping.outputs.values()]
    complete = frame[columns].notna().all(axis=1)
    rows = [int(row) for row in frame.index[complete][:MOST_LISTED]]
    if not rows:
        st.caption("No row has a value in all of these columns.")
        return None
    return _picked(dataset_id, mapping, rows, int(complete.sum()))


def _picked(dataset_id: str, mapping: FieldMapping, rows: list[int], total: int) -> Example | None:
    listed = examples(materials.dataset(dataset_id), mapping, rows)
    picked = render_pick(listed, total, key=f"build.try.row.{dataset_id}")
    example = next((each for each in listed if each.id == picked), listed[0])
    render_example(example)
    return example
