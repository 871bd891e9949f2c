"""A key that stops working half-way is replaced while the run's worker waits in the pause."""

import json

import pytest

from core.cli import main
from core.lm.connection import LMConfig
from core.storage.location import open_store
from core.worker import launcher
from core.worker.log import last_words
from tests.providers.openai_server import respond_by_hash, serving
from tests.run_log import replay
from tests.served_run import served_config
from tests.waiting import wait_until

NAME = "SHORT_LIVED_API_KEY"
OLD, NEW = "sk-old-0123456789", "sk-new-9876543210"
HALF_WAY = 12


def script(asked):
    """The old key is taken for so many calls."""
    return "refuse" if OLD in asked.key and asked.number >= HALF_WAY else None


def told(store, run_id):
    """Where the run stands, and what its worker printed at its end."""
    return replay(store, run_id).status, last_words(run_id, since=None)


@pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")
@pytest.mark.usefixtures("home")
def test_resume_takes_a_waiting_run_over_with_the_keys_of_now(monkeypatch, capsys):
    store = open_store()
    with serving(respond_by_hash, script=script) as (base, server):
        model = LMConfig(model="m", api_base=base, api_key_env=NAME, retries=0)
        run_id = store.create(served_config(store, model, items=20, concurrency=2))
        launcher.start(run_id, keys={NAME: OLD})
        wait_until(lambda: replay(store, run_id).status == "paused", lambda: told(store, run_id))
        assert replay(store, run_id).message.endswith("(LMAuthError): Incorrect API key provided")
        monkeypatch.setenv(NAME, NEW)
        asked = server.seen.arrived
        assert main(["resume", run_id, "--quiet", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["status"] == "finished"
        assert set(server.seen.keys[asked:]) == {f"Bearer {NEW}"}
    records = store.since(run_id, 0)
    workers = [each.event.worker for each in records if each.event.kind == "run_started"]
    assert len(set(workers)) == len(workers) == 2
