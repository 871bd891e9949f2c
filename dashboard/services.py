"""Runs, with their caches: start them, read them, append what people decide.

Caches hold what all viewers share: one incremental state per run, figures per change of it. A page
asks here (or `materials`) and draws; it never reads a database itself.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import streamlit as st

from core.errors import ConfigError, DatasetNotFound, InputError, RunNotFound
from core.evaluation.evaluator import PromptRun, Trace
from core.results.comparison import MOST_ROWS, Comparison, compare, comparison_rows
from core.results.comparison import eval_traces as read_traces
from core.results.export import (
    PROGRAM_FILE,
    SNIPPET_FILE,
    ExportFile,
    examples_csv,
    program_json,
    python_snippet,
    trials_csv,
)
from core.results.run_results import RunResults
from core.runs.config import RunConfig
from core.runs.demo import create_demo_run
from core.runs.events import PauseRequested, ResumeRequested, StopRequested
from core.runs.liveness import RunStatus, status_of
from core.runs.snapshot import Snapshot
from core.runs.state import ENDED
from core.runs.store import StoredRun
from core.storage.location import database_url
from core.worker import launcher
from dashboard.charts.predictions import predictions_figure
from dashboard.charts.score_history import score_history_figure
from dashboard.frames import candidate_columns
from dashboard.live_run import LiveRun
from dashboard.materials import store, task
from dashboard.run_list import BUSY, RunRow, run_row

PERSON = "dashboard"
"""Who asks, as far as is known."""


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
    """The run as of now, folding only what is new; None when there is no such run."""
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
        status=status_of(results.status, run, time.time()),
    )


@st.cache_data(show_spinner=False, max_entries=32)
def _score_chart(run_id: str, version: tuple[int, int], _results: RunResults) -> str:
    trials, labels = _results.tables.trials, _results.labels
    baseline = _results.baseline.val if _results.baseline else None
    return str(score_history_figure(trials, labels, baseline, run=run_id).to_json())


@st.cache_data(show_spinner=False, max_entries=32)
def _predictions_chart(run_id: str, version: tuple[int, int], _results: RunResults) -> str:
    return str(predictions_figure(_results.tables.candidates, run=run_id).to_json())


@st.cache_resource(show_spinner=False, max_entries=32)
def _candidate_table(run_id: str, version: tuple[int, int], _results: RunResults) -> pd.DataFrame:
    return candidate_columns(_results.tables.candidates)


def candidate_table(view: RunView) -> pd.DataFrame:
    """The candidates as people read them, built once per change. Nobody may change the table."""
    return _candidate_table(view.run.id, view.version, view.results)


def score_chart(view: RunView) -> str:
    """The scores over the trials as Plotly JSON, built once per change for all viewers."""
    return _score_chart(view.run.id, view.version, view.results)


def predictions_chart(view: RunView) -> str:
    """Predicted beside observed scores as Plotly JSON, built once per change for all viewers."""
    return _predictions_chart(view.run.id, view.version, view.results)


@st.cache_data(show_spinner=False, max_entries=128, ttl=60)
def proposal(run_id: str, trace: str) -> PromptRun | None:
    """What the proposer was sent and what it replied; None when no trace was kept."""
    found = store().traces(run_id, [trace])
    return PromptRun.model_validate_json(found[trace]) if trace in found else None


@st.cache_data(show_spinner=False, max_entries=64)
def _comparison(run_id: str, seq: int, candidates: tuple[str, ...]) -> Comparison:
    run = store().run(run_id)
    return compare(_live_run(run_id).scored(store(), run, candidates), seed=run.config.seed)


def comparison(view: RunView, candidates: tuple[str, ...]) -> Comparison:
    """Two to four candidates on the validation examples they share, the reference first."""
    return _comparison(view.run.id, view.results.seq, candidates)


def eval_traces(
    view: RunView, candidates: Sequence[str], examples: Sequence[str]
) -> dict[tuple[str, str], Trace]:
    """(candidate, example) → what happened, for those that left a trace."""
    return read_traces(store(), view.run.id, candidates, examples)


def differing_examples(view: RunView, comparison: Comparison) -> pd.DataFrame:
    """The examples on which the candidates differ, with what each of them answered."""
    try:
        known = {each.id: each for each in task(view.run.config).val}
    except (InputError, DatasetNotFound):  # deleted since; the scores stand without the texts
        known = {}
    shown = comparison.differing[:MOST_ROWS]
    traces = eval_traces(view, comparison.candidates, shown)
    return comparison_rows(comparison, view.results.short_labels, known, traces)


ExportKind = Literal["DSPy program", "Python", "Trials", "Examples"]


@st.cache_data(show_spinner=False, max_entries=16)
def _exported(
    run_id: str, version: tuple[int, int], kind: ExportKind, candidate: str, _view: RunView
) -> ExportFile:
    results, config = _view.results, _view.run.config
    label = results.short_labels[candidate]
    match kind:
        case "DSPy program":
            text = program_json(task(config), results.texts(candidate))
            return ExportFile(name=PROGRAM_FILE, mime="application/json", text=text)
        case "Python":
            text = python_snippet(task(config), config, store())
            return ExportFile(name=SNIPPET_FILE, mime="text/x-python", text=text)
        case "Trials":
            text = trials_csv(results.tables.trials, results.labels)
            return ExportFile(name="trials.csv", mime="text/csv", text=text)
        case "Examples":
            text = _examples_csv(_view, candidate)
            return ExportFile(name=f"examples_{label}.csv", mime="text/csv", text=text)


def exported(view: RunView, kind: ExportKind, candidate: str) -> ExportFile:
    """One of the files that a run can be taken home as.

    Raises:
        InputError: data and program do not fit together any more.
        DatasetNotFound: the dataset or the corpus has been removed.
    """
    return _exported(view.run.id, view.version, kind, candidate, view)


def _examples_csv(view: RunView, candidate: str) -> str:
    prepared, live = task(view.run.config), _live_run(view.run.id)
    val = live.scored(store(), view.run, [candidate])[candidate]
    test = live.scored(store(), view.run, [candidate], test=True)[candidate]
    found = eval_traces(view, [candidate], [*val, *test])
    traces = {example: trace for (_, example), trace in found.items()}
    parts = {"val": (prepared.val, val), "test": (prepared.test, test)}
    return examples_csv(parts, traces)


def pause(run_id: str) -> None:
    """Ask the worker to start nothing more."""
    store().append(run_id, [PauseRequested(by=PERSON)])


def resume(view: RunView, max_calls: int | None = None) -> None:
    """Ask the worker to go on, or start one where none lives; `max_calls` replaces the cap."""
    store().append(view.run.id, [ResumeRequested(by=PERSON, max_calls=max_calls)])
    if view.status == "interrupted":
        launcher.start(view.run.id, database_url())


def stop(view: RunView) -> None:
    """Ask the worker to end the run and keep the best; where none lives, one is started for it."""
    store().append(view.run.id, [StopRequested(by=PERSON)])
    if view.status == "interrupted":
        launcher.start(view.run.id, database_url())


def runs() -> list[tuple[StoredRun, Snapshot | None]]:
    """All runs, newest first, each with its snapshot."""
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
    launcher.start(run_id, database_url())
    return run_id


def start_demo() -> str:
    """The id of a new demo run whose worker has been started."""
    run_id = create_demo_run(store())
    launcher.start(run_id, database_url())
    return run_id


def run_rows() -> list[RunRow]:
    """All runs, newest first."""
    now = time.time()
    return [run_row(run, snapshot, now) for run, snapshot in runs()]


def listed_run(run_id: str) -> RunRow | None:
    """One run as the lists show it; None when there is no such run."""
    try:
        return run_row(store().run(run_id), store().snapshot(run_id), time.time())
    except RunNotFound:
        return None


def delete_run(run_id: str) -> None:
    """Remove a run with all its events.

    Raises:
        ConfigError: a worker is at it.
        RunNotFound: somebody else removed it.
    """
    row = listed_run(run_id)
    if row is not None and row.status in BUSY:
        raise ConfigError("A worker is at this run. Stop it first, then delete it.")
    store().delete(run_id)
    launcher.forget(run_id)
