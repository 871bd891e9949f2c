"""The limiter against providers that are simulated event by event, with a clock of their own."""

import heapq
import itertools
import math
import random
from collections.abc import Callable

import pytest

from core.lm.limiter import Limiter, Place
from core.lm.refusals import TOLERATED

ANSWER = 0.1
"""Median seconds of an answer."""

SPREAD = 0.5
"""Of the logarithm of that."""

REFUSAL = 0.002
"""Seconds until a refusal is back."""

PAUSE = 0.05
"""Seconds after which a call is repeated where the provider says nothing."""


class Provider:
    """Takes so many requests at once and refuses what is beyond; `workers` keep asking.

    Of the rest it refuses a share, whatever else is in flight.
    """

    def __init__(
        self,
        takes: Callable[[float], int],
        workers: int,
        *,
        share: Callable[[float], float] = lambda at: 0.0,
        retry_after: float | None = None,
        refusal: float = REFUSAL,
        seed: int = 0,
    ) -> None:
        self.now = 0.0
        self.answers: list[float] = []
        self.refusals: list[float] = []
        self.limiter = Limiter("m", clock=lambda: self.now, later=self._at)
        self._takes, self._share = takes, share
        self._retry_after, self._refusal = retry_after, refusal
        self.random, self._tickets = random.Random(seed), itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._inside = 0
        for _ in range(workers):
            self._at(0.0, self._ask)

    def run(self, until: float) -> "Provider":
        while self._events and self._events[0][0] <= until:
            self.now, _, event = heapq.heappop(self._events)
            event()
        self.now = until
        return self

    def rate(self, since: float, until: float) -> float:
        return sum(since <= at < until for at in self.answers) / (until - since)

    def refused_share(self, since: float, until: float) -> float:
        refused = sum(since <= at < until for at in self.refusals)
        return refused / (refused + sum(since <= at < until for at in self.answers))

    def _at(self, seconds: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._numbers), event))

    def _ask(self, ticket: int | None = None) -> None:
        ticket = next(self._tickets) if ticket is None else ticket
        place = Place(ticket, False, lambda: self._at(0.0, lambda: self._arrive(place)))
        self.limiter.line_up(place, lambda firm: False)

    def refuses(self) -> bool:
        """Whether the request that arrives now is one too many."""
        return self._inside >= self._takes(self.now) or self.random.random() < self._share(self.now)

    def _arrive(self, place: Place) -> None:
        if self.refuses():
            self._at(self._refusal, lambda: self._refuse(place))
            return
        self._inside += 1
        self._at(ANSWER * self.random.lognormvariate(0, SPREAD), lambda: self._answer(place))

    def _answer(self, place: Place) -> None:
        self._inside -= 1
        self.answers.append(self.now)
        self.limiter.answered(place.slot)
        self._ask()

    def _refuse(self, place: Place) -> None:
        self.refusals.append(self.now)
        self.limiter.refused(place.slot, self._retry_after)
        self._at(self._retry_after or PAUSE, lambda: self._ask(place.ticket))


class Metered(Provider):
    """Takes so many requests per second, and twice as many once in a while."""

    def __init__(self, per_second: float, workers: int, retry_after: float) -> None:
        self._per_second, self._left, self._last = per_second, 2 * per_second, 0.0
        super().__init__(lambda at: 1000, workers, retry_after=retry_after)

    def refuses(self) -> bool:
        earned = (self.now - self._last) * self._per_second
        self._left, self._last = min(2 * self._per_second, self._left + earned), self.now
        if self._left < 1:
            return True
        self._left -= 1
        return False


def best(at_once: int) -> float:
    """Answers per second of a provider that always has `at_once` requests."""
    return at_once / (ANSWER * math.exp(SPREAD**2 / 2))


@pytest.mark.parametrize("retry_after", [None, 2.0])
def test_it_settles_at_what_the_provider_takes_and_is_hardly_ever_refused(retry_after):
    found = Provider(lambda at: 20, workers=64, retry_after=retry_after).run(40)
    assert found.rate(5, 40) >= 0.95 * best(20)
    assert found.refused_share(5, 40) < 0.02
    assert found.limiter.flow().allowed in (20, 21)


@pytest.mark.parametrize("retry_after", [None, 2.0])
def test_it_follows_a_limit_that_falls_and_rises(retry_after):
    def takes(at: float) -> int:
        return 20 if at < 15 else 8 if at < 40 else 40

    found = Provider(takes, workers=64, retry_after=retry_after).run(70)
    assert found.rate(5, 15) >= 0.93 * best(20)
    assert found.rate(22, 40) >= 0.93 * best(8)
    assert found.rate(52, 70) >= 0.93 * best(40)
    assert found.refused_share(52, 70) < 0.02


def test_a_provider_that_counts_requests_per_minute_is_used_to_the_full():
    found = Metered(per_second=10, workers=64, retry_after=1.0).run(120)
    assert found.rate(10, 120) >= 9
    assert found.refused_share(10, 120) < 0.1


@pytest.mark.parametrize("share", [0.005, 0.05, 0.1, 0.2])
def test_refusals_that_come_whatever_the_load_do_not_slow_a_run_down(share):
    found = Provider(lambda at: 1000, 32, share=lambda at: share).run(40)
    waits = (REFUSAL + PAUSE) * share / (1 - share)
    fastest = 32 / (32 / best(32) + waits)
    assert found.rate(10, 40) >= 0.85 * fastest
    if share > TOLERATED:  # below it is never asked why
        assert found.limiter.flow().usual == pytest.approx(share, rel=0.8)


def test_what_a_provider_takes_is_found_beside_refusals_whatever_the_load():
    def takes(at: float) -> int:
        return 20 if at < 25 else 8 if at < 50 else 30

    found = Provider(takes, 40, share=lambda at: 0.05).run(75)
    for since, until in ((10, 25), (35, 50), (65, 75)):
        assert found.rate(since, until) >= 0.9 * best(takes(since))
        assert found.refused_share(since, until) < 0.05 + 0.06


def test_refusals_that_end_are_no_longer_expected():
    found = Provider(lambda at: 12, 32, share=lambda at: 0.1 if at < 20 else 0.0).run(60)
    assert found.rate(30, 60) >= 0.95 * best(12)
    assert found.refused_share(30, 60) < 0.02
    assert found.limiter.flow().usual == 0.0


def test_refusals_that_take_their_time_are_not_mistaken_for_chance():
    found = Provider(lambda at: 20, 64, refusal=ANSWER / 2).run(40)
    assert found.rate(10, 40) >= 0.95 * best(20)
    assert found.refused_share(10, 40) < 0.02


@pytest.mark.parametrize("retry_after", [None, 2.0])
def test_after_an_outage_it_is_soon_as_fast_as_before(retry_after):
    def takes(at: float) -> int:
        return 0 if 10 <= at < 25 else 64

    found = Provider(takes, 32, retry_after=retry_after).run(45)
    assert found.rate(35, 45) >= 0.95 * best(32)
    if retry_after:
        again = sum(13 <= at < 25 for at in found.refusals)
        assert again <= 12 / retry_after + 1, "asked again before it was time"


def test_a_refusal_beside_nothing_else_tells_nothing_about_how_many_are_too_many():
    provider = Provider(lambda at: 1000, 1, share=lambda at: 0.5 if at < 5 else 0.0).run(10)
    assert provider.refusals
    assert provider.limiter.flow().allowed is None


def test_without_a_refusal_nothing_is_held_back():
    found = Provider(lambda at: 1000, workers=64).run(5)
    assert found.rate(1, 5) >= 0.95 * best(64)
    assert found.limiter.flow().allowed is None


def test_the_smallest_bound_of_the_settings_holds():
    limiter = Limiter()
    limiter.bound(5)
    limiter.bound(3)
    limiter.bound(4)
    called = []
    for ticket in range(6):
        limiter.line_up(Place(ticket, False, lambda: called.append(1)), lambda firm: False)
    assert len(called) == 3
