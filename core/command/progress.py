"""The progress bar of the command line: reads the store like any other viewer."""

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import NoReturn

from tqdm import tqdm

from core.runs.store import Store

EVERY = 0.5
"""Seconds between two looks."""


@contextlib.contextmanager
def watched(run_id: str, store: Store, *, quiet: bool) -> Iterator[None]:
    """Show the run's progress on stderr while the block runs."""
    if quiet:
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_show, args=(run_id, store, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _show(run_id: str, store: Store, ended: threading.Event) -> None:
    bar: tqdm[NoReturn]
    with tqdm(unit="call", file=sys.stderr, dynamic_ncols=True) as bar:
        while not ended.wait(EVERY):
            _update(bar, run_id, store)
        _update(bar, run_id, store)


def _update(bar: "tqdm[NoReturn]", run_id: str, store: Store) -> None:
    snapshot = store.snapshot(run_id)
    if snapshot is None:
        return
    done = snapshot.summary.usage.calls
    bar.total = done + (snapshot.remaining_calls or 0)
    bar.n = done
    best = snapshot.summary.best
    scored = f" best {best.score:.1%} (n = {best.n})" if best else ""
    bar.set_description(f"{snapshot.summary.phase or 'starting'}{scored}", refresh=False)
    bar.refresh()
