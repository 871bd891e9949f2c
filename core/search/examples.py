"""Which validation examples a candidate gets next: the same ones as the others, first.

Examples have a common order. A growing core at its front is shared by all candidates: of it, a
candidate gets those first that have been evaluated least, so that candidates are compared on the
same examples and the difficulty of each is pinned by about eight results.

Where candidates with a level in common answer alike, what a second of them says about an example is
nearly known: a candidate then gets those first that candidates with its levels have had least.

Deliberately not here: which candidate gets them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.search.linear import FloatArray, IntArray
from core.search.space import Levels

CORE_RESULTS = 8
"""Results per example of the core, about."""
CORE = 30
"""Least size of the core."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Outlook:
    """What more results would say about each of P candidates, for each of some numbers of them."""

    noise: tuple[FloatArray, ...]
    """Per step [P]: variance of their mean around the candidate's true score; infinite for none."""
    numbers: tuple[FloatArray, ...]
    """Per step [P]: how many results there are to be had, at most as many as the step says."""


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
        self._rows: dict[Levels, int] = {}
        self._claims = np.zeros((16, len(self.names)), dtype=np.int64)
        self._busy = np.zeros_like(self._claims)
        self._had: list[int] = []
        self._waiting: dict[int, int] = {}
        """Results and failures of each row; and results in flight, of rows that have any."""
        self._alike: dict[tuple[int, int], IntArray] = {}
        self._alike_busy: dict[tuple[int, int], IntArray] = {}
        """How often examples were scored, and are in flight, with each level of each variable."""
        self._apart = False
        self._kept: dict[int, BoolArray] = {}
        """What rows have open, until something is claimed or expected of them."""
        self._counts = np.zeros(len(self.names), dtype=np.int64)
        self._order = np.arange(len(self.names))
        self._spent = 0

    def __len__(self) -> int:
        return len(self.names)

    @property
    def touched(self) -> set[Levels]:
        """Candidates with a result, a failure or something in flight."""
        return {
            candidate
            for candidate, row in self._rows.items()
            if self._had[row] or row in self._waiting
        }

    def claim(self, candidate: Levels, example: str, *, scored: bool) -> None:
        """The candidate has had this example; one that failed pins no difficulty."""
        place = self._place.get(example)
        if place is None:
            return
        row = self._row(candidate)  # may make room: first
        self._claims[row, place] += 1
        self._had[row] += 1
        self._kept.pop(row, None)
        self._counts[place] += scored
        if scored:
            self._count(self._alike, candidate, place)
        self._spent += 1

    def expect(self, in_flight: Collection[tuple[Levels, str]], *, apart: bool = False) -> None:
        """Replaces what is in flight, and settles the order in which examples come.

        `apart` says that candidates with a level in common answer alike.
        """
        self._apart = apart
        self._alike_busy = {}
        for row in self._waiting:
            self._busy[row] = 0
            self._kept.pop(row, None)
        self._waiting = defaultdict(int)
        counts = self._counts.copy()
        for candidate, example in in_flight:
            row, place = self._row(candidate), self._place.get(example)
            if place is not None:
                self._busy[row, place] += 1
                self._waiting[row] += 1
                self._kept.pop(row, None)
                self._count(self._alike_busy, candidate, place)
                counts[place] += 1
        calls = self._spent + len(in_flight)
        core = min(max(calls // CORE_RESULTS, CORE), len(self.names))
        shared = sorted(range(core), key=counts.tolist().__getitem__)
        self._order = np.array([*shared, *range(core, len(self.names))], dtype=np.int64)

    def left(self, candidate: Levels) -> int:
        """How many examples the candidate can still have in this round, without repeating any."""
        return int(self._open(self._known_row(candidate)).sum())

    def had(self, candidate: Levels) -> int:
        """Results, failures and results in flight of the candidate."""
        row = self._rows.get(candidate)
        return 0 if row is None else self._had[row] + self._waiting.get(row, 0)

    def next(self, candidate: Levels, number: int) -> tuple[str, ...]:
        """The next examples of the candidate, `number` or as many as there are."""
        places = self._order[self._open(self._known_row(candidate))[self._order]]
        if self._apart:
            known = self._known_alike(candidate)[places].tolist()
            places = places[sorted(range(len(known)), key=known.__getitem__)]
        return tuple(self.names[place] for place in places[:number])

    def outlook(
        self, candidates: Sequence[Levels], information: FloatArray, steps: Sequence[int]
    ) -> Outlook:
        """The next results of each candidate, for so many more `steps` of them.

        `information` is that of one more result, per example in the order of `names`. A step of
        so many examples stops where the candidate has had all of them.
        """
        ordered = information[self._order]
        sums, numbers = [], []
        rows = [self._known_row(candidate) for candidate in candidates]
        place = {row: at for at, row in enumerate(dict.fromkeys(rows))}
        for row in place:
            worth = ordered[self._open(row)[self._order]].cumsum()
            numbers.append([min(step, len(worth)) for step in steps])
            sums.append([float(worth[number - 1]) if number else 0.0 for number in numbers[-1]])
        at = np.array([place[row] for row in rows])
        with np.errstate(divide="ignore"):
            noise = 1.0 / np.array(sums)
        return Outlook(
            noise=tuple(column[at] for column in noise.T),
            numbers=tuple(column[at] for column in np.array(numbers, dtype=float).T),
        )

    def _count(
        self, counts: dict[tuple[int, int], IntArray], candidate: Levels, place: int
    ) -> None:
        for level in enumerate(candidate):
            if level not in counts:
                counts[level] = np.zeros(len(self.names), dtype=np.int64)
            counts[level][place] += 1

    def _known_alike(self, candidate: Levels) -> IntArray:
        """[N]: results and results in flight on each example, once per level in common."""
        known = np.zeros(len(self.names), dtype=np.int64)
        for counts in (self._alike, self._alike_busy):
            for level in enumerate(candidate):
                known += counts.get(level, 0)
        return known

    def _row(self, candidate: Levels) -> int:
        """The candidate's row; room for it is made where there is none."""
        row = self._rows.setdefault(candidate, len(self._rows))
        if row == len(self._had):
            self._had.append(0)
        if row >= len(self._claims):
            room = ((0, len(self._claims)), (0, 0))
            self._claims, self._busy = np.pad(self._claims, room), np.pad(self._busy, room)
        return row

    def _known_row(self, candidate: Levels) -> int:
        """The candidate's row; the one after the last for any that has none."""
        return self._rows.get(candidate, len(self._rows))

    def _open(self, row: int) -> BoolArray:
        """Examples of the current round: had least often, and less often than allowed."""
        if row >= len(self._rows):
            return np.full(len(self.names), self._repeats > 0)
        if row not in self._kept:
            claimed = self._claims[row] + self._busy[row]
            least = min(claimed.min(initial=self._repeats), self._repeats - 1)
            self._kept[row] = claimed == least
        return self._kept[row]
