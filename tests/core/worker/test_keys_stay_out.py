"""A planted key is in nothing that a run writes, whatever provider or program do with it."""

import sys

import pytest

from core.errors import ConfigError
from core.lm.connection import LMConfig
from core.storage.location import open_store
from core.worker import launcher
from core.worker.session import work
from tests.planted_keys import echo_in_error, files_with, take_home
from tests.providers.faults import FAULTS
from tests.providers.openai_server import serving
from tests.run_log import replay
from tests.served_run import TWO_STAGES, respond_with_types, served_config
from tests.waiting import wait_until

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


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv(NAME, raising=False)


def config(store, base, program=TWO_STAGES):
    model = LMConfig(model="m", api_base=base, api_key_env=NAME, retries=0)
    return served_config(store, model, program=program, teacher_model=model, concurrency=2)


def test_a_key_that_the_provider_repeats_is_in_no_file(home, monkeypatch):
    monkeypatch.setenv(NAME, KEY)
    monkeypatch.setitem(FAULTS, "echo", echo_in_error)
    store = open_store()
    with serving(respond_with_types, from_call=(20, "echo")) as (base, server):
        run_id = store.create(config(store, base))
        state = work(run_id, store, cache=launcher.cache_folder(run_id), waits_when_paused=False)
        assert state.status == "paused"
        assert server.seen.keys[0] == f"Bearer {KEY}"
        assert any("Bearer (the key)" in str(record) for record in store.since(run_id, 0))
        server.behaviour.from_call = None
        state = work(run_id, store, cache=launcher.cache_folder(run_id), waits_when_paused=False)
        assert state.status == "finished"
    take_home(run_id, store, home / "out")
    assert files_with(KEY, home) == []


def test_a_key_that_a_crashing_worker_prints_is_not_in_its_log(home, monkeypatch):
    (home / "crashing_program.py").write_text(CRASHING)
    monkeypatch.setenv("PYTHONPATH", f"{home}{':'.join(['', *sys.path])}")
    store = open_store()
    chosen = config(store, "http://127.0.0.1:9/v1", program="crashing_program:PROGRAM")
    run_id = store.create(chosen)
    launcher.start(run_id, keys={NAME: KEY})
    wait_until(lambda: replay(store, run_id).status == "failed")
    log = (launcher.cache_folder(run_id) / "worker.log").read_text()
    assert "on stdout (the key)" in log
    assert "on stderr (the key)" in log
    assert files_with(KEY, home) == []


@pytest.mark.usefixtures("home")
def test_without_its_key_a_worker_writes_nothing_and_the_run_can_go_on(monkeypatch):
    store = open_store()
    with serving(respond_with_types) as (base, _):
        run_id = store.create(config(store, base))
        with pytest.raises(ConfigError, match=f"{NAME}' is not set"):
            work(run_id, store, cache=None, waits_when_paused=False)
        assert list(store.since(run_id, 0)) == []
        monkeypatch.setenv(NAME, KEY)
        assert work(run_id, store, cache=None, waits_when_paused=False).status == "finished"
