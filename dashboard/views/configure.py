"""Configure: models, budget and limits; what the run may take; start."""

import streamlit as st

from core.errors import StudioError
from core.runs.config import PROPOSER_TEMPERATURE
from core.search.budget import preset
from core.search.family import FAMILY
from dashboard import materials, services, session
from dashboard.components.budget_settings import render_budget_settings
from dashboard.components.call_estimate import render_call_estimate
from dashboard.components.model_settings import render_model_settings
from dashboard.components.notices import render_problem
from dashboard.components.optimizer_choice import render_optimizer_choice
from dashboard.components.review_settings import (
    locks_that_hold,
    render_locks,
    render_review_choice,
)
from dashboard.costs import phase_costs
from dashboard.readiness import obstacle, warnings

st.title("Configure")
st.caption("Which models, how much of them, and what it may cost.")

draft = session.draft()
templates = materials.programs().templates
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

task_side, prompt_side = st.columns(2)
with task_side.container(border=True, height="stretch"):
    st.markdown("**Task model**")
    st.caption("Runs the program on your examples: most of the calls.")
    task_model = render_model_settings(
        "Task model", draft.task_model, key="configure.task", is_set=materials.is_set
    )
with prompt_side.container(border=True, height="stretch"):
    st.markdown("**Prompt model**")
    st.caption("Describes data and program, and writes instructions: few calls.")
    prompt_model = render_model_settings(
        "Prompt model",
        draft.prompt_model,
        key="configure.prompt",
        is_set=materials.is_set,
        temperature=f"{PROPOSER_TEMPERATURE:g}",
    )

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
    optimizer=optimizer,
    budget=budget,
    seed=seed,
    concurrency=concurrency,
    max_calls=max_calls,
    review=review,
)
config = draft.config(title=template.title, predictors=predictors)
task = materials.task(config)

st.subheader("What it will take")
render_call_estimate(phase_costs(task.estimate(config), config, materials.sample_of(config)))
for warning in warnings(task, config):
    st.caption(f":material/info: {warning}")

models_missing = task_model is None or prompt_model is None
reason = "Complete the model settings first." if models_missing else obstacle(task, config)
if reason:
    render_problem("The run cannot start yet.", reason)
if st.button(
    "Start the run",
    key="configure.start",
    type="primary",
    icon=":material/play_arrow:",
    disabled=reason is not None,
):
    run_id = session.started_once("configure.start", lambda: services.start_run(config))
    session.open_run(run_id)
    st.switch_page("views/monitor.py", query_params={"run": run_id})
