"""A planted key is in nothing that a run writes, whatever provider or program do with it."""

import sys
import time
from pathlib import Path

import pytest
from starlette.responses import JSONResponse

from core.command.export import export
from core.command.report import report
from core.data.dataset import FieldMapping
from core.data.readers import read
from core.errors import ConfigError
from core.export.formats import FORMATS
from core.lm.connection import LMConfig
from core.runs.config import RunConfig
from core.search.budget import Budget
from core.storage.location import open_store
from core.worker import launcher
from core.worker.session import work
from tests.providers.faults import FAULTS
from tests.providers.openai_server import digest, formatted, requested_fields, serving

KEY = "sk-planted-9f8e7d6c5b4a"
NAME = "PLANTED_API_KEY"

CRASHING = f"""
import os, sys, threading
print("on stdout", os.environ[{NAME!r}], flush=True)
print("on stderr", os.environ[{NAME!r}], file=sys.stderr, flush=True)
thread = threading.Thread(target=lambda: 1 / 0, name=os.environ[{NAME!r}])
thread.start(); thread.join()
raise RuntimeError("crashed with " + os.environ[{NAME!r}])
"""


def respond(messages):
    """Repeatable answers of the right types to all that a run asks."""
    mark = int(digest(messages), 16)
    answers = {"answer": ("no", "yes", "yes")[mark % 3], "doubts": str(mark % 5)}
    return formatted({name: answers.get(name, f"{mark}") for name in requested_fields(messages)})


async def echo(request, body, text):
    """401, with all that was sent repeated in the message."""
    said = f"Incorrect API key provided: {request.headers['authorization']}"
    return JSONResponse({"error": {"message": said, "code": "invalid_api_key"}}, status_code=401)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDIO_DB", f"sqlite:///{tmp_path / 'studio.db'}")
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    monkeypatch.delenv(NAME, raising=False)
    return tmp_path


def config(store, base, **changes):
    rows = "\n".join(f"Is item {i} fine?,{'yes' if i % 3 else 'no'}" for i in range(14))
    dataset = read("items.csv", f"question,answer\n{rows}\n".encode())
    model = LMConfig(model="m", api_base=base, api_key_env=NAME, retries=0)
    settings = {
        "name": "Planted",
        "program": "tests.providers.two_stages:TEMPLATE",
        "dataset": store.put_dataset(dataset),
        "dataset_name": dataset.name,
        "mapping": FieldMapping(inputs={"question": "question"}, outputs={"answer": "answer"}),
        "metric": "exact_match",
        "budget": Budget(name="exact", instructions=2, demo_sets=2, trials=2, minibatch=3),
        "task_model": model,
        "prompt_model": model,
        "teacher_model": model,
        "concurrency": 2,
    }
    return RunConfig(**{**settings, **changes})


def holders(folder: Path) -> list[str]:
    """The files below the folder in which the key is."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [str(path) for path in files if KEY.encode() in path.read_bytes()]


def test_a_key_that_the_provider_repeats_is_in_no_file(home, monkeypatch):
    monkeypatch.setenv(NAME, KEY)
    monkeypatch.setitem(FAULTS, "echo", echo)
    store = open_store()
    with serving(respond, from_call=(20, "echo")) as (base, server):
        run_id = store.create(config(store, base))
        state = work(run_id, store, cache=launcher.cache_folder(run_id), waits_when_paused=False)
        assert state.status == "paused"
        assert server.seen.keys[0] == f"Bearer {KEY}"
        assert any("Bearer (the key)" in str(record) for record in store.since(run_id, 0))
        server.behaviour.from_call = None
        state = work(run_id, store, cache=launcher.cache_folder(run_id), waits_when_paused=False)
        assert state.status == "finished"
    out = home / "out"
    for form in FORMATS:
        (out / form).mkdir(parents=True)
        export(run_id, store, form, str(out / form / "file"))
    for name in ("report.html", "report.md"):
        report(run_id, store, out / name)
    assert holders(home) == []


def test_a_key_that_a_crashing_worker_prints_is_not_in_its_log(home, monkeypatch):
    (home / "crashing_program.py").write_text(CRASHING)
    monkeypatch.setenv("PYTHONPATH", f"{home}{':'.join(['', *sys.path])}")
    store = open_store()
    chosen = config(store, "http://127.0.0.1:9/v1", program="crashing_program:PROGRAM")
    run_id = store.create(chosen)
    launcher.start(run_id, keys={NAME: KEY})
    deadline = time.monotonic() + 60
    while "run_failed" not in {record.event.kind for record in store.since(run_id, 0)}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    log = (launcher.cache_folder(run_id) / "worker.log").read_text()
    assert "on stdout (the key)" in log
    assert "on stderr (the key)" in log
    assert holders(home) == []


def test_without_its_key_a_worker_writes_nothing_and_the_run_can_go_on(home, monkeypatch):
    store = open_store()
    with serving(respond) as (base, _):
        run_id = store.create(config(store, base))
        with pytest.raises(ConfigError, match=f"{NAME}' is not set"):
            work(run_id, store, cache=None, waits_when_paused=False)
        assert list(store.since(run_id, 0)) == []
        monkeypatch.setenv(NAME, KEY)
        assert work(run_id, store, cache=None, waits_when_paused=False).status == "finished"
