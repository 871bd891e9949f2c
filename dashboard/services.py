"""Every cache of the dashboard, and its only access to the store.

Caches hold what all viewers share: one incremental `RunState` per run, figures per (run, seq). A
page asks here and draws; it never reads a database itself.
"""

import threading
import time
from dataclasses import dataclass, field

import streamlit as st

from core.data.bundled import Bundled, bundled, bundled_dataset
from core.data.dataset import Dataset, FieldMapping
from core.data.profile import Profile, profile
from core.data.readers import read
from core.data.split import Split, SplitConfig, split
from core.errors import ConfigError, RunNotFound
from core.evaluation.evaluator import ExampleResult, evaluate_example
from core.lm.connection import LMConfig, connect
from core.programs.registry import templates
from core.programs.template import ProgramTemplate
from core.runs.config import RunConfig
from core.runs.demo import create_demo_run
from core.runs.liveness import RunStatus, status_of
from core.runs.preparation import Task, prepare
from core.runs.snapshot import Snapshot
from core.runs.state import ENDED, RunState
from core.runs.store import Store, StoredDataset, StoredRun
from core.storage.location import database_url, open_store
from core.worker import launcher
from dashboard.costs import PromptSample, prompt_sample
from dashboard.run_list import RunRow, run_row


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The store named by `STUDIO_DB`, opened once per server."""
    return open_store()


@dataclass
class _LiveState:
    """One run's state, shared by all viewers; `lock` keeps two ticks from folding at once."""

    state: RunState = field(default_factory=RunState)
    lock: threading.Lock = field(default_factory=threading.Lock)


@st.cache_resource(show_spinner=False, max_entries=32)
def _live_state(run_id: str) -> _LiveState:
    return _LiveState()


@dataclass(frozen=True, kw_only=True)
class RunView:
    """All that a page needs of a run, read in one go."""

    run: StoredRun
    state: RunState
    snapshot: Snapshot | None
    status: RunStatus
    """What the screen calls the run's state; `interrupted` included."""


def run_view(run_id: str) -> RunView | None:
    """The run as of now, folding only what is new; None when there is no such run."""
    try:
        run = store().run(run_id)
    except RunNotFound:
        return None
    live = _live_state(run_id)
    with live.lock:
        if run.seq > live.state.seq:
            live.state.fold(store().since(run_id, live.state.seq))
    snapshot = store().snapshot(run_id)
    return RunView(
        run=run,
        state=live.state,
        snapshot=snapshot,
        status=status_of(live.state.status, run, time.time()),
    )


def runs() -> list[tuple[StoredRun, Snapshot | None]]:
    """All runs, newest first, each with its snapshot."""
    snapshots = store().snapshots()
    return [(run, snapshots.get(run.id)) for run in store().runs()]


def programs() -> dict[str, ProgramTemplate]:
    """Name → template."""
    return templates()


def datasets() -> list[StoredDataset]:
    """Stored datasets, newest first."""
    return store().datasets()


def bundled_datasets() -> dict[str, Bundled]:
    """Name → bundled dataset."""
    return bundled()


@st.cache_resource(show_spinner=False, max_entries=16)
def dataset(dataset_id: str) -> Dataset:
    """A stored dataset; its content never changes, so it is read once. Do not change its frame."""
    return store().dataset(dataset_id)


@st.cache_resource(show_spinner=False, max_entries=16)
def dataset_profile(dataset_id: str) -> Profile:
    """The profile of a stored dataset."""
    return profile(dataset(dataset_id))


def keep_upload(name: str, content: bytes) -> Dataset:
    """The dataset in an uploaded file, which is stored now.

    Raises:
        DatasetError: the file cannot be used; nothing is stored.
    """
    loaded = read(name, content)
    store().put_dataset(loaded)
    return loaded


def keep_bundled(name: str) -> Dataset:
    """A bundled dataset, which is stored now."""
    loaded = bundled_dataset(name)
    store().put_dataset(loaded)
    return loaded


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


@st.cache_resource(
    show_spinner=False, max_entries=32, hash_funcs={FieldMapping: FieldMapping.model_dump_json}
)
def split_of(dataset_id: str, mapping: FieldMapping, config: SplitConfig) -> Split:
    """The three parts of a stored dataset.

    Raises:
        DatasetError: the columns or the shares cannot be used.
    """
    return split(dataset(dataset_id), mapping, config)


@st.cache_resource(
    show_spinner=False, max_entries=16, hash_funcs={RunConfig: RunConfig.model_dump_json}
)
def _task(config: RunConfig) -> Task:
    return prepare(config, store())


def task(config: RunConfig) -> Task:
    """The program, examples and metric that these settings describe. Do not change them.

    Raises:
        InputError: data, program and settings do not fit together.
        DatasetNotFound: the dataset or the corpus has been removed.
    """
    same = {"name": "", "task_model": LMConfig(), "prompt_model": LMConfig(), "max_calls": None}
    return _task(config.model_copy(update=same))


def tried_example(config: RunConfig, number: int) -> ExampleResult:
    """What the program makes of validation example `number`, run here and now.

    Raises:
        InputError: as `task`, or the key of the task model is not set.
    """
    prepared = task(config)
    model = config.task_model.model_copy(update={"delay": 0.0, "timeout": 30.0, "retries": 1})
    return evaluate_example(
        prepared.program,
        prepared.val[number],
        metric=prepared.metric,
        lm=connect(model, role="task model"),
    )


@st.cache_resource(
    show_spinner=False, max_entries=16, hash_funcs={RunConfig: RunConfig.model_dump_json}
)
def _sample(config: RunConfig) -> PromptSample | None:
    return prompt_sample(tried_example(config, 0))


def sample_of(config: RunConfig) -> PromptSample | None:
    """How long the program's prompts are, from one example with the offline model."""
    same = {"name": "", "task_model": LMConfig(), "prompt_model": LMConfig(), "max_calls": None}
    return _sample(config.model_copy(update=same))


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


def delete_run(run_id: str) -> None:
    """Remove a run with all its events.

    Raises:
        ConfigError: a worker is at it.
        RunNotFound: somebody else removed it.
    """
    view = run_view(run_id)
    if view is not None and view.status in ("queued", "running", "paused"):
        raise ConfigError("A worker is at this run. Stop it first, then delete it.")
    store().delete(run_id)
