"""What tests of a store do in several processes at once, each with its own connections."""

import multiprocessing
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from types import ModuleType
from typing import Any

import pytest

from core.runs import events as ev
from core.storage.sql import SqlStore
from tests.contracts.store_contract import CONFIG, WRITERS, follow, write_batches

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])  # the slow imports once, then cheap forks of that

_together: Barrier


def at_once(work: Callable[..., Any], url: str, *arguments: Any) -> list[Any]:
    """What `work(url, *arguments, number)` gave in each of five processes that began together."""
    count = WRITERS + 1
    with (
        _without_main(),
        ProcessPoolExecutor(
            count, _CONTEXT, initializer=_meet, initargs=(_CONTEXT.Barrier(count),)
        ) as processes,
    ):
        jobs = [
            processes.submit(_begin_together, work, url, *arguments, number)
            for number in range(count)
        ]
        return [job.result(timeout=60) for job in jobs]


@contextmanager
def _without_main() -> Iterator[None]:
    """Processes do not run the main module first: a test of a page may have left one of its own."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        yield


def process(work: Callable[..., None], *arguments: Any) -> Any:
    """A process that works, from now on, until it is killed."""
    started = _CONTEXT.Process(target=work, args=arguments, daemon=True)
    with _without_main():
        started.start()
    return started


def open_fresh(url: str, number: int) -> str:
    """Open the database and create a run in it."""
    return SqlStore(url).create(CONFIG.model_copy(update={"name": str(number)}))


def write_or_follow(url: str, run_id: str, number: int) -> list[Any]:
    """The last process reads while the others write."""
    store = SqlStore(url)
    if number < WRITERS:
        write_batches(store, run_id, number)
        return []
    return follow(store, run_id)


def claim(url: str, run_id: str, number: int) -> bool:
    """Whether this process got the run."""
    return SqlStore(url).claim(run_id, f"worker {number}", stale_after=60)


def write_for_ever(url: str, run_id: str) -> None:
    """Append three events and a trace at a time."""
    store = SqlStore(url)
    while True:
        store.append(run_id, [ev.Resumed()] * 3, {"last": "1"})


def _meet(barrier: Barrier) -> None:
    global _together
    _together = barrier


def _begin_together(work: Callable[..., Any], *arguments: Any) -> Any:
    _together.wait(timeout=60)
    return work(*arguments)
