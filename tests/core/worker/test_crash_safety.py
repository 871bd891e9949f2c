"""Whatever kills, stops or starves a worker, the log stays whole and the run ends as it would have.

Real processes and a real server that counts what is paid for. Each disturbed run is compared with
one that nobody disturbed, at concurrency 1, where a run is repeatable to the letter.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from core.runs.events import RunStarted
from core.runs.scores import best_candidate
from core.search.budget import Budget
from core.storage.location import open_store
from core.worker.launcher import cache_folder
from core.worker.log import last_words
from tests.providers.openai_server import Latency, respond_by_hash, serving
from tests.run_log import replay
from tests.served_run import served_config
from tests.studio_home import database, database_file, forget_heartbeat, move_in

ROOT = Path(__file__).resolve().parents[3]
KILLS = 30
BUDGET = Budget(
    name="exact", instructions=3, demo_sets=3, trials=6, minibatch=5, full_every=3, val_cap=12
)
SPENT_ON_ENDS = {"at", "seconds", "usage", "shares", "worker"}
"""What may differ between two runs that did the same."""


@pytest.fixture(scope="module")
def provider():
    """(base address, server): answers alike to whoever asks alike, after a few milliseconds."""
    with serving(respond_by_hash, latency=Latency(median=0.003, sigma=0.5)) as (base, server):
        yield base, server


class Run:
    """A run on the server, and what was asked for it."""

    def __init__(self, provider, nursery):
        base, self._server = provider
        self.nursery = nursery
        self.store = open_store()
        self._server.seen.requests.clear()
        config = served_config(self.store, base, items=60, budget=BUDGET, concurrency=1)
        self.id = self.store.create(config)

    def start(self, **oddities):
        return self.nursery.worker(self.id, **oddities)

    def resume(self, **oddities):
        """Another worker, without waiting until the one before counts as dead."""
        forget_heartbeat(self.id)
        return self.start(**oddities)

    def wait_for(self, events, pid=None, timeout=60):
        """Until the log has so many events, or the worker has ended."""
        deadline = time.monotonic() + timeout
        while self.store.run(self.id).seq < events:
            if pid is not None and self.nursery.ended(pid) is not None:
                return
            assert time.monotonic() < deadline, "the run does not go on"
            time.sleep(0.003)

    def records(self):
        return self.store.since(self.id, 0)

    def state(self):
        return replay(self.store, self.id)

    def paid(self):
        """Request → how often it was answered."""
        return Counter(self._server.seen.requests)

    def printed(self):
        return (cache_folder(self.id) / "worker.log").read_text(encoding="utf-8")


def told(records):
    """What happened, without how long it took and who did it."""
    return [
        (event.kind, event.model_dump(mode="json", exclude=SPENT_ON_ENDS))
        for _, event in records
        if not isinstance(event, RunStarted)
    ]


@pytest.fixture(scope="module")
def undisturbed(provider, nursery, tmp_path_factory):
    """(what happened, what was paid) in the same run when nobody disturbs it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        move_in(tmp_path_factory.mktemp("undisturbed"), monkeypatch)
        run = Run(provider, nursery)
        assert nursery.wait(run.start()) == 0
        assert run.state().status == "finished"
        return told(run.records()), run.paid()


def check(run, undisturbed, *, twice):
    """The log is whole, the run ended as it would have, and at most `twice` calls were lost."""
    records = run.records()
    assert [record.seq for record in records] == list(range(1, len(records) + 1))
    state = run.state()
    assert state.status == "finished", run.printed()
    happened, paid = undisturbed
    assert told(records) == happened
    assert best_candidate(state) is not None
    asked = run.paid()
    assert set(asked) == set(paid)
    assert (asked - paid).total() <= twice
    with database() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_worker_killed_at_thirty_moments_of_all_phases_pays_only_for_what_was_in_flight(
    home, provider, nursery, undisturbed
):
    run, draw, phases, before = Run(provider, nursery), random.Random(7), set(), []
    pid = run.start()
    for moment in moments(undisturbed[0], draw):
        starts = 1 + sum(isinstance(event, RunStarted) for _, event in before)
        run.wait_for(moment + starts, pid)
        time.sleep(draw.uniform(0, 0.015))
        nursery.kill(pid)
        records = run.records()
        assert records[: len(before)] == before
        before = records
        phases.add(run.state().phase)
        pid = run.resume()
    assert nursery.wait(pid) == 0
    assert phases == {None, "bootstrap", "propose", "search", "test"}
    check(run, undisturbed, twice=KILLS)


def moments(happened, draw):
    """Places in the log: two before its first event, seven at random in each of the four phases."""
    starts = [place for place, (kind, _) in enumerate(happened) if kind == "phase_changed"]
    ranges = zip(starts, [*starts[1:], len(happened) - 1], strict=True)
    drawn = [draw.randrange(first, last) for first, last in ranges for _ in range(7)]
    assert len(drawn) == KILLS - 2
    return [-1, -1, *sorted(drawn)]


def test_the_run_goes_on_when_the_dashboard_that_started_it_is_killed(
    home, provider, nursery, undisturbed
):
    run = Run(provider, nursery)
    # as `dashboard.services` does it, in the process group of a server whose terminal is closed
    script = (
        "import sys, time; from core.worker import launcher; "
        "launcher.start(sys.argv[1]); print(flush=True); time.sleep(60)"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", script, run.id],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    server.stdout.readline()
    run.wait_for(5)
    os.killpg(server.pid, signal.SIGKILL)
    server.communicate()
    killed_at = run.store.run(run.id).seq
    run.wait_for(len(undisturbed[0]) + 1)
    assert killed_at < len(undisturbed[0])
    check(run, undisturbed, twice=0)


@pytest.fixture
def small_disk(home, monkeypatch):
    """(fill, free) of a disk with nothing but the studio on it; None where none can be mounted."""
    disk = home / "disk"
    disk.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if not mounted or mounted.returncode:
        yield None
        return
    move_in(disk, monkeypatch)
    ballast = disk / "ballast"

    def fill():
        with ballast.open("wb", buffering=0) as file:
            for size in (1_000_000, 1_000, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))

    yield fill, ballast.unlink
    subprocess.run(["umount", "-l", str(disk)], check=True)


def starved(run, disk, patience, events):
    """A worker whose disk fills up once the log has so many events, and a way to make room."""
    if disk is not None:
        pid = run.start(patience=patience)
        run.wait_for(events)
        disk[0]()
        return pid, disk[1]
    size = database_file().stat().st_size
    return run.start(patience=patience, largest_file=size + 40_000), lambda: None


def test_a_worker_on_a_full_disk_ends_with_the_reason_and_the_run_is_resumed(
    home, provider, nursery, undisturbed, small_disk
):
    run = Run(provider, nursery)
    pid, free = starved(run, small_disk, patience=0.5, events=30)
    assert nursery.wait(pid) == 1
    assert "disk" in last_words(run.id, since=None)
    free()
    assert "Traceback" not in run.printed()
    assert not run.state().is_ended
    before = run.records()
    assert nursery.wait(run.resume()) == 0
    assert run.records()[: len(before)] == before
    check(run, undisturbed, twice=1)


def test_a_worker_on_a_full_disk_goes_on_by_itself_as_soon_as_there_is_room(
    home, provider, nursery, undisturbed, small_disk
):
    if small_disk is None:
        pytest.skip("Only root can mount a disk that is full and then is not.")
    run = Run(provider, nursery)
    pid, free = starved(run, small_disk, patience=60, events=50)
    time.sleep(1)
    assert nursery.ended(pid) is None
    free()
    assert nursery.wait(pid) == 0
    check(run, undisturbed, twice=0)


def test_a_database_that_is_locked_for_many_times_its_wait_costs_nothing(
    home, provider, nursery, undisturbed
):
    run = Run(provider, nursery)
    # a connection waits for 30 s and the lock lasts as long; here a tenth of a second, and two
    pid = run.start(busy_seconds=0.1)
    run.wait_for(40)
    with database() as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(2)
        assert nursery.ended(pid) is None
    assert nursery.wait(pid) == 0
    assert "database is locked" in run.printed()
    assert run.printed().splitlines()[-1] == "The database can be used again. The run goes on."
    check(run, undisturbed, twice=0)


@pytest.mark.parametrize("by", [3600.0, -3600.0])
def test_a_clock_that_jumps_changes_nothing(home, provider, nursery, undisturbed, by):
    run = Run(provider, nursery)
    pid = run.start(clock=by)
    run.wait_for(40)
    os.kill(pid, signal.SIGUSR1)
    assert nursery.wait(pid) == 0
    check(run, undisturbed, twice=0)
    times = [event.at for _, event in run.records()]
    assert max(abs(b - a) for a, b in zip(times, times[1:], strict=False)) > 3000
    assert 0 <= run.state().elapsed(time.time()) < 3700
    assert run.store.snapshot(run.id).summary.status == "finished"


def test_of_two_resumes_at_once_one_wins_and_the_other_says_so(
    home, provider, nursery, undisturbed
):
    run = Run(provider, nursery)
    pid = run.start()
    run.wait_for(20)
    nursery.kill(pid)
    codes = [nursery.wait(each) for each in [run.resume(), run.start()]]
    assert sorted(codes) in ([0, 1], [0, 0])  # 0 for one that waited until the other had finished
    said = f"run {run.id}: another worker is at it. Nothing was started.\n"
    assert run.printed() == said * codes.count(1)
    assert sum(isinstance(event, RunStarted) for _, event in run.records()) == 2
    check(run, undisturbed, twice=1)


def test_a_worker_that_slept_while_another_took_its_run_ends_without_writing(
    home, provider, nursery, undisturbed
):
    run = Run(provider, nursery)
    sleeper = run.start()
    run.wait_for(40)
    os.kill(sleeper, signal.SIGSTOP)
    heir = run.resume()
    run.wait_for(run.store.run(run.id).seq + 10)
    os.kill(sleeper, signal.SIGCONT)
    assert nursery.wait(sleeper) == 1
    assert run.printed() == f"run {run.id}: another worker has taken it over.\n"
    assert nursery.wait(heir) == 0
    check(run, undisturbed, twice=2)


def test_a_machine_that_was_suspended_goes_on_where_it_was(home, provider, nursery, undisturbed):
    run = Run(provider, nursery)
    pid = run.start()
    run.wait_for(40)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(1)
    os.kill(pid, signal.SIGCONT)
    assert nursery.wait(pid) == 0
    check(run, undisturbed, twice=0)
