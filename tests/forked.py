"""Real worker processes that start in milliseconds: forks of one that has imported everything.

Each is killed, stopped or starved without harm to any other. `Nursery` runs in the tests; the
module itself, started as a process, is the parent that forks (`python -m tests.forked`).
"""

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.runs.store import RunStore

ROOT = Path(__file__).resolve().parents[1]


class Nursery:
    """Starts processes and tells how they ended. Ends those that are left with it."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.forked"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._children: set[int] = set()
        self._codes: dict[int, int] = {}

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, *_: object) -> None:
        for pid in list(self._children):
            self.kill(pid)
        self._parent.communicate()

    def worker(self, run_id: str, **oddities: Any) -> int:
        """The process id of `python -m core.worker RUN_ID`, on the database of this environment."""
        kept = ("STUDIO_DB", "STUDIO_HOME")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        pid = self._ask(start=run_id, environment=environment, oddities=oddities)
        self._children.add(pid)
        return pid

    def ended(self, pid: int) -> int | None:
        """Its exit code, negative for the signal that killed it; None while it lives."""
        if pid in self._children and (code := self._ask(ended=pid)) is not None:
            self._children.discard(pid)
            self._codes[pid] = code
        return self._codes.get(pid)

    def wait(self, pid: int, timeout: float = 60.0) -> int:
        """Its exit code, once it has ended."""
        deadline = time.monotonic() + timeout
        while (code := self.ended(pid)) is None:
            assert time.monotonic() < deadline, "the worker did not end"
            time.sleep(0.01)
        return code

    def kill(self, pid: int) -> int:
        """kill -9; its exit code, in case it had ended by itself before."""
        if self.ended(pid) is None:
            os.kill(pid, signal.SIGKILL)
        return self.wait(pid)

    def kill_after(self, pid: int, store: "RunStore", run_id: str, events: int) -> None:
        """kill -9 once the log has grown by so many events; what is in flight then is lost."""
        target = store.run(run_id).seq + events
        while store.run(run_id).seq < target and self.ended(pid) is None:
            time.sleep(0.005)
        self.kill(pid)

    def _ask(self, **said: Any) -> Any:
        pipe = self._parent
        pipe.stdin.write(f"{json.dumps(said)}\n")
        pipe.stdin.flush()
        return json.loads(pipe.stdout.readline())


def _start(run_id: str, environment: dict[str, str], oddities: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.environ.update(environment)
        code = _worker(run_id, **oddities)
    except BaseException:  # noqa: BLE001  a fork must never go on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _worker(run_id: str, **oddities: Any) -> int:
    """As the launcher starts it: in its own session, printing into the worker's log."""
    from core.worker import __main__ as worker
    from core.worker.launcher import cache_folder

    os.setsid()
    folder = cache_folder(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    log = os.open(folder / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for name, value in oddities.items():
        _ODDITIES[name](value)
    sys.argv[1:] = [run_id]
    code = worker.main()
    for thread in threading.enumerate():
        if thread.name.startswith("example"):
            thread.join()  # as the interpreter does at its end: calls in flight come back first
    return code


def _largest_file(size: int) -> None:
    """No file may grow beyond so many bytes; it fails as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _busy_seconds(seconds: float) -> None:
    from core.storage import database

    database.BUSY_SECONDS = seconds


def _patience(seconds: float) -> None:
    from core.worker.held_log import HeldLog

    HeldLog.__init__.__kwdefaults__["patience"] = seconds


def _clock(by: float) -> None:
    """SIGUSR1 sets the clock by so many seconds."""
    true, offset = time.time, [0.0]
    signal.signal(signal.SIGUSR1, lambda *_: offset.__setitem__(0, by))
    time.time = lambda: true() + offset[0]


_ODDITIES = {
    "largest_file": _largest_file,
    "busy_seconds": _busy_seconds,
    "patience": _patience,
    "clock": _clock,
}


def main() -> None:
    """Fork as told on stdin, one line of JSON each, until it is closed."""
    import core.worker.__main__  # noqa: F401  what a worker needs, once for all of them
    from core.programs.registry import program_library

    program_library()
    importlib.import_module("litellm")  # after core, which tells it not to ask the network
    for line in sys.stdin:
        said = json.loads(line)
        if "start" in said:
            reply: Any = _start(said["start"], said["environment"], said["oddities"])
        else:
            pid, status = os.waitpid(said["ended"], os.WNOHANG)
            reply = os.waitstatus_to_exitcode(status) if pid else None
        sys.stdout.write(f"{json.dumps(reply)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
