"""Which run a page shows, and what it says when there is none."""

import streamlit as st

from core.runs.config import RunConfig
from core.search.family import FAMILY
from dashboard.components.notices import render_offline_notice


def render_run_head(config: RunConfig) -> None:
    """Name, program, data, metric and models as text; says so when a model is the offline one."""
    st.text(config.name)
    parts = [
        config.program,
        FAMILY[config.optimizer].title,
        config.dataset_name,
        f"metric {config.metric}",
        f"task model {config.task_model.label}",
        f"prompt model {config.prompt_model.label}",
        *([f"teacher model {config.teacher_model.label}"] if config.teacher_model else []),
        *(f"judge {each.label}" for each in dict.fromkeys(config.judge_models)),
    ]
    st.text(" · ".join(parts))
    if config.uses_offline_model:
        render_offline_notice()


def render_no_run(run_id: str | None) -> None:
    """The empty state: no run is open, or the one in the URL does not exist."""
    with st.container(border=True):
        if run_id is None:
            st.markdown("**No run is open.** Start the demo, or open one of your runs.")
        else:
            st.markdown("**This run does not exist.** It may have been deleted.")
            st.text(f"Run {run_id}")
        with st.container(horizontal=True):
            st.page_link("views/home.py", label="Home", icon=":material/home:")
            st.page_link("views/runs.py", label="All runs", icon=":material/list:")
