"""The calls of one run on their way: which wait, which are repeated, which are given back.

All roles and threads of a run share one `Traffic`, and with it one limiter for each endpoint. A
call that was refused or failed for a passing reason is repeated here, as a call: the example that
made it notices nothing, and none of its other calls is made again. Deliberately not here: what it
means for an example or the run that a call has failed for good (`core.lm.outage`).
"""

import asyncio
import contextlib
import itertools
import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dspy.utils.exceptions import LMError, LMRateLimitError, LMServerError, is_retryable_lm_error

from core.lm.failures import is_shut, kind_of
from core.lm.limiter import LONGEST_WAIT, Flow, Halted, Limiter, Place, Slot
from core.lm.usage import Meter

LENIENCE = 8
"""So many refusals use one retry up, while the provider answers other calls."""

GLANCE = 0.1
"""Seconds after which an asynchronous call that waits looks whether the run pauses."""


class Traffic:
    """All calls of one run: limiters by endpoint, and whether calls may wait at all."""

    def __init__(self) -> None:
        self._limiters: dict[tuple[str | None, str], Limiter] = {}
        self._lock = threading.Lock()
        self._tickets = itertools.count()
        self._rests, self._closed = threading.Event(), threading.Event()

    def __deepcopy__(self, memo: dict[int, object]) -> "Traffic":
        return self  # models are copied with what they hold; their calls remain one run's

    def limiter(self, address: str | None, model: str, most: int | None = None) -> Limiter:
        """The one of this endpoint, bounded to `most` in flight."""
        with self._lock:
            known = self._limiters.get((address, model))
            if known is None:
                known = self._limiters[address, model] = Limiter(model)
        if most is not None:
            known.bound(most)
        return known

    def recall(self, rests: bool) -> None:
        """Whether the run pauses: calls that wait and whose task has cost nothing are given back.

        So are new ones, until the run goes on.
        """
        if not rests:
            self._rests.clear()
        elif not self._rests.is_set():
            self._rests.set()
            self._give_back()

    def close(self) -> None:
        """The run is over for this worker: all calls that wait are given back, new ones too."""
        self._closed.set()
        self._rests.set()
        self._give_back()

    def leaves(self, firm: bool) -> bool:
        """Whether a waiting call is to be given back; `firm` when its task has cost something."""
        return self._closed.is_set() or (self._rests.is_set() and not firm)

    def ticket(self) -> int:
        """The place of a new call in all lines."""
        return next(self._tickets)

    def wait(self, seconds: float, *, firm: bool) -> None:
        """Wait before a call is repeated.

        Raises:
            Halted: it is given back instead.
        """
        # a firm call is not disturbed by a pause: what was paid for would be lost
        if (self._closed if firm else self._rests).wait(seconds):
            raise Halted

    def check(self, *, firm: bool) -> None:
        """Do nothing, if a call may wait.

        Raises:
            Halted: it is given back instead.
        """
        if self.leaves(firm):
            raise Halted

    def flows(self) -> tuple[Flow, ...]:
        """The present of every endpoint that was asked."""
        with self._lock:
            limiters = list(self._limiters.values())
        return tuple(flow for each in limiters if (flow := each.flow()).calls)

    def _give_back(self) -> None:
        with self._lock:
            limiters = list(self._limiters.values())
        for each in limiters:
            each.recall(self.leaves)


@dataclass(kw_only=True)
class Turn:
    """One call on its way through a limiter, with its repetitions. Used by one thread at a time."""

    traffic: Traffic
    limiter: Limiter
    retries: int
    first_wait: float
    """Seconds before the first repetition; doubled each time."""
    meter: Meter | None
    """Of the task that makes the call."""
    _ticket: int = -1
    _attempts: int = 0
    _spent: float = 0.0
    """Of the retries."""
    _answers: int = 0
    """The endpoint's, when the call failed last or began."""
    _slot: Slot | None = None

    def enter(self) -> None:
        """Wait for a slot.

        Raises:
            Halted: the run pauses or ends, and the call has not been sent.
        """
        called = threading.Event()
        place = self._place(called.set)
        if not called.is_set():
            with self._waiting():
                called.wait()
        self._accept(place)

    async def enter_async(self) -> None:
        """The same, asynchronously."""
        called, loop = asyncio.Event(), asyncio.get_running_loop()
        place = self._place(lambda: _wake(loop, called))
        if place.slot is None:
            try:
                with self._waiting():
                    await called.wait()
            except asyncio.CancelledError:
                self.limiter.quit(place)
                raise
        self._accept(place)

    def answered(self) -> None:
        """The model has answered."""
        self.limiter.answered(self._given_back())

    def dropped(self) -> None:
        """The call ended in a way that tells nothing."""
        self.limiter.failed(self._given_back())

    def failed(self, error: Exception, message: str) -> float | None:
        """Seconds after which the call is to be repeated; None when it has failed for good.

        `message` says what went wrong in words that may be kept.
        """
        self._attempts += 1
        self._spent += 1 / LENIENCE if self._is_crowded(error) else 1
        after = _retry_after(error)
        if is_shut(error):
            self.limiter.failed(self._given_back())
        elif _is_overload(error, after):
            self.limiter.refused(self._given_back(), after)
        else:
            self.limiter.failed(self._given_back())
        if self.meter is not None and isinstance(error, LMError):
            self.meter.failed(kind_of(error), message)
        if self._spent > self.retries or is_shut(error) or not is_retryable_lm_error(error):
            return None
        if after is not None:
            return min(after, LONGEST_WAIT)
        # spread out, so that calls that failed together do not come back together
        doubled = self.first_wait * 2.0 ** min(self._attempts - 1, 16)
        return random.uniform(0.5, 1.0) * min(doubled, LONGEST_WAIT)

    def wait(self, seconds: float) -> None:
        """Wait before the call enters again.

        Raises:
            Halted: the run pauses or ends.
        """
        with self._waiting():
            self.traffic.wait(seconds, firm=self._firm)

    async def wait_async(self, seconds: float) -> None:
        """The same, asynchronously."""
        until = time.monotonic() + seconds
        with self._waiting():
            while (left := until - time.monotonic()) > 0:
                self.traffic.check(firm=self._firm)
                await asyncio.sleep(min(left, GLANCE))

    def _is_crowded(self, error: Exception) -> bool:
        """Whether the call was one too many while others were answered: no outage."""
        before, self._answers = self._answers, self.limiter.answers
        return isinstance(error, LMRateLimitError) and self._answers > before

    @property
    def _firm(self) -> bool:
        return self.meter is not None and self.meter.has_paid

    def _place(self, called: Callable[[], None]) -> Place:
        if self._ticket < 0:
            self._ticket, self._answers = self.traffic.ticket(), self.limiter.answers
        place = Place(self._ticket, self._firm, called)
        self.limiter.line_up(place, self.traffic.leaves)
        return place

    def _accept(self, place: Place) -> None:
        if place.slot is None:
            raise Halted
        self._slot = place.slot

    def _given_back(self) -> Slot:
        slot, self._slot = self._slot, None
        if slot is None:
            raise RuntimeError("the call holds no slot")
        return slot

    @contextlib.contextmanager
    def _waiting(self) -> Iterator[None]:
        since = time.perf_counter()
        try:
            yield
        finally:
            if self.meter is not None:
                self.meter.wait(time.perf_counter() - since)


def _wake(loop: asyncio.AbstractEventLoop, called: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the loop ended, and nobody waits any more
        loop.call_soon_threadsafe(called.set)


def _is_overload(error: Exception, retry_after: float | None) -> bool:
    """Whether fewer calls at once would have helped."""
    if isinstance(error, LMRateLimitError):
        return True
    return isinstance(error, LMServerError) and retry_after is not None


def _retry_after(error: Exception) -> float | None:
    """Seconds that the provider asks to wait; None when it says nothing usable."""
    said = error.retry_after if isinstance(error, LMError) else None
    try:
        seconds = float(said) if said is not None else -1.0
    except (TypeError, ValueError):
        return None
    return seconds if 0.0 <= seconds < math.inf else None
