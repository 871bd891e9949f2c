"""Program: pick a template, connect it to the data, and try it on one example."""

import streamlit as st

from core.errors import StudioError
from dashboard import materials, session
from dashboard.components.field_mapping import (
    render_corpus,
    render_field_mapping,
    render_metric,
)
from dashboard.components.notices import render_offline_notice, render_problem
from dashboard.components.program_choice import (
    render_broken_programs,
    render_predictors,
    render_templates,
)
from dashboard.components.stage_graph import render_stage_graph
from dashboard.components.tried_example import render_example_choice, render_tried


def choose_program(name: str) -> None:
    """Make a program the draft's."""
    session.keep_draft(session.draft().with_program(materials.programs().templates[name]))


def choose_bundled(name: str) -> None:
    """Store a bundled dataset and make it the draft's."""
    entry, dataset = materials.bundled_datasets()[name], materials.keep_bundled(name)
    columns = {"inputs": entry.inputs, "outputs": entry.outputs}
    session.keep_draft(session.draft().with_dataset(dataset.id, dataset.name, **columns))


st.title("Program")
st.caption("What is optimized: stages that call a language model, each with an instruction.")

library, draft = materials.programs(), session.draft()
templates = library.templates
render_templates(templates.values(), draft.program, key="program.choose", on_choose=choose_program)
render_broken_programs(library.faults)
if draft.program not in templates:
    st.info("Choose a program to see its stages.", icon=":material/account_tree:")
    st.stop()
template = templates[draft.program]

st.subheader("Stages")
render_stage_graph(template)

st.subheader("Fields")
if draft.dataset not in {each.id for each in materials.datasets()}:
    st.info("The program needs examples to work on.", icon=":material/table:")
    with st.container(horizontal=True):
        if st.button("Choose data", key="program.data", type="primary"):
            st.switch_page("views/data.py")
        if bundled := materials.bundled_datasets().get(template.dataset):
            st.button(
                f"Use {bundled.title}",
                key="program.bundled",
                on_click=choose_bundled,
                args=(bundled.name,),
            )
    st.stop()
st.text(f"Data: {draft.dataset_name}")
columns = list(materials.dataset(draft.dataset).frame.columns)
mapping = render_field_mapping(
    template, draft, columns, key=f"program.map.{template.name}.{draft.dataset}"
)
draft = session.update_draft(mapping=mapping)
if template.passages is not None:
    corpora = materials.corpora(template.passages)
    passages = render_corpus(corpora, draft.passages, key=f"program.corpus.{template.name}")
    draft = session.update_draft(passages=passages)
draft = session.update_draft(
    metric=render_metric(draft.metric, key=f"program.metric.{template.name}")
)
if draft.missing:
    st.stop()

try:
    config = draft.config(title=template.title)
    task = materials.task(config)
except StudioError as error:
    render_problem("Program and data do not fit together.", str(error))
    st.stop()
st.subheader("Predictors")
render_predictors(task.predictors)

st.subheader("Try it")
st.caption("One example through the program as it is now, before any optimization.")
number = render_example_choice(task.val, key=f"program.example.{draft.dataset}")
if config.task_model.is_offline:
    render_offline_notice()
else:
    st.text(f"Task model: {config.task_model.label}")
attempt = f"{config.model_dump_json()} {number}"
if st.button("Try it", key="program.try", icon=":material/play_arrow:"):
    try:
        with st.spinner("Asking the model"):
            session.keep_tried(attempt, materials.tried_example(config, number))
    except StudioError as error:
        render_problem("The example cannot be tried.", str(error))
if result := session.tried(attempt):
    render_tried(result, task.val[number], template=template, metric=task.metric)
if st.button("Continue to configure", key="program.continue", type="primary"):
    st.switch_page("views/configure.py")
