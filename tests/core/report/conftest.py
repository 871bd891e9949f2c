"""Runs to report on."""

import pytest

from core.report.gathering import report_of
from core.storage.memory import MemoryStore
from tests import hostile_run, run_log


@pytest.fixture(scope="session")
def hostile():
    """The report of a run whose every text is an attack."""
    store = MemoryStore()
    return report_of(hostile_run.hostile_run(store), store)


@pytest.fixture(scope="session")
def iris():
    """The report of a finished run on iris."""
    store = MemoryStore()
    run_id, _, _ = run_log.iris_run(store)
    return report_of(run_id, store)
