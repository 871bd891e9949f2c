import pytest

from core.runs.config import RunConfig
from core.runs.liveness import STALE_AFTER, START_GRACE, status_of
from core.runs.store import StoredRun
from core.worker.session import HEARTBEAT
from tests.known_optimum import made_up_config

NOW = 10_000.0


def run(*, heartbeat, created=NOW - 100):
    config: RunConfig = made_up_config()
    return StoredRun(id="r", created=created, config=config, seq=3, heartbeat=heartbeat)


@pytest.mark.parametrize("status", ["running", "paused", "queued"])
def test_a_run_whose_worker_lives_is_what_its_log_says(status):
    assert status_of(status, run(heartbeat=NOW - 1), NOW) == status


@pytest.mark.parametrize("status", ["running", "paused", "queued"])
def test_a_run_whose_worker_is_silent_is_interrupted(status):
    assert status_of(status, run(heartbeat=NOW - STALE_AFTER - 0.1), NOW) == "interrupted"


@pytest.mark.parametrize("status", ["finished", "stopped", "failed"])
def test_an_ended_run_stays_ended_whatever_its_heartbeat(status):
    assert status_of(status, run(heartbeat=None), NOW) == status
    assert status_of(status, run(heartbeat=0.0), NOW) == status


def test_a_new_run_waits_for_its_worker_and_is_interrupted_when_none_comes():
    new = run(heartbeat=None, created=NOW - 5)
    assert status_of("queued", new, NOW) == "queued"
    assert status_of("queued", new, NOW + START_GRACE) == "interrupted"


def test_a_living_worker_has_several_heartbeats_to_miss():
    assert STALE_AFTER >= 3 * HEARTBEAT
