"""A run's log as the worker that holds the run writes it.

While the database is locked, full or away it waits and tries again, so that no answer that was paid
for is lost. Once the run is another worker's it refuses, however long this one was asleep.
Deliberately not here: signs of life and snapshots, of which one may be missed.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from core.errors import RunTaken, StoreUnavailable
from core.lm.keys import redaction
from core.runs.events import Event, event_to_json
from core.runs.store import Record, RunStore

PATIENCE = 600.0
"""Seconds for which a database that cannot be written is waited for."""

FIRST_WAIT = 0.25
LONGEST_WAIT = 10.0
"""Seconds between two attempts; they double."""

T = TypeVar("T")


def say(text: str) -> None:
    """Print for the worker's log, which may be on the very disk that is full."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)  # noqa: T201  this is what the process says


@dataclass(kw_only=True)
class HeldLog:
    """The log of one run, held by `worker`. For one thread."""

    store: RunStore
    worker: str
    taken: threading.Event
    """Set when the run is another worker's; ends a wait."""
    patience: float = PATIENCE
    clock: Callable[[], float] = time.monotonic
    say: Callable[[str], None] = say
    _seq: int = field(default=0, init=False)
    """The log was read up to here before the newest append."""

    def append(
        self, run_id: str, events: Iterable[Event], traces: Mapping[str, str] | None = None
    ) -> int:
        """As `RunStore.append`, once, however often it takes.

        Raises:
            RunTaken: the run is another worker's; nothing was written.
            StoreUnavailable: the database could not be written for as long as it was waited for.
        """
        kept = list(events)

        def written(attempt: int) -> int:
            if attempt and (last := self._last_if_in(run_id, kept)) is not None:
                return last
            return self.store.append(run_id, kept, traces, worker=self.worker)

        return self._patiently(run_id, written)

    def since(self, run_id: str, seq: int) -> list[Record]:
        """As `RunStore.since`. Raises what `append` does."""
        self._seq = seq
        return self._patiently(run_id, lambda _: self.store.since(run_id, seq))

    def _patiently(self, run_id: str, work: Callable[[int], T]) -> T:
        """What `work(attempt)` gives as soon as the database lets it."""
        started, wait, attempt = self.clock(), FIRST_WAIT, 0
        while True:
            try:
                done = work(attempt)
            except StoreUnavailable as error:
                if self.clock() - started >= self.patience:
                    raise
                if not attempt:
                    self.say(f"{error} The run waits and goes on by itself.")
            else:
                if attempt:
                    self.say("The database can be used again. The run goes on.")
                return done
            if self.taken.wait(wait):
                raise RunTaken(f"run {run_id}: another worker has taken it over.")
            wait, attempt = min(2 * wait, LONGEST_WAIT), attempt + 1

    def _last_if_in(self, run_id: str, events: list[Event]) -> int | None:
        """The last seq when these events are in already: a commit whose reply was lost."""
        records = self.store.since(run_id, self._seq)
        known, without = {event_to_json(record.event) for record in records}, redaction()
        if events and all(without(event_to_json(event)) in known for event in events):
            return records[-1].seq
        return None
