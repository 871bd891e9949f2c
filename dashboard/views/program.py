"""Program: pick a template, connect it to the data, and try it on one example."""

import streamlit as st

from core.errors import StudioError
from core.programs.source import source_of
from dashboard import materials, metric_sections, session
from dashboard.components.field_mapping import (
    render_corpus,
    render_field_mapping,
)
from dashboard.components.notices import render_problem
from dashboard.components.program_choice import (
    render_broken_programs,
    render_description,
    render_predictors,
    render_templates,
)
from dashboard.components.stage_graph import render_stage_graph
from dashboard.components.way_on import render_way_on
from dashboard.program_trial import show_one
from dashboard.suggestion import take_suggestion


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

library = materials.programs(session.draft().program)
templates = library.templates
suggestion = take_suggestion(templates)
draft = session.draft()
ahead = st.container()
if st.button("Build your own", key="program.build", icon=":material/construction:"):
    st.switch_page("views/build.py")
render_templates(
    templates.values(),
    draft.program,
    key="program.choose",
    on_choose=choose_program,
    suggested=suggestion.program if suggestion else None,
)
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
if draft.missing:
    st.stop()

st.subheader("Metric")
draft = metric_sections.choose(draft)
try:
    config = draft.config(title=template.title)
    task = materials.task(config)
except StudioError as error:
    render_problem("Program and data do not fit together.", str(error))
    st.stop()
with ahead:
    goes_on = render_way_on(
        "Suggested for your data" if suggestion else "Ready to use",
        f"{template.title} · metric: {task.metric.title}\n"
        f"{suggestion.why if suggestion else 'Look through it below, or go on.'}",
        "Use this program",
        key="program.ready",
    )
st.subheader("Predictors")
render_predictors(task.predictors)
render_description(
    draft.program_description,
    template.description,
    has_source=bool(source_of(task.program)),
    change=lambda told: session.update_draft(program_description=told),
    key=f"program.description.{template.name}",
)

show_one(config, task, template)
metric_sections.show_trial(config, task)
if st.button("Continue to configure", key="program.continue", type="primary") or goes_on:
    st.switch_page("views/configure.py")
