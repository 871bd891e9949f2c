"""One example through the program as it is, on the Program page."""

import streamlit as st

from core.errors import StudioError
from core.programs.template import ProgramTemplate
from core.runs.config import RunConfig
from core.runs.preparation import Task
from dashboard import materials, session
from dashboard.components.notices import render_offline_notice, render_problem
from dashboard.components.tried_example import render_example_choice, render_tried


def show_one(config: RunConfig, task: Task, template: ProgramTemplate) -> None:
    """Choose an example, run it, and see every stage of it."""
    st.subheader("Try it")
    st.caption("One example through the program as it is now, before any optimization.")
    number = render_example_choice(task.val, key=f"program.example.{config.dataset}")
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
