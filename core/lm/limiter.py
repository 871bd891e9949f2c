"""How many requests a provider takes at once, found out from what it refuses.

A `Limiter` belongs to one endpoint and lets so many calls through as lately went well. A refusal
lowers the limit to what was really in flight; long calm raises it by one, then faster and faster.
Deliberately not here: who shares a limiter, and how often a call is repeated (`core.lm.traffic`).
"""

import heapq
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

LONGEST_WAIT = 60.0
"""Seconds that anything waits at most; a provider that asks for more is not asked again."""

MOST_AT_ONCE = 256
"""Calls in flight where neither settings nor a provider say less."""

CALM = 8
"""So many rounds of the limit, all answered, before one more call is tried."""

LEAST_CALM = 50
"""Answers before one more call is tried, however low the limit: keeps refusals near 2 %."""

TOLERATED = 0.03
"""Share of refusals for which a limit that otherwise holds is not lowered: some providers refuse at
random."""

MEMORY = 100
"""Requests that this share is about."""

STEEPEST = 4
"""While the limit rises it rises by at most this fraction of itself."""

RECENT = 60
"""Seconds over which the share of refused calls is told."""


class Halted(BaseException):  # not an Exception: no program may swallow it
    """A call was given back unsent, because the run pauses or ends."""


class Flow(BaseModel):
    """What one endpoint takes at present."""

    model_config = ConfigDict(frozen=True)

    model: str
    in_flight: int
    waiting: int
    """Calls that wait for a slot."""
    most: int = MOST_AT_ONCE
    """What the settings allow at once."""
    allowed: int | None
    """What the provider is found to take at once; None while it has refused nothing of late that
    tells."""
    calls: int
    """Requests sent, repetitions included."""
    refused: int
    """Of these, the ones that were too many."""
    recent_calls: int
    """Requests that came back within the last minute."""
    recent_refused: int
    held_seconds: float = 0.0
    """How long nothing is sent, because the provider asked for it."""

    @property
    def refused_share(self) -> float:
        """Of the last minute's requests, a fraction."""
        return self.recent_refused / self.recent_calls if self.recent_calls else 0.0


@dataclass(frozen=True)
class Slot:
    """One request on its way."""

    order: int
    """Its number among all requests to the endpoint."""
    answered: int
    """Requests that had been answered when it was sent."""


@dataclass(order=True)
class Place:
    """A call's place in the line; the lowest ticket has the first turn."""

    ticket: int
    firm: bool = field(compare=False)
    """True when the call's task has already cost something."""
    called: Callable[[], None] = field(compare=False)
    """Called once, from any thread, when the slot has come or the call is to be given back."""
    slot: Slot | None = field(default=None, compare=False)
    """None while it waits, and when it was given back."""


class Limiter:
    """Adaptive concurrency for one endpoint. Safe across threads.

    What was in flight beside a refused call, together with what was answered meanwhile, is what the
    provider took: a burst of refusals leads to the right limit at once. Of calls that were sent
    before the limit last fell, no more than that is learned.
    """

    def __init__(
        self,
        model: str = "",
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], None] | None = None,
    ) -> None:
        """`later` calls what it is given after so many seconds by the clock."""
        self._model, self._clock, self._later = model, clock, later or _in_time
        self._lock = threading.Lock()
        self._line: list[Place] = []
        self._most = self._limit = MOST_AT_ONCE
        self._in_flight = self._sent = self._answered = self._refused = 0
        self._cut_at: int | None = None
        """Requests sent when the limit last fell."""
        self._calm = 0
        """Answers under a limit that was used to the full, since it last changed or was passed."""
        self._proven = 0
        """The same, refusals between them or not."""
        self._share = 0.0
        """Of the latest requests, those that were refused; the newest count most."""
        self._step, self._climbs = 1, False
        self._held_until = -math.inf
        self._recent: deque[list[int]] = deque()
        """[second, requests that came back, those of them that were refused]."""

    def bound(self, most: int | None) -> None:
        """Never let more than `most` through at once; the smallest of several bounds holds."""
        with self._lock:
            self._most = min(self._most, most or MOST_AT_ONCE)
            self._limit = min(self._limit, self._most)

    @property
    def answers(self) -> int:
        """Requests answered so far."""
        return self._answered

    def line_up(self, place: Place, leaves: Callable[[bool], bool]) -> None:
        """Give the place its slot, at once or when its turn comes.

        Raises:
            Halted: `leaves(place.firm)` is true.
        """
        with self._lock:
            if leaves(place.firm):
                raise Halted
            heapq.heappush(self._line, place)
            self._hand_out()

    def quit(self, place: Place) -> None:
        """Nobody waits for this place any more; the slot that it may have is free again."""
        with self._lock:
            if place.slot is not None:
                self._come_back(refused=False)
            self._keep([each for each in self._line if each is not place])
            self._hand_out()

    def recall(self, leaves: Callable[[bool], bool]) -> None:
        """Send those away for whom `leaves(place.firm)` is true."""
        with self._lock:
            gone = [place for place in self._line if leaves(place.firm)]
            self._keep([place for place in self._line if not leaves(place.firm)])
        for place in gone:
            place.called()

    def answered(self, slot: Slot) -> None:
        """The request came back with an answer."""
        with self._lock:
            self._answered += 1
            full = bool(self._line) or self._in_flight >= self._limit
            self._come_back(refused=False)
            if full:
                self._proven += 1
                self._calm += 1
                self._rise()
            self._hand_out()

    def failed(self, slot: Slot) -> None:
        """The request failed for a reason that tells nothing about the load."""
        with self._lock:
            self._come_back(refused=False)
            self._hand_out()

    def refused(self, slot: Slot, retry_after: float | None = None) -> None:
        """The request was one too many.

        When lowering the limit has not helped before, nothing is sent for `retry_after` seconds.
        """
        with self._lock:
            self._refused += 1
            self._come_back(refused=True)
            fresh = self._cut_at is None or slot.order > self._cut_at
            taken = self._in_flight + self._answered - slot.answered
            lowered = self._cut_at is not None and not self._climbs
            helpless = fresh and lowered and 2 * self._calm < self._limit
            self._calm = 0
            # a level that held for a whole round is not given up for a refusal now and then
            if not fresh or self._proven < self._limit or self._share > TOLERATED:
                self._fall(max(1, min(self._limit - fresh, taken)), fresh=fresh)
                if helpless and retry_after:
                    self._hold(retry_after)
            self._hand_out()

    def flow(self) -> Flow:
        """The present."""
        with self._lock:
            self._forget()
            return Flow(
                model=self._model,
                in_flight=self._in_flight,
                waiting=len(self._line),
                most=self._most,
                allowed=self._limit if self._cut_at is not None else None,
                calls=self._sent,
                refused=self._refused,
                recent_calls=sum(calls for _, calls, _ in self._recent),
                recent_refused=sum(refused for *_, refused in self._recent),
                held_seconds=max(0.0, self._held_until - self._clock()),
            )

    def _is_free(self) -> bool:
        return self._in_flight < self._limit and self._clock() >= self._held_until

    def _send(self) -> Slot:
        self._in_flight += 1
        self._sent += 1
        return Slot(order=self._sent, answered=self._answered)

    def _hand_out(self) -> None:
        while self._line and self._is_free():
            place = heapq.heappop(self._line)
            place.slot = self._send()
            place.called()

    def _keep(self, line: list[Place]) -> None:
        heapq.heapify(line)
        self._line = line

    def _fall(self, limit: int, *, fresh: bool) -> None:
        if limit < self._limit:
            self._limit, self._proven = limit, 0
        self._step, self._climbs = 1, False
        if fresh:
            self._cut_at = self._sent

    def _rise(self) -> None:
        limit = self._limit
        if self._cut_at is None or limit >= self._most:
            return
        if self._calm < (limit if self._climbs else max(CALM * limit, LEAST_CALM)):
            return
        self._limit = min(limit + self._step, self._most)
        self._step = max(1, min(2 * self._step, self._limit // STEEPEST))
        self._climbs, self._calm, self._proven = True, 0, 0

    def _hold(self, seconds: float) -> None:
        until = self._clock() + min(seconds, LONGEST_WAIT)
        if until <= self._held_until:
            return
        self._held_until = until
        self._later(until - self._clock() + 0.001, self._open)

    def _open(self) -> None:
        with self._lock:
            self._hand_out()

    def _come_back(self, *, refused: bool) -> None:
        self._in_flight -= 1
        second = int(self._clock())
        if not self._recent or self._recent[-1][0] != second:
            self._recent.append([second, 0, 0])
            self._forget()
        self._recent[-1][1] += 1
        self._recent[-1][2] += refused
        self._share += (refused - self._share) / MEMORY

    def _forget(self) -> None:
        while self._recent and self._recent[0][0] < self._clock() - RECENT:
            self._recent.popleft()


def _in_time(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
