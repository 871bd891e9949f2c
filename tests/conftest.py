"""What is set before any test module is imported, and the fixtures of all tests."""

import os
import sys

import pytest

# before any test imports them: a plain `assert` of theirs tells no values otherwise
pytest.register_assert_rewrite(
    "tests.contracts.store_contract", "tests.contracts.pipeline_store_contract"
)

from tests.forked import Nursery  # noqa: E402
from tests.studio_home import move_in  # noqa: E402

# Small matrices only: more threads would fight for the cores with the workers under test.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folder in which this test's studio keeps everything."""
    return move_in(tmp_path, monkeypatch)


@pytest.fixture
def own_module(tmp_path, monkeypatch):
    """Writes a module of people's own where Python finds it during the test; gives its name."""
    name = f"own_{tmp_path.name.replace('-', '_')}"
    monkeypatch.syspath_prepend(tmp_path)

    def written(text):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        return name

    yield written
    sys.modules.pop(name, None)


@pytest.fixture(scope="session")
def nursery():
    """Starts real workers in milliseconds; to start the nursery itself takes seconds."""
    with Nursery() as started:
        yield started
