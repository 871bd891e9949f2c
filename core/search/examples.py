"""Which validation examples a candidate gets next: the same ones as the others, first.

Examples have a common order. A growing core at its front is shared by all candidates: of it, a
candidate gets those first that have been evaluated least, so that candidates are compared on the
same examples and the difficulty of each is pinned by about eight results.

Deliberately not here: which candidate gets them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.search.crossed_effects import FloatArray, IntArray
from core.search.space import Levels

CORE_RESULTS = 8
"""Results per example of the core, about."""
CORE = 30
"""Least size of the core."""

BoolArray = npt.NDArray[np.bool_]


class Examples:
    """The common order, and what every candidate has had of it.

    Heavier examples come first: a result on them says more. Examples that weigh nothing are left
    out.
    """

    def __init__(
        self, order: Sequence[str], weights: Mapping[str, float] | None, repeats: int
    ) -> None:
        kept = [name for name in order if weights is None or weights.get(name, 1.0) > 0]
        if weights is not None:
            kept.sort(key=lambda name: -weights.get(name, 1.0))
        self.names = tuple(kept)
        self._repeats = repeats
        self._place = {name: place for place, name in enumerate(self.names)}
        self._claims: dict[Levels, IntArray] = {}
        self._counts = np.zeros(len(self.names), dtype=np.int64)
        self._busy: dict[Levels, IntArray] = {}
        self._order = np.arange(len(self.names))
        self._spent = 0

    def __len__(self) -> int:
        return len(self.names)

    @property
    def touched(self) -> set[Levels]:
        """Candidates with a result, a failure or something in flight."""
        return self._claims.keys() | self._busy.keys()

    def claim(self, candidate: Levels, example: str, *, scored: bool) -> None:
        """The candidate has had this example; one that failed pins no difficulty."""
        place = self._place.get(example)
        if place is None:
            return
        claims = self._claims.setdefault(candidate, np.zeros(len(self.names), dtype=np.int64))
        claims[place] += 1
        self._counts[place] += scored
        self._spent += 1

    def expect(self, in_flight: Collection[tuple[Levels, str]]) -> None:
        """Replaces what is in flight, and settles the order in which examples come."""
        busy: dict[Levels, IntArray] = defaultdict(lambda: np.zeros(len(self.names), np.int64))
        counts = self._counts.copy()
        for candidate, example in in_flight:
            if (place := self._place.get(example)) is not None:
                busy[candidate][place] += 1
                counts[place] += 1
        self._busy = dict(busy)
        calls = self._spent + len(in_flight)
        core = min(max(calls // CORE_RESULTS, CORE), len(self.names))
        shared = np.argsort(counts[:core], kind="stable")
        self._order = np.concatenate([shared, np.arange(core, len(self.names))])

    def left(self, candidate: Levels) -> int:
        """How many examples the candidate can still have in this round, without repeating any."""
        return int(self._open(candidate).sum())

    def had(self, candidate: Levels) -> int:
        """Results, failures and results in flight of the candidate."""
        return int(self._claimed(candidate).sum())

    def next(self, candidate: Levels, number: int) -> tuple[str, ...]:
        """The next examples of the candidate, `number` or as many as there are."""
        places = self._order[self._open(candidate)[self._order]][:number]
        return tuple(self.names[place] for place in places)

    def outlook(
        self, candidates: Sequence[Levels], information: FloatArray, steps: Sequence[int]
    ) -> tuple[FloatArray, FloatArray]:
        """Information and number of the next results of each candidate, [steps, P] each.

        `information` is that of one more result, per example in the order of `names`. A step of
        so many examples stops where the candidate has had all of them.
        """
        fresh = np.ones(len(self.names), dtype=bool)
        touched = self.touched
        rows = np.array([self._open(c) if c in touched else fresh for c in candidates])
        rows = rows[:, self._order]
        rank = rows.cumsum(axis=1)
        worth = np.where(rows, information[self._order], 0.0)
        sums = np.stack([np.where(rank <= step, worth, 0.0).sum(axis=1) for step in steps])
        numbers = np.minimum(np.array(steps)[:, None], rank[:, -1]).astype(float)
        return sums, numbers

    def _claimed(self, candidate: Levels) -> IntArray:
        nothing = np.zeros(len(self.names), dtype=np.int64)
        claimed: IntArray = self._claims.get(candidate, nothing) + self._busy.get(
            candidate, nothing
        )
        return claimed

    def _open(self, candidate: Levels) -> BoolArray:
        """Examples of the current round: had least often, and less often than allowed."""
        claimed = self._claimed(candidate)
        least = claimed.min() if len(claimed) else 0
        available: BoolArray = (claimed == least) & (claimed < self._repeats)
        return available
