"""The metric on the Program page: chosen, set, and tried on a few answers before a run."""

from collections.abc import Sequence

import streamlit as st

from core.data.dataset import Example
from core.errors import ConfigError, StudioError
from core.evaluation.evaluator import ExampleResult
from core.evaluation.metric_parameters import judges
from core.evaluation.metrics import fitting_metric
from core.runs.config import RunConfig
from core.runs.preparation import Task
from dashboard import connections, materials, session
from dashboard.components.metric_editor import Around, render_metric_editor
from dashboard.components.metric_trial import (
    render_hand_made,
    render_hand_made_score,
    render_trial,
    render_trial_cost,
)
from dashboard.components.notices import render_offline_notice, render_problem
from dashboard.components.tried_example import render_example_choice
from dashboard.draft import Draft
from dashboard.metric_choice import judge_warnings
from dashboard.metric_trial import (
    MOST_TRIED,
    metric_key,
    program_key,
    scored,
    scored_again,
    trial_costs,
)

MOST_VALUES = 200
"""Different expected values that the form looks at."""


def choose(draft: Draft) -> Draft:
    """The draft with its metric as set in the form; stops the page while it cannot be used."""
    outputs = draft.mapping.outputs if draft.mapping else {}
    frame = materials.dataset(str(draft.dataset)).frame
    expected = {
        field: list(frame[column].dropna().astype(object).drop_duplicates().head(MOST_VALUES))
        for field, column in outputs.items()
    }
    wish = render_metric_editor(
        str(draft.metric),
        draft.metric_parameters,
        Around(expected=expected, is_set=materials.is_set, saved=connections.saved()),
        key=f"program.metric.{draft.program}.{session.metric_form()}",
    )
    draft = session.update_draft(metric=wish.metric, metric_parameters=wish.parameters)
    if wish.renew:
        session.renew_metric_form()
        st.rerun()
    others = {
        "task model": draft.task_model,
        "prompt model": draft.prompt_model,
        "teacher model": draft.teacher_model,
    }
    for warning in judge_warnings(wish.metric, wish.parameters, others):
        with st.container(border=True, gap="xsmall"):
            st.markdown(":orange[:material/warning:] **The judge is not independent.**")
            st.text(warning)
    try:
        fitting_metric(wish.metric, wish.parameters, tuple(expected))
    except ConfigError as error:
        render_problem("The metric cannot be used yet.", str(error))
        st.stop()
    return draft


def show_trial(config: RunConfig, task: Task) -> None:
    """Ten answers under the metric, and one made by hand."""
    st.subheader("Try the metric")
    count = min(MOST_TRIED, len(task.val))
    st.caption(
        f"The program as it is answers {count} examples of the valset; see if the scores are what "
        "you would give. Once there are answers, another metric scores the same ones at no cost."
    )
    lines = trial_costs(count, task.sizes, config, materials.sample_of(config))
    judged_by = dict.fromkeys(judges(config.metric, config.metric_parameters))
    render_trial_cost(lines, [config.task_model.label, *(each.label for each in judged_by)])
    if any(each.is_offline for each in (config.task_model, *judged_by)):
        render_offline_notice()
    if st.button(
        f"Try the metric on {count} examples", key="program.trial", icon=":material/rule:"
    ):
        _answer(config, count)
    if (answers := session.answers(program_key(config))) is not None:
        _show_scores(config, task, answers)
    with st.expander("Score an answer of your own", icon=":material/edit:", key="program.hand"):
        _hand_made(config, task)


def _answer(config: RunConfig, count: int) -> None:
    try:
        with st.spinner(f"Answering {count} examples"):
            results = materials.tried_examples(config, count)
    except StudioError as error:
        render_problem("The examples cannot be tried.", str(error))
        return
    session.keep_answers(program_key(config), results)
    session.keep_scored(metric_key(config), results)


def _show_scores(config: RunConfig, task: Task, answers: tuple[ExampleResult, ...]) -> None:
    examples = task.val[: len(answers)]
    results = session.scored(metric_key(config))
    if results is None and not task.metric.calls:
        results = scored_again(answers, examples, task.metric)
        session.keep_scored(metric_key(config), results)
    if results is None:
        st.caption("The judge has not seen these answers yet, or not under these settings.")
        if not st.button(
            f"Have them judged ({len(answers) * task.metric.calls} LM calls)",
            key="program.judge",
            icon=":material/gavel:",
        ):
            return
        results = _judged(config, answers, examples)
        if results is None:
            return
        session.keep_scored(metric_key(config), results)
        st.rerun()
    render_trial(results, examples, key="program.trial")


def _judged(
    config: RunConfig, answers: Sequence[ExampleResult], examples: Sequence[Example]
) -> tuple[ExampleResult, ...] | None:
    try:
        with st.spinner("Asking the judge"):
            return scored_again(answers, examples, materials.metric_of(config))
    except ConfigError as error:
        render_problem("The judge cannot be asked.", str(error))
        return None


def _hand_made(config: RunConfig, task: Task) -> None:
    place = render_example_choice(task.val, key=f"program.hand.example.{config.dataset}")
    example = task.val[place]
    outputs = render_hand_made(example, key=f"program.hand.{config.dataset}.{example.id}")
    if task.metric.calls and not st.button(
        f"Ask the judge ({task.metric.calls} LM calls)"
        if task.metric.calls > 1
        else "Ask the judge (1 LM call)",
        key="program.hand.judge",
    ):
        st.caption("Without a press the judge is not asked.")
        return
    try:
        render_hand_made_score(scored(example, outputs, materials.metric_of(config)))
    except ConfigError as error:
        render_problem("The judge cannot be asked.", str(error))
