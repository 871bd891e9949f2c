"""Runs, with their caches: start them, read them, append what people decide.

Caches hold what all viewers share: one incremental state per run, figures per change of it. A page
asks here (or `materials`) and draws; it never reads a database itself.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from core.errors import ConfigError, DatasetNotFound, InputError, RunNotFound, RunUnreadable
from core.evaluation.evaluator import PromptRun
from core.export.files import one_file
from core.export.formats import FORMATS
from core.export.source import Source, facts
from core.programs.candidate import Candidate
from core.report.data import ReportKind
from core.report.gathering import facts_of, report_data, task_of
from core.report.html import report_html
from core.report.markdown import report_markdown
from core.results.run_results import RunResults
from core.runs.authoring import queued_candidate
from core.runs.branching import branch
from core.runs.config import RunConfig
from core.runs.course import ENDED
from core.runs.decisions import PauseRequested, ResumeRequested, StopRequested
from core.runs.demo import create_demo_run
from core.runs.events import Event, TrialFinished
from core.runs.liveness import RunStatus, has_worker, status_of
from core.runs.planned import budget_of
from core.runs.snapshot import Snapshot
from core.runs.state import RunState
from core.runs.store import StoredRun, UnreadableRun
from core.worker import launcher
from core.worker.log import last_words
from dashboard import connections, session
from dashboard.charts.predictions import MOST_SHOWN, predictions_figure
from dashboard.charts.score_history import score_history_figure
from dashboard.live_run import LiveRun
from dashboard.materials import store, task
from dashboard.run_list import BUSY, RunRow, may_be_taken_up, run_row

T = TypeVar("T")


@st.cache_resource(show_spinner=False, max_entries=32)
def _live_run(run_id: str) -> LiveRun:
    return LiveRun()


@dataclass(frozen=True, kw_only=True)
class RunView:
    """All that a page needs of a run, read in one go. Plain values: later folds change nothing."""

    run: StoredRun
    results: RunResults
    """Shared by all viewers; nobody may change its tables."""
    snapshot: Snapshot | None
    status: RunStatus
    """What the screen calls the run's state; `interrupted` included."""

    @property
    def version(self) -> tuple[int, int]:
        """Changes whenever the results do."""
        return self.results.seq, self.snapshot.seq if self.snapshot else -1


def run_view(run_id: str) -> RunView | None:
    """The run as of now, folding only what is new; None when there is no such run.

    Raises:
        RunUnreadable: its settings or events are of another version, or damaged.
    """
    try:
        run = store().run(run_id)
        snapshot = store().snapshot(run_id)
        results = _live_run(run_id).results(store(), run, snapshot)
    except RunNotFound:
        return None
    return RunView(
        run=run,
        results=results,
        snapshot=snapshot,
        status=status_of(results.status, run, time.time(), asked=results.last_event_at),
    )


@st.cache_data(show_spinner=False, max_entries=32)
def _score_chart(run_id: str, version: tuple[int | str | None, ...], _results: RunResults) -> str:
    tables, labels = _results.tables, _results.labels
    baseline = _results.baseline.val if _results.baseline else None
    figure = score_history_figure(tables.chart_trials, tables.full, labels, baseline, run=run_id)
    return str(figure.to_json())


@st.cache_data(show_spinner=False, max_entries=32)
def _predictions_chart(
    run_id: str, shown: tuple[str, ...], version: int, _results: RunResults
) -> str:
    candidates = _results.tables.candidates_named(shown)
    return str(predictions_figure(candidates, run=run_id).to_json())


def score_chart(view: RunView) -> str:
    """The scores over the trials as Plotly JSON, built once per change for all viewers."""
    return _score_chart(view.run.id, view.results.tables.chart_version, view.results)


def predictions_chart(view: RunView) -> str:
    """Predicted beside observed scores as Plotly JSON, built once per change for all viewers."""
    tables = view.results.tables
    shown = tuple(tables.leading(MOST_SHOWN + 2))  # baseline and best may predict little
    version = tables.scores_version(shown)
    return _predictions_chart(view.run.id, shown, version, view.results)


@st.cache_data(show_spinner=False, max_entries=128, ttl=60)
def proposal(run_id: str, trace: str) -> PromptRun | None:
    """What the proposer was sent and what it replied; None when no trace was kept."""
    found = store().traces(run_id, [trace])
    return PromptRun.model_validate_json(found[trace]) if trace in found else None


def export_source(view: RunView, candidate: str) -> Source:
    """The run as the page shows it, for one of `core.export.formats`."""
    return Source(
        run_id=view.run.id,
        config=view.run.config,
        results=view.results,
        snapshot=view.snapshot,
        facts=ask(view.run.id, facts),
        store=store(),
        chosen=candidate,
    )


def exported(view: RunView, name: str, candidate: str) -> bytes:
    """The content of one of the files that a run can be taken home as, made now.

    Raises:
        InputError: data and program do not fit together any more.
        DatasetNotFound: the dataset or the corpus has been removed.
    """
    return one_file(FORMATS[name].make(export_source(view, candidate))).content


@st.cache_data(show_spinner=False, max_entries=16)
def _preview(
    run_id: str, version: tuple[int, int], name: str, candidate: str, _view: RunView
) -> str:
    return FORMATS[name].make(export_source(_view, candidate))[0].text


def export_preview(view: RunView, name: str, candidate: str) -> str:
    """The text of one of the files, made once per change. Raises what `exported` does."""
    return _preview(view.run.id, view.version, name, candidate, view)


def missing_data(view: RunView) -> str | None:
    """Why data and program can no longer be read; None when they can."""
    try:
        task(view.run.config)
    except (InputError, DatasetNotFound) as error:
        return str(error)
    return None


@st.cache_data(show_spinner=False, max_entries=8)
def _report(run_id: str, version: tuple[int, int], kind: ReportKind, _view: RunView) -> str:
    results, config = _view.results, _view.run.config
    facts = ask(run_id, lambda state: facts_of(state, config, results))
    task = task_of(config, store())
    data = report_data(_view.run, results, facts, _view.snapshot, store(), task)
    return report_html(data) if kind == "html" else report_markdown(data)


def report(view: RunView, kind: ReportKind) -> str:
    """The run told for somebody who was not there: one HTML file, or Markdown."""
    return _report(view.run.id, view.version, kind, view)


def ask(run_id: str, question: Callable[[RunState], T]) -> T:
    """What `question` makes of the run's state as it is now; it must keep nothing of it.

    Raises:
        RunNotFound: there is no such run.
    """
    return _live_run(run_id).ask(store(), store().run(run_id), question)


def pause(run_id: str) -> None:
    """Ask the worker to start nothing more."""
    store().append(run_id, [PauseRequested(by=session.person())])


def resume(view: RunView, max_calls: int | None = None) -> None:
    """Ask the worker to go on, or start one where none lives; `max_calls` replaces the cap.

    A worker that waits in a pause hands over to one with the keys that this tab has now.
    """
    hand_over = view.status == "paused" and connections.can_start(view.run.config)
    asked = ResumeRequested(by=session.person(), max_calls=max_calls, hand_over=hand_over)
    store().append(view.run.id, [asked])
    if hand_over or view.status == "interrupted":
        connections.start_worker(view.run.id)


def stop(view: RunView) -> None:
    """Ask the worker to end the run and keep the best; where none lives, one is started for it."""
    store().append(view.run.id, [StopRequested(by=session.person())])
    if view.status == "interrupted":
        connections.start_worker(view.run.id)


def worker_log(view: RunView) -> str | None:
    """The end of what the run's last worker printed; None when it ended without a word."""
    return last_words(view.run.id, since=view.run.heartbeat)


def runs() -> list[tuple[StoredRun, Snapshot | None]]:
    """All runs that can be read, newest first, each with its snapshot."""
    snapshots = store().snapshots()
    return [(run, snapshots.get(run.id)) for run in store().runs()]


def delete_dataset(dataset_id: str) -> None:
    """Remove a stored dataset.

    Raises:
        ConfigError: a run that has not ended still needs it.
        DatasetNotFound: somebody else removed it.
    """
    users = [
        row for row in run_rows() if dataset_id in (row.run.config.dataset, row.run.config.passages)
    ]
    if waiting := [row for row in users if row.status not in ENDED]:
        raise ConfigError(
            f"The run {waiting[0].run.config.name!r} still needs this dataset. "
            "Stop or delete the run first."
        )
    store().delete_dataset(dataset_id)


def start_run(config: RunConfig) -> str:
    """The id of a new run whose worker has been started."""
    run_id = store().create(config)
    connections.start_worker(run_id)
    return run_id


@dataclass(frozen=True, kw_only=True)
class BranchPlan:
    """How a branch differs from the run that it begins from."""

    name: str
    optimizer: str
    """One of `core.runs.config.OptimizerName`."""
    trials: int
    max_calls: int | None
    review: bool = False
    """It waits for a review of its own before it searches."""
    upto: int | None = None
    """The last event that it takes over; None for all."""
    first: Candidate | None = None
    """What it evaluates before anything else."""


def start_branch(view: RunView, plan: BranchPlan) -> str:
    """The id of a new run that begins with what this one has, its worker started.

    Raises:
        ConfigError: the plan cannot be used.
    """
    config, by = view.run.config, session.person()
    budget = ask(view.run.id, lambda state: budget_of(config, state))
    run_id = branch(
        store(),
        view.run.id,
        by=by,
        upto=plan.upto,
        name=plan.name,
        optimizer=plan.optimizer,
        budget=budget.model_copy(update={"trials": plan.trials}),
        max_calls=plan.max_calls,
        review=plan.review,
    )
    if (first := plan.first) is not None:
        wish = ask(run_id, lambda state: queued_candidate(state, first, by=by))
        store().append(run_id, [wish])
    connections.start_worker(run_id)
    return run_id


def seq_after_trial(run_id: str, number: int) -> int | None:
    """Place in the log of the end of this trial; None while it has none."""
    ends = (
        seq
        for seq, event in store().since(run_id, 0)
        if isinstance(event, TrialFinished) and event.number == number
    )
    return next(ends, None)


def start_demo() -> str:
    """The id of a new demo run whose worker has been started."""
    run_id = create_demo_run(store())
    connections.start_worker(run_id)
    return run_id


def run_rows() -> list[RunRow]:
    """All runs that can be read, newest first."""
    now = time.time()
    return [run_row(run, snapshot, now, _later(run, snapshot)) for run, snapshot in runs()]


def _later(run: StoredRun, snapshot: Snapshot | None) -> list[Event]:
    """What was appended after the end that the snapshot tells of; usually nothing."""
    if snapshot is None or not may_be_taken_up(run, snapshot):
        return []
    try:
        return [event for _, event in store().since(run.id, snapshot.seq)]
    except (RunNotFound, RunUnreadable):
        return []


def unreadable_runs() -> list[UnreadableRun]:
    """The runs that are in no list because this version cannot read their settings."""
    return store().unreadable_runs()


def listed_run(run_id: str) -> RunRow | None:
    """One run as the lists show it; None when there is no such run, or it cannot be read."""
    try:
        run, snapshot = store().run(run_id), store().snapshot(run_id)
        return run_row(run, snapshot, time.time(), _later(run, snapshot))
    except (RunNotFound, RunUnreadable):
        return None


def delete_run(run_id: str) -> None:
    """Remove a run with all its events, whether it can be read or not.

    Raises:
        ConfigError: a worker is at it.
        RunNotFound: somebody else removed it.
    """
    row = listed_run(run_id)
    if row is not None and row.status in BUSY:
        raise ConfigError("A worker is at this run. Stop it first, then delete it.")
    if row is None and _is_busy_elsewhere(run_id):
        raise ConfigError(
            "A worker of another version is at this run. Stop it there first, then delete it."
        )
    store().delete(run_id)
    launcher.forget(run_id)


def _is_busy_elsewhere(run_id: str) -> bool:
    now = time.time()
    return any(has_worker(each.heartbeat, now) for each in unreadable_runs() if each.id == run_id)
