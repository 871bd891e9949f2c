"""The app in process, on a SQLite store of its own."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.data.bundled import bundled, bundled_dataset
from core.data.dataset import FieldMapping
from core.runs.config import RunConfig
from core.runs.decisions import StopRequested
from core.runs.store import Store
from core.search.budget import Budget
from core.storage.location import open_store

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
# The process object is let go on purpose: workers outlive whoever started them.
starts_a_worker = pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")
SMALL = Budget(
    name="exact", instructions=2, demo_sets=2, trials=2, minibatch=5, full_every=2, val_cap=10
)


@pytest.fixture
def store(tmp_path, monkeypatch) -> Store:
    """The store that the app uses; its caches are empty."""
    monkeypatch.setenv("STUDIO_DB", f"sqlite:///{tmp_path / 'studio.db'}")
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    st.cache_data.clear()
    st.cache_resource.clear()
    return open_store()


@pytest.fixture
def open_page(store) -> Callable[..., AppTest]:
    """`open_page("data")` is the Data page as a new visitor sees it; keywords are query params."""

    def opened(page: str, **params: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=30)
        if page == "home":
            for name, value in params.items():
                app.query_params[name] = value
            return app.run()
        app.run()
        app.switch_page(f"views/{page}.py")
        for name, value in params.items():
            app.query_params[name] = value
        return app.run()

    return opened


def texts(app: AppTest) -> list[str]:
    """Everything that is drawn as plain text."""
    return [each.value for each in app.text]


def button(app: AppTest, label: str):
    """The first button with this label."""
    return next(each for each in app.button if each.label == label)


def labels(app: AppTest) -> list[str]:
    """The labels of all buttons."""
    return [each.label for each in app.button]


def run_in_url(app: AppTest) -> str | None:
    """The run that the URL names."""
    value = app.query_params.get("run")
    return value[0] if isinstance(value, list) else value


def iris_config(store: Store, **changes: object) -> RunConfig:
    """Settings of a tiny run on the bundled iris data."""
    entry, dataset = bundled()["iris"], bundled_dataset("iris")
    config = RunConfig(
        name="Tiny run",
        program="classification",
        dataset=store.put_dataset(dataset),
        dataset_name=dataset.name,
        mapping=FieldMapping(
            inputs={name: name for name in entry.inputs},
            outputs={name: name for name in entry.outputs},
        ),
        metric="exact_match",
        budget=SMALL,
    )
    return config.model_copy(update=changes)


@pytest.fixture
def stop_workers(store) -> Iterator[None]:
    """Afterwards, ask the worker of every run to stop and wait until each has let its run go."""
    yield
    for run in store.runs():
        store.append(run.id, [StopRequested(by="test")])
    deadline = time.monotonic() + 30
    ended = {"run_finished", "run_stopped", "run_failed"}
    for run in store.runs():
        while not {record.event.kind for record in store.since(run.id, 0)} & ended:
            assert time.monotonic() < deadline, f"the worker of {run.id} did not stop"
            time.sleep(0.2)
