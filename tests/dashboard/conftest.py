"""The app in process, on a SQLite store of its own."""

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
from tests.run_log import replay
from tests.waiting import wait_until

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
# The process object is let go on purpose: workers outlive whoever started them.
starts_a_worker = pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")
SMALL = Budget(
    name="exact", instructions=2, demo_sets=2, trials=2, minibatch=5, full_every=2, val_cap=10
)


@pytest.fixture
def store(home) -> Store:
    """The store that the app uses; its caches are empty."""
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
    for run in store.runs():
        wait_until(lambda run=run: replay(store, run.id).is_ended, lambda run=run: run.id)
