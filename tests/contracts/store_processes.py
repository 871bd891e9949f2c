"""What tests of a store do in several processes at once, each with its own connections."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from typing import Any

from core.runs import events as ev
from core.storage.sql import SqlStore
from tests.contracts.store_contract import CONFIG, WRITERS, follow, write_batches

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])  # the slow imports once, then cheap forks of that

_together: Barrier


def at_once(work: Callable[..., Any], url: str, *arguments: Any) -> list[Any]:
    """What `work(url, *arguments, number)` gave in each of five processes that began together."""
    count = WRITERS + 1
    with ProcessPoolExecutor(
        count, _CONTEXT, initializer=_meet, initargs=(_CONTEXT.Barrier(count),)
    ) as processes:
        jobs = [
            processes.submit(_begin_together, work, url, *arguments, number)
            for number in range(count)
        ]
        return [job.result(timeout=60) for job in jobs]


def process(work: Callable[..., None], *arguments: Any) -> Any:
    """A process that works until it is killed."""
    return _CONTEXT.Process(target=work, args=arguments, daemon=True)


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
