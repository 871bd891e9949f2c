"""Asks the run's task model what the Playground's columns make of an input. Writes to no run."""

import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import streamlit as st

from core.errors import ConfigError
from core.lm.connection import MeteredLM, connect
from core.lm.keys import carried
from core.lm.usage import Usage
from core.runs.config import RunConfig
from core.runs.preparation import Task
from core.runs.state import RunState
from dashboard import services, session
from dashboard.components.playground_run_bar import RunPlan
from dashboard.materials import metric_of
from dashboard.playground import Bench, Column, Taken, answer

_BENCH = "playground.bench"
AT_ONCE = 6
"""Columns that are asked together, over all who use this server."""
AT_LEAST = 1.0
"""Seconds that the page waits for answers before it shows that it waits."""


@st.cache_resource(show_spinner=False)
def _pool() -> ThreadPoolExecutor:
    # it does: the answer is asked for anew, and a model may differ even at temperature 0
    warnings.filterwarnings("ignore", message="rollout_id has no effect")
    return ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="playground")


def bench(run: str) -> Bench:
    """What this tab has asked of the run's candidates."""
    kept = session.chosen(_BENCH)
    if isinstance(kept, tuple) and kept[0] == run:
        own: Bench = kept[1]
        return own
    fresh = Bench()
    session.choose(_BENCH, (run, fresh))
    return fresh


def is_waiting(run: str) -> bool:
    """Whether an answer is still to come."""
    return bench(run).collect(time.monotonic())


def problem_of(config: RunConfig) -> str | None:
    """Why the task model cannot be asked, and what to do; None when it can, as far as is known."""
    try:
        _connected(config)
    except ConfigError as error:
        return str(error)
    return None


def plan(
    view: services.RunView, task: Task, columns: Sequence[Column], taken: Taken | None
) -> RunPlan:
    """What pressing Run would ask."""
    can = [each for each in columns if not each.empty] if taken else []
    answers = bench(view.run.id).answers
    missing = {each.key(taken) for each in can if taken} - answers.keys()
    runs, spent = services.ask(view.run.id, _spent)
    asked = [view.run.config.task_model, *task.metric.judges]
    return RunPlan(
        model=" and its judge ".join(dict.fromkeys(each.label for each in asked)),
        offline=view.run.config.task_model.is_offline,
        columns=len({each.key(taken) for each in can if taken}),
        missing=len(missing),
        calls_per_run=task.template.calls_per_run,
        spent=spent,
        runs=runs,
    )


def ask(
    view: services.RunView,
    task: Task,
    columns: Sequence[Column],
    taken: Taken,
    *,
    afresh: bool = False,
) -> None:
    """Have every column without an answer asked, or each of them afresh, and wait a moment.

    Raises:
        ConfigError: the task model or a judge cannot be asked.
    """
    own, lm = bench(view.run.id), _connected(view.run.config)
    if task.metric.judges and taken.is_scored:
        task = replace(task, metric=metric_of(view.run.config))
    own.repetition += afresh
    for column in columns:
        key = column.key(taken)
        if not column.empty and (afresh or key not in own.answers):
            work = partial(answer, task, column, taken, lm=lm, repetition=own.repetition)
            own.ask(_pool(), key, carried(work), time.monotonic())
    own.collect(time.monotonic(), patience=AT_LEAST)


def _connected(config: RunConfig) -> MeteredLM:
    """The run's task model, with less patience than a run has: somebody is waiting."""
    model = config.task_model.model_copy(update={"delay": 0.0, "timeout": 30.0, "retries": 1})
    return connect(model, role="task model")


def _spent(state: RunState) -> tuple[int, Usage]:
    """Runs of the program that were paid for in full, and what they took."""
    known = state.spent.values()
    return sum(each.runs for each in known), sum((each.usage for each in known), Usage())
