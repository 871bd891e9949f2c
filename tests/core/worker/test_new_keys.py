"""A key that stops working half-way is replaced while the run's worker waits in the pause."""

import json
import time

import pytest

from core.cli import main
from core.data.dataset import FieldMapping
from core.data.readers import read
from core.lm.connection import LMConfig
from core.runs.config import RunConfig
from core.runs.state import RunState
from core.search.budget import Budget
from core.storage.location import open_store
from core.worker import launcher
from core.worker.log import last_words
from tests.providers.openai_server import respond_by_hash, serving

NAME = "SHORT_LIVED_API_KEY"
OLD, NEW = "sk-old-0123456789", "sk-new-9876543210"
HALF_WAY = 12


def script(asked):
    """The old key is taken for so many calls."""
    return "refuse" if OLD in asked.key and asked.number >= HALF_WAY else None


def config(store, base):
    rows = "\n".join(f"Is item {i} fine?,{'yes' if i % 2 else 'no'}" for i in range(20))
    dataset = read("items.csv", f"question,answer\n{rows}\n".encode())
    model = LMConfig(model="m", api_base=base, api_key_env=NAME, retries=0)
    return RunConfig(
        name="Short-lived",
        program="classification",
        dataset=store.put_dataset(dataset),
        dataset_name=dataset.name,
        mapping=FieldMapping(inputs={"question": "question"}, outputs={"answer": "answer"}),
        metric="exact_match",
        budget=Budget(name="exact", instructions=2, demo_sets=2, trials=2, minibatch=3),
        task_model=model,
        prompt_model=model,
        concurrency=2,
    )


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDIO_DB", f"sqlite:///{tmp_path / 'studio.db'}")
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    return open_store()


def until(store, run_id, status):
    deadline = time.monotonic() + 60
    while (state := RunState().fold(store.since(run_id, 0))).status != status:
        assert time.monotonic() < deadline, (state.status, last_words(run_id, since=None))
        time.sleep(0.05)
    return state


@pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")
def test_resume_takes_a_waiting_run_over_with_the_keys_of_now(store, monkeypatch, capsys):
    with serving(respond_by_hash, script=script) as (base, server):
        run_id = store.create(config(store, base))
        launcher.start(run_id, keys={NAME: OLD})
        paused = until(store, run_id, "paused")
        assert paused.message.endswith("(LMAuthError): Incorrect API key provided")
        monkeypatch.setenv(NAME, NEW)
        asked = server.seen.arrived
        assert main(["resume", run_id, "--quiet", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["status"] == "finished"
        assert set(server.seen.keys[asked:]) == {f"Bearer {NEW}"}
    records = store.since(run_id, 0)
    workers = [each.event.worker for each in records if each.event.kind == "run_started"]
    assert len(set(workers)) == len(workers) == 2
