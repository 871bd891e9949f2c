"""The adaptive search on a simulated world, with results in flight and random latencies.

One block at a time (`slots` = the block size) is asked for when the last is in. With more slots,
examples wait in a queue for a free slot, and blocks are asked for as soon as fewer than one in
eight slots have something waiting, as in a run. Latencies are log-normal with sigma 0.6.
"""

import heapq
from collections import deque
from typing import NamedTuple

import numpy as np

from benchmarks.simulation.worlds import Levels, World
from core.search.allocation import Allocation
from core.search.pool import Choices
from core.search.terms import Rules, Terms

LATENCY_SIGMA = 0.6
ONE_BLOCK = 10
"""Up to so many slots, one block at a time."""
AHEAD = 8
"""For so many slots, one more example waits for its turn (as in `core.engine`)."""


class Searched(NamedTuple):
    """What a search came to."""

    path: list[tuple[int, Levels]]
    """What it recommends after so many calls, first to last; the last is fully evaluated."""
    stopped: str | None
    """Why it ended before the budget was used up."""


def adaptive_search(
    world: World, budget: int, seed: int, *, slots: int = 10, rules: Rules | None = None
) -> Searched:
    """Runs the search until its budget is used up or it stops by itself."""
    rules = rules or Rules()
    rng = np.random.default_rng([seed, 31])
    order = [str(e) for e in rng.permutation(world.examples)]
    terms = Terms(examples=order, budget=budget, rules=rules)
    search = Allocation(Choices(sizes=world.sizes), terms)
    return _Machine(world, search, slots, rng, seed).run()


class _Machine:
    def __init__(
        self, world: World, search: Allocation, slots: int, rng: np.random.Generator, seed: int
    ) -> None:
        self._world, self._search, self._slots, self._rng = world, search, slots, rng
        self._seed, self._clock, self._calls = seed, 0.0, 0
        self._waiting: deque[tuple[Levels, str]] = deque()
        self._running: list[tuple[float, int, tuple[Levels, str]]] = []
        self._started = 0
        self._path: list[tuple[int, Levels]] = []

    def run(self) -> Searched:
        while True:
            while self._has_room() and self._asked():
                pass
            while self._waiting and len(self._running) < self._slots:
                latency = self._rng.lognormal(0.0, LATENCY_SIGMA)
                self._started += 1
                item = (self._clock + latency, self._started, self._waiting.popleft())
                heapq.heappush(self._running, item)
            if not self._running:
                return self._ended()
            self._finish()

    def _has_room(self) -> bool:
        taken = len(self._running) + len(self._waiting)
        if self._slots <= ONE_BLOCK:
            return not taken
        return taken < self._slots + self._slots // AHEAD

    def _asked(self) -> bool:
        """Asks for blocks; whether there was one."""
        in_flight = [pair for _, _, pair in self._running] + list(self._waiting)
        blocks = self._search.next_blocks(in_flight, seed=self._seed)
        recommended = self._search.recommended()
        if recommended is not None:
            self._path.append((self._calls, recommended.candidate))
        for block in blocks:
            self._waiting.extend((block.candidate, example) for example in block.examples)
        return bool(blocks)

    def _ended(self) -> Searched:
        """What is recommended in the end has been measured on all examples."""
        measured = self._search.recommended(measured=True)
        if measured is not None:
            self._path.append((self._calls, measured.candidate))
        return Searched(self._path, self._search.stop_reason)

    def _finish(self) -> None:
        self._clock, _, (levels, example) = heapq.heappop(self._running)
        self._calls += 1
        self._search.observe(levels, example, float(self._world.answers(levels)[int(example)]))
