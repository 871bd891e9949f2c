"""How many requests a provider takes at once, found out from what it refuses.

A `Limiter` belongs to one endpoint and lets so many calls through as lately went well. A refusal
lowers the limit to what was really in flight; long calm raises it by one, then faster and faster.
Deliberately not here: who shares a limiter and how often a call is repeated (`core.lm.traffic`),
and which refusals tell that the limit is too high (`core.lm.refusals`).
"""

import heapq
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from core.lm.refusals import Refusals

LONGEST_WAIT = 60.0
"""Seconds that anything waits at most; a provider that asks for more is not asked again."""

MOST_AT_ONCE = 256
"""Calls in flight where neither settings nor a provider say less."""

CALM = 8
"""So many rounds of the limit, all answered, before one more call is tried."""

LEAST_CALM = 50
"""Answers before one more call is tried, however low the limit: keeps refusals near 2 %."""

NOISY = 2
"""So many times as calm must it be where some refusals are usual: a step too far costs more."""

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
    usual: float = 0.0
    """Share of requests that it refuses whatever the load, as far as is known."""
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
    before the limit last fell, no more than that is learned. When falling further does not end the
    refusals, the limit goes back to where the fall began.
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
        """Answers under a limit that was used to the full, since it changed or was in doubt."""
        self._proven = 0
        """The same, refusals between them or not."""
        self._step, self._climbs = 1, False
        self._safe = 0
        """Half of where the limit last fell from: up to here it doubles with every round."""
        self._taken_up = False
        """True once a request was answered that was sent since the limit last fell."""
        self._refused_at = -1
        """Requests answered when one was last refused."""
        self._refusals = Refusals()
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
            self._taken_up |= self._cut_at is None or slot.order > self._cut_at
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
        """The request was refused, as one too many or for no reason of ours.

        When lowering the limit does not help, nothing is sent for `retry_after` seconds.
        """
        with self._lock:
            self._refused += 1
            self._come_back(refused=True)
            taken = self._in_flight + self._answered - slot.answered
            if self._cut_at is not None and slot.order <= self._cut_at:
                self._refusals.count(slot.order, self._sent)
                self._fall(taken)
            elif taken or (self._limit == 1 and not retry_after):
                self._learn(slot, taken, retry_after)
            elif retry_after and self._limit == 1 and self._answered == self._refused_at:
                self._hold(retry_after)
            # otherwise it was alone where more might have been: no number of calls is at fault
            self._refused_at = self._answered
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
                usual=self._refusals.usual,
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

    def _learn(self, slot: Slot, taken: int, retry_after: float | None) -> None:
        refusals, sent = self._refusals, self._sent
        refusals.count(slot.order, sent)
        top = refusals.top(sent, self._limit)
        if top is not None:
            self._return(top)
            return
        if not refusals.are_too_many(sent, held=self._proven >= self._limit):
            self._calm = self._calm if refusals.usual else 0
            return
        refusals.fell(sent, self._limit)
        if self._taken_up:
            self._taken_up, self._safe = False, min(self._limit, self._in_flight + 1) // 2
        self._fall(min(self._limit - 1, taken))
        self._cut_at = sent
        if refusals.meet_a_wall(sent) and retry_after:
            self._hold(retry_after)

    def _return(self, limit: int) -> None:
        """Refusals have nothing to do with load: the limit is what it was, and may rise on."""
        self._climbs = limit > self._limit + 1
        self._limit, self._step = min(max(limit, self._limit), self._most), 1
        self._calm = self._proven = 0

    def _fall(self, limit: int) -> None:
        if limit < self._limit:
            self._limit, self._proven = max(1, limit), 0
        self._step, self._climbs, self._calm = 1, False, 0

    def _rise(self) -> None:
        limit = self._limit
        rounds = CALM * (NOISY if self._refusals.usual else 1)
        if self._calm >= max(rounds * limit, rounds * LEAST_CALM // CALM):
            self._refusals.ended()
        elif self._calm < limit or not (self._climbs or limit < self._safe):
            return
        if self._cut_at is None or limit >= self._most:
            return
        self._calm = self._proven = 0
        if limit < self._safe:
            self._limit = min(2 * limit, self._safe, self._most)
            return
        self._limit, self._climbs = min(limit + self._step, self._most), True
        self._step = max(1, min(2 * self._step, self._limit // STEEPEST))

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

    def _forget(self) -> None:
        while self._recent and self._recent[0][0] < self._clock() - RECENT:
            self._recent.popleft()


def _in_time(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
