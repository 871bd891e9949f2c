"""One run per wish: the second half of an impatient double click starts nothing.

How late a click is handled says nothing about how late it was made, so no time decides. A click
means the run that the one before started, until the page has been drawn without a click: whoever
wants another run sees the button anew first.

While another click waits, Streamlit runs the page for it in a thread beside the first one, which
it interrupts as soon as that touches the page or the session. What a click starts therefore runs to
its end in a thread that nothing interrupts, others wait for it, and what came of it is kept beside
the session.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field

from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from dashboard import session

KEPT = 3600.0
"""Seconds after which a start is forgotten in any case, so that none is kept for ever."""


@dataclass(kw_only=True)
class _Start:
    at: float
    run: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while it is being started."""


_STARTS: dict[tuple[str, str], _Start] = {}
"""(tab, button) → what it started, in all tabs of this server."""


def started_once(button: str, start: Callable[[], str]) -> str:
    """The run that `start` creates; for the second half of a double click, the one before.

    Where the button is drawn and nobody has clicked, say `may_start_again`.
    """
    known = _STARTS.setdefault((session.tab(), button), _Start(at=time.monotonic()))
    with known.lock:
        if known.run is None:
            known.run = _uninterrupted(start)
        return known.run


def may_start_again(button: str) -> None:
    """Have the next click on this button start another run."""
    oldest = time.monotonic() - KEPT
    for key in [key for key, each in list(_STARTS.items()) if each.at < oldest]:
        _STARTS.pop(key, None)
    _STARTS.pop((session.tab(), button), None)


def _uninterrupted(start: Callable[[], str]) -> str:
    context = get_script_run_ctx()

    def begin() -> None:
        add_script_run_ctx(threading.current_thread(), context)

    with ThreadPoolExecutor(1, initializer=begin) as thread:
        return thread.submit(copy_context().run, start).result()
