"""Configure: models, budget and limits; what the run may take; start."""

import streamlit as st

from core.errors import StudioError
from core.lm.connection import LMConfig
from core.search.budget import preset
from core.search.family import FAMILY
from dashboard import connections, materials, services, session
from dashboard.components.budget_settings import render_budget_settings
from dashboard.components.call_estimate import render_call_estimate
from dashboard.components.failure_settings import render_failure_settings
from dashboard.components.model_choice import render_model_choice
from dashboard.components.notices import render_offline_notice, render_problem
from dashboard.components.optimizer_choice import render_optimizer_choice
from dashboard.components.review_settings import (
    locks_that_hold,
    render_locks,
    render_review_choice,
)
from dashboard.costs import phase_costs
from dashboard.readiness import obstacle, warnings
from dashboard.starting import may_start_again, started_once

st.title("Configure")
st.caption("Which models, how much of them, and what it may cost.")

draft = session.draft()
templates = materials.programs(draft.program).templates
stored = {each.id for each in materials.datasets()}
if draft.dataset not in stored or draft.split_mapping is None:
    st.info("A run needs a dataset with input and output columns.", icon=":material/table:")
    if st.button("Choose data", key="configure.data", type="primary"):
        st.switch_page("views/data.py")
    st.stop()
if draft.missing or draft.program not in templates:
    st.info("A run needs a program that is mapped to the data.", icon=":material/account_tree:")
    if st.button("Choose a program", key="configure.program", type="primary"):
        st.switch_page("views/program.py")
    st.stop()
template = templates[draft.program]
try:
    given = materials.task(draft.config(title=template.title))
except StudioError as error:
    render_problem("Program and data do not fit together.", str(error))
    st.stop()

predictors = len(given.predictors)
draft = session.update_draft(locks=locks_that_hold(given.predictors, draft.locks))

st.text(f"{template.title} on {draft.dataset_name}")
name = st.text_input(
    "Name of the run",
    draft.name or "",
    key="configure.name",
    placeholder=f"{template.title} on {draft.dataset_name}",
    max_chars=120,
)

saved = connections.saved()
task_side, prompt_side, teacher_side = st.columns(3)
with task_side:
    task_model = render_model_choice(
        "Task model", draft.task_model, saved, key="configure.task.model"
    )
with prompt_side:
    prompt_model = render_model_choice(
        "Prompt model", draft.prompt_model, saved, key="configure.prompt.model"
    )
with teacher_side:
    teacher_model = render_model_choice(
        "Teacher model",
        draft.teacher_model,
        saved,
        key="configure.teacher.model",
        instead="The task model",
    )
if LMConfig().model in {each.model for each in (task_model, prompt_model) if each}:
    render_offline_notice()
st.page_link("views/models.py", label="Connect models, test and set them up", icon=":material/hub:")

st.subheader("Optimizer")
optimizer = render_optimizer_choice(FAMILY, draft.optimizer, key="configure.optimizer")
shape = FAMILY[optimizer].shape

st.subheader("Budget")
budget = render_budget_settings(
    draft.budget or preset("light", predictors, shape),
    predictors=predictors,
    val=len(given.split.val),
    shape=shape,
    key="configure.budget",
)
seed_side, concurrency_side, cap_side, _ = st.columns(4)
seed = seed_side.number_input("Seed", 0, value=draft.seed, key="configure.seed")
concurrency = concurrency_side.number_input(
    "Concurrency",
    1,
    256,
    draft.concurrency,
    key="configure.concurrency",
    help="Examples and proposals in flight together.",
)
max_calls = cap_side.number_input(
    "Most LM calls",
    1,
    value=draft.max_calls,
    key="configure.cap",
    placeholder="no cap",
    help="The search ends early enough to stay below it. If failures use it up, the run pauses and "
    "can be resumed with a higher one.",
)
on_failure = render_failure_settings(draft.on_failure, key="configure")
st.subheader("Before the search")
review = render_review_choice(draft.review, key="configure.review")
if render_locks(
    given.predictors,
    draft.locks,
    marked=given.locks,
    change=lambda locks: session.update_draft(locks=locks),
    key="configure",
):
    st.rerun()
draft = session.update_draft(
    name=name,
    task_model=task_model or draft.task_model,
    prompt_model=prompt_model or draft.prompt_model,
    teacher_model=teacher_model,
    optimizer=optimizer,
    budget=budget,
    seed=seed,
    concurrency=concurrency,
    max_calls=max_calls,
    on_failure=on_failure,
    review=review,
)
config = draft.config(title=template.title, predictors=predictors)
task = materials.task(config)

st.subheader("What it will take")
render_call_estimate(phase_costs(task.estimate(config), config, materials.sample_of(config)))
for warning in warnings(task, config):
    st.caption(f":material/info: {warning}")

reason = obstacle(task, config)
if reason:
    render_problem("The run cannot start yet.", reason)
if st.button(
    "Start the run",
    key="configure.start",
    type="primary",
    icon=":material/play_arrow:",
    disabled=reason is not None,
):
    run_id = started_once("configure.start", lambda: services.start_run(config))
    session.open_run(run_id)
    st.switch_page("views/monitor.py", query_params={"run": run_id})
may_start_again("configure.start")
