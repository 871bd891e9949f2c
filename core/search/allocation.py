"""Allocation: which candidate gets the next block of examples, and when the search is over.

After a small space-filling start, the next block goes where it is expected to improve the
recommended candidate most per unit of cost (knowledge gradient on the surrogate's joint belief).
It may be asked whenever there is room: results in flight are counted, and no candidate is given
an example twice. Everything it knows came in through `observe`, `exclude` and `steer`, so the
same calls in the same order and the same seeds give the same blocks, after a resume as well.

Deliberately not here: running anything, and what the levels stand for.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.data.seeds import derived_rng
from core.search.additive import Layout
from core.search.examples import Examples
from core.search.linear import FloatArray, IntArray
from core.search.near_best import at_most, within
from core.search.pool import DRAWS, VISITED, WHOLE, Choices, large_pool
from core.search.reasons import Reason, Why
from core.search.results import level_array
from core.search.space import Levels
from core.search.start import Start
from core.search.surrogate import Surrogate
from core.search.terms import Terms
from core.search.weighing import Field, Weighed

LOOK_AHEADS = 4
"""The second look-ahead is this many blocks; the first is one block, the third all examples."""
UNBOUNDED = 10
"""Without a budget, this many full evaluations are taken to be still possible."""
ALIKE = 0.55
"""Share of what is left of a result's variance from which candidates with equal levels are taken
to answer alike."""
CROWDED = 0.15
"""Share of the budget in flight from which a search is not what it could be."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """Examples that one candidate should be evaluated on next."""

    candidate: Levels
    examples: tuple[str, ...]
    why: Why
    reason: str
    """The reason as a sentence for people."""
    expected_gain: float
    """How much better the best is then expected to be, a fraction; 0 where it was not weighed."""


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """The candidate to use if the search ended now."""

    candidate: Levels
    mean: float
    sd: float
    missing: tuple[str, ...]
    """Validation examples that it has neither had nor is having."""


class Allocation:
    """Learns from results, hands out blocks, knows when to stop. Not thread-safe."""

    def __init__(self, choices: Choices, terms: Terms) -> None:
        self.choices = choices
        self._terms, self._rules = terms, terms.rules
        self._surrogate = Surrogate(len(choices.sizes), terms.information_weights())
        self._examples = Examples(terms.examples, terms.weights, terms.rules.repeats)
        self._queued: dict[Levels, int] = {}
        self._spent = 0
        self._in_flight: tuple[tuple[Levels, str], ...] = ()
        self._stop: str | None = None
        self._whole: tuple[Choices, list[Levels], IntArray] | None = None
        self._layout, self._start = Layout(choices.sizes), Start(choices)
        self._ranked: tuple[list[Levels], FloatArray] | None = None

    @property
    def surrogate(self) -> Surrogate:
        """The belief as the results make it; what is in flight does not narrow it."""
        self._surrogate.pending(())
        return self._surrogate

    @property
    def stop_reason(self) -> str | None:
        """Why the last `next_block` had nothing to give, as a sentence; None when it had.

        With results in flight it may change its mind when they are in.
        """
        return self._stop

    @property
    def alike(self) -> float | None:
        """How much of what is left of a result's variance candidates with equal levels share.

        A fraction above 0.55; candidates with a level in common then get different examples first.
        None where it is less.
        """
        share = self._surrogate.hyperparameters.local_share
        return share if share > ALIKE else None

    def observe(self, candidate: Levels, example: str, score: float) -> None:
        """Adds one result and refits when it is time to.

        Raises:
            ValueError: `score` is not a number in [0, 1], or `candidate` does not fit the space.
        """
        self._surrogate.observe(candidate, example, score)
        self._examples.claim(candidate, example, scored=True)
        self._spent += 1
        self._ranked = None
        if self._surrogate.refit_due:
            self._surrogate.fit()

    def exclude(self, candidate: Levels, example: str) -> None:
        """An evaluation that failed for good: missing, not 0, and not to be given again."""
        self._examples.claim(candidate, example, scored=False)
        self._spent += 1

    def steer(self, choices: Choices, queued: Mapping[Levels, int] | None = None) -> None:
        """Replaces what may be chosen, and what people have queued.

        Sizes may have grown: new levels enter with the prior of their variable. `queued` says
        how many examples each candidate shall have before the search goes on; bans and pins do
        not hold for it.
        """
        self.choices = choices
        self._layout, self._start = Layout(choices.sizes), Start(choices)
        self._ranked = None
        self._queued = dict(queued or {})

    def bound(self, budget: int | None) -> None:
        """Replaces the most results, those that are there included."""
        self._terms = replace(self._terms, budget=budget)

    def next_block(
        self, in_flight: Collection[tuple[Levels, str]] = (), *, seed: int
    ) -> Block | None:
        """The next examples to evaluate; None when the search is over or can only wait.

        `in_flight` are all results that are being waited for, queued ones included.
        """
        return next(iter(self._blocks(in_flight, seed, 1)), None)

    def next_blocks(
        self,
        in_flight: Collection[tuple[Levels, str]] = (),
        *,
        seed: int,
        most: int | None = None,
    ) -> list[Block]:
        """As `next_block`; several blocks from one belief when much is in flight.

        One result more or less makes little difference then, and decisions cost time. What is in
        flight with these blocks stays below 15 % of the budget, if it can. `most` bounds their
        number further.
        """
        number = len(in_flight) // self._rules.crowd
        if self._terms.budget is not None:
            room = CROWDED * self._terms.budget - len(in_flight)
            number = min(number, int(room / self._rules.block))
        return self._blocks(in_flight, seed, number if most is None else min(number, most))

    def recommended(self, *, measured: bool = False) -> Recommendation | None:
        """The visited candidate of highest posterior mean; None before the first result.

        With `measured`, only candidates that have had every example; None when there is none.
        """
        candidates, means = self._visited()
        for candidate, mean in zip(candidates, means.tolist(), strict=True):
            if not (measured and self._missing(candidate)):
                return Recommendation(
                    candidate=candidate,
                    mean=mean,
                    sd=float(self._surrogate.predict([candidate]).sd[0]),
                    missing=self._examples.next(candidate, self._missing(candidate)),
                )
        return None

    def probability_within_epsilon(self, *, seed: int = 0) -> float:
        """How probable it is that nothing is better than the recommended one by over epsilon.

        Counts only results that are in. In a large space the best of the others is looked for
        among the most promising ones.
        """
        candidates, levels = self._pool(seed)
        return self._within(candidates, levels, seed)

    def _blocks(
        self, in_flight: Collection[tuple[Levels, str]], seed: int, most: int
    ) -> list[Block]:
        """One block, or up to `most` of them where each is given for what it is worth."""
        self._in_flight = tuple(in_flight)
        self._surrogate.pending(self._in_flight)
        self._expect()
        self._stop = None
        if self._calls_left() <= 0:
            return self._stopped("The budget is used up.")
        block = self._queued_block() or self._start_block(seed)
        return [block] if block else self._best_blocks(seed, most)

    def _expect(self) -> None:
        self._examples.expect(self._in_flight, apart=self.alike is not None)

    def _calls_left(self) -> float:
        if self._terms.budget is None:
            return float("inf")
        return self._terms.budget - self._spent - len(self._in_flight)

    def _stopped(self, reason: str) -> list[Block]:
        self._stop = reason
        return []

    def _queued_block(self) -> Block | None:
        for candidate, number in self._queued.items():
            wanted = min(number, len(self._examples)) - self._examples.had(candidate)
            if wanted > 0:
                return self._block(candidate, Reason("queued"), wanted)
        return None

    def _start_block(self, seed: int) -> Block | None:
        """Candidates spread evenly over the levels, the program as given among them."""
        if len(self._examples.touched) >= self._start.number:
            return None
        spare = self._calls_left() - self._reserve()
        if spare <= 0:
            return None
        for candidate in self._start.candidates(seed):
            if not self._examples.had(candidate):
                return self._block(candidate, Reason("start"), spare)
        return None

    def _reserve(self) -> int:
        """Calls that the full evaluation of the recommended candidate still takes."""
        best = self._to_confirm()
        return 0 if best is None else self._missing(best)

    def _best_blocks(self, seed: int, most: int) -> list[Block]:
        """Where the expected gain per unit of cost is highest, or what is left to confirm."""
        candidates, levels = self._pool(seed)
        if not candidates:
            return self._stopped("Every candidate is banned.")
        best = self._to_confirm()
        if best is not None and self._missing(best) >= self._calls_left():
            return [self._block(best, Reason("confirm"))]
        field = Field.of(candidates, self._surrogate.joint(levels), self._costs(candidates))
        weighed = self._weighed(field)
        if weighed is None:
            return self._stopped("Every candidate has been evaluated on every example.")
        hopes = best is None or weighed.offer.promise >= self._rules.worthwhile
        if not hopes and self._sure(candidates, levels, seed):
            return self._settled(best)
        return self._gain_blocks(field, weighed, best, most)

    def _gain_blocks(
        self, field: Field, weighed: Weighed, best: Levels | None, most: int
    ) -> list[Block]:
        """The block of the offered candidate, then those of what is then worth most."""
        blocks: list[Block] = []
        while True:
            offer, left = weighed.offer, self._calls_left()
            spare = left if best in (None, offer.candidate) else left - self._missing(best)
            if blocks and spare <= 0:
                return blocks
            blocks.append(self._block(offer.candidate, Reason("gain", offer), spare))
            if len(blocks) >= most:
                return blocks
            self._in_flight += tuple((offer.candidate, each) for each in blocks[-1].examples)
            self._expect()
            field = field.rivals(weighed)
            further = self._weighed(field)
            if further is None:
                return blocks
            weighed = further

    def _to_confirm(self) -> Levels | None:
        """The visited candidate of highest posterior mean that can still be fully evaluated.

        The first of all when the budget suffices for none; one in flight before any result.
        """
        candidates = self._visited()[0] or sorted(
            filter(self.choices.allows, self._examples.touched)
        )
        left = self._calls_left()
        affordable = (candidate for candidate in candidates if self._missing(candidate) <= left)
        return next(affordable, candidates[0] if candidates else None)

    def _pool(self, seed: int) -> tuple[list[Levels], IntArray]:
        """The candidates that are weighed against each other, and the same as rows of levels."""
        variables = len(self.choices.sizes)
        if self.choices.count <= WHOLE:
            if self._whole is None or self._whole[0] != self.choices:
                every = self.choices.every()
                self._whole = self.choices, every, level_array(every, variables)
            return self._whole[1], self._whole[2]
        rng = derived_rng(seed, "allocation pool", self._spent + len(self._in_flight))
        functions = self._surrogate.tables(self._layout, draws=DRAWS, rng=rng)
        visited, _ = self._visited()
        pool = large_pool(self.choices, self._layout, functions, visited[:VISITED], rng)
        return pool, level_array(pool, variables)

    def _visited(self) -> tuple[list[Levels], FloatArray]:
        """Candidates with results that are still allowed and their predicted scores, best first.

        Scores that differ by rounding errors only count as equal.
        """
        if self._ranked is None:
            standings = self._surrogate.standings()
            allowed = np.flatnonzero(self.choices.allowed(standings.levels))
            means = np.round(standings.mean[allowed], 9).tolist()
            ranked = allowed[sorted(range(len(means)), key=means.__getitem__, reverse=True)]
            candidates = [tuple(row) for row in standings.levels[ranked].tolist()]
            self._ranked = candidates, standings.mean[ranked]
        return self._ranked

    def _weighed(self, field: Field) -> Weighed | None:
        block = self._rules.block
        outlook = self._examples.outlook(
            field.candidates,
            self._surrogate.information(self._examples.names),
            (block, LOOK_AHEADS * block, len(self._examples)),
        )
        return field.weighed(outlook, self._calls_foreseen())

    def _costs(self, candidates: Sequence[Levels]) -> FloatArray:
        cost = self._terms.cost
        if cost is None:
            return np.ones(len(candidates))
        return np.array([cost(candidate) for candidate in candidates])

    def _missing(self, candidate: Levels) -> int:
        return len(self._examples) - min(self._examples.had(candidate), len(self._examples))

    def _calls_foreseen(self) -> float:
        left = self._calls_left()
        return UNBOUNDED * len(self._examples) if left == float("inf") else left

    def _sure(self, candidates: Sequence[Levels], levels: IntArray, seed: int) -> bool:
        return (
            self._within(candidates, levels, seed, self._rules.confidence) >= self._rules.confidence
        )

    def _within(
        self, candidates: Sequence[Levels], levels: IntArray, seed: int, enough: float = 0.0
    ) -> float:
        """Probability, by results that are in, that none of the candidates is much better.

        Just some number below `enough` where it is not enough by far.
        """
        visited, _ = self._visited()
        if not visited:
            return 0.0
        self._surrogate.pending(())
        joint = self._surrogate.joint(levels)
        self._surrogate.pending(self._in_flight)
        best, epsilon = candidates.index(visited[0]), self._rules.epsilon
        bound = at_most(joint, best, epsilon)
        if bound < enough:
            return bound
        rng = derived_rng(seed, "allocation stop", self._spent)
        return within(joint, best, epsilon, rng, enough)

    def _settled(self, best: Levels | None) -> list[Block]:
        """The rest of the recommended candidate's examples, then the end."""
        if best is not None and self._missing(best):
            return [self._block(best, Reason("confirm"))]
        points = f"{100 * self._rules.epsilon:g} point" + (
            "" if self._rules.epsilon == 0.01 else "s"
        )
        return self._stopped(
            f"The recommended candidate is within {points} of the best with a probability of at "
            f"least {self._rules.confidence:.0%}; more calls are not expected to gain anything."
        )

    def _block(self, candidate: Levels, reason: Reason, most: float = float("inf")) -> Block:
        number = int(max(1, min(self._rules.block, most, self._calls_left())))
        return Block(
            candidate=candidate,
            examples=self._examples.next(candidate, number),
            why=reason.why,
            reason=reason.sentence(self._terms.name(candidate)),
            # without rounding errors, which differ in a resumed run
            expected_gain=round(reason.offer.gain, 12) if reason.offer else 0.0,
        )
