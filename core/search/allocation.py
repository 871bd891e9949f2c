"""Allocation: which candidate gets the next block of examples, and when the search is over.

After a small space-filling start, the next block goes where it is expected to improve the
recommended candidate most per unit of cost (knowledge gradient on the surrogate's joint belief).
It may be asked whenever there is room: results in flight are counted, and no candidate is given
an example twice. Everything it knows came in through `observe`, `exclude` and `steer`, so the
same calls in the same order and the same seeds give the same blocks, after a resume as well.

Deliberately not here: running anything, and what the levels stand for.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.data.seeds import derived_rng
from core.search.additive import Layout
from core.search.crossed_effects import FloatArray, IntArray, level_array
from core.search.examples import Examples
from core.search.knowledge_gradient import gains
from core.search.near_best import at_most, within
from core.search.pool import DRAWS, VISITED, WHOLE, Choices, large_pool, latin_hypercube
from core.search.reasons import Offer, Reason, Why
from core.search.space import Levels
from core.search.surrogate import Joint, Surrogate

START_LEAST = 4
START_MOST = 18
LOOK_AHEADS = 4
"""The second look-ahead is this many blocks; the first is one block, the third all examples."""
HOPELESS = 1e-12
"""Expected gain per call below which gains are not told apart."""
UNBOUNDED = 10
"""Without a budget, this many full evaluations are taken to be still possible."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The numbers that an allocation goes by."""

    block: int = 10
    """Examples given at a time."""
    repeats: int = 1
    """Most results of one candidate on one example; above 1 only for metrics that are noisy."""
    epsilon: float = 0.01
    """Candidates closer than this to the best, a fraction, count as equally good."""
    confidence: float = 0.95
    """Probability of being within epsilon of the best at which the search may end."""
    worthwhile: float = 0.001
    """Expected gain of all calls left, a fraction, below which the search may end."""


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


def _plain_name(candidate: Levels) -> str:
    return "candidate " + "-".join(map(str, candidate))


def _unit_cost(_: Levels) -> float:
    return 1.0


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an allocation is about, beside the space; fixed for its life."""

    examples: Sequence[str]
    """Validation examples in the common order, the same for every candidate."""
    budget: int | None = None
    """Most results, failures included; the full evaluation of the recommended one is in it."""
    weights: Mapping[str, float] | None = None
    """Example → its weight in the mean score, any scale; 1 where it is not named."""
    cost: Callable[[Levels], float] = _unit_cost
    """Expected cost of one result of a candidate, on any scale, above 0."""
    name: Callable[[Levels], str] = _plain_name
    """What people call a candidate."""
    rules: Rules = field(default_factory=Rules)


class Allocation:
    """Learns from results, hands out blocks, knows when to stop. Not thread-safe."""

    def __init__(self, choices: Choices, terms: Terms) -> None:
        self.choices = choices
        self._terms, self._rules = terms, terms.rules
        self._surrogate = Surrogate(len(choices.sizes), _information_weights(terms))
        self._examples = Examples(terms.examples, terms.weights, terms.rules.repeats)
        self._queued: dict[Levels, int] = {}
        self._spent = 0
        self._in_flight: tuple[tuple[Levels, str], ...] = ()
        self._stop: str | None = None
        self._whole: tuple[Choices, list[Levels], IntArray] | None = None
        self._layout = Layout(choices.sizes)
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
        self._layout = Layout(choices.sizes)
        self._ranked = None
        self._queued = dict(queued or {})

    def next_block(
        self, in_flight: Collection[tuple[Levels, str]] = (), *, seed: int
    ) -> Block | None:
        """The next examples to evaluate; None when the search is over or can only wait.

        `in_flight` are all results that are being waited for, queued ones included.
        """
        self._expect(in_flight)
        self._stop = None
        if self._calls_left() <= 0:
            return self._stopped("The budget is used up.")
        return self._queued_block() or self._start_block(seed) or self._best_block(seed)

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

    def _expect(self, in_flight: Collection[tuple[Levels, str]]) -> None:
        self._in_flight = tuple(in_flight)
        self._surrogate.pending(self._in_flight)
        self._examples.expect(self._in_flight)

    def _calls_left(self) -> float:
        if self._terms.budget is None:
            return float("inf")
        return self._terms.budget - self._spent - len(self._in_flight)

    def _stopped(self, reason: str) -> Block | None:
        self._stop = reason
        return None

    def _queued_block(self) -> Block | None:
        for candidate, number in self._queued.items():
            wanted = min(number, len(self._examples)) - self._examples.had(candidate)
            if wanted > 0:
                return self._block(candidate, Reason("queued"), wanted)
        return None

    def _start_block(self, seed: int) -> Block | None:
        """Candidates spread evenly over the levels, the program as given among them."""
        widest = max(len(self.choices.levels(v)) for v in range(len(self.choices.sizes)))
        number = min(max(START_LEAST, widest), START_MOST, self.choices.count)
        reserve = self._reserve()
        if len(self._examples.touched) >= number or reserve >= self._calls_left():
            return None
        baseline = (0,) * len(self.choices.sizes)
        rng = derived_rng(seed, "allocation start")
        design = [baseline] if self.choices.allows(baseline) else []
        design += latin_hypercube(self.choices, number, rng)
        for candidate in design:
            if not self._examples.had(candidate):
                return self._block(candidate, Reason("start"), self._calls_left() - reserve)
        return None

    def _reserve(self) -> int:
        """Calls that the full evaluation of the recommended candidate still takes."""
        best = self._to_confirm()
        return 0 if best is None else self._missing(best)

    def _best_block(self, seed: int) -> Block | None:
        """Where the expected gain per unit of cost is highest, or what is left to confirm."""
        candidates, levels = self._pool(seed)
        if not candidates:
            return self._stopped("Every candidate is banned.")
        best, left, missing = self._to_confirm(), self._calls_left(), self._reserve()
        if best is not None and missing >= left:
            return self._block(best, Reason("confirm"))
        offer = self._offer(candidates, self._surrogate.joint(levels))
        if offer is None:
            return self._stopped("Every candidate has been evaluated on every example.")
        if (
            best is not None
            and offer.promise < self._rules.worthwhile
            and self._sure(candidates, levels, seed)
        ):
            if missing:
                return self._block(best, Reason("confirm"))
            return self._stopped(self._settled_sentence())
        spare = left if offer.candidate == best else left - missing
        return self._block(offer.candidate, Reason("gain", offer), spare)

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
            ranked = allowed[np.argsort(-np.round(standings.mean[allowed], 9), kind="stable")]
            candidates = [tuple(row) for row in standings.levels[ranked].tolist()]
            self._ranked = candidates, standings.mean[ranked]
        return self._ranked

    def _offer(self, candidates: Sequence[Levels], joint: Joint) -> Offer | None:
        """The candidate of highest expected gain per cost; None when all are exhausted."""
        block = self._rules.block
        information = self._surrogate.information(self._examples.names)
        steps = (block, LOOK_AHEADS * block, len(self._examples))
        sums, numbers = self._examples.outlook(candidates, information, steps)
        with np.errstate(divide="ignore"):
            noise = 1.0 / sums
        gain = gains(joint.mean, joint.covariance, noise)
        per_call = np.divide(gain, numbers, out=np.full(gain.shape, -1.0), where=numbers > 0)
        if per_call.max() < 0:
            return None
        if per_call.max() < HOPELESS:
            return self._likeliest(candidates, joint, numbers[0] > 0)
        rate = per_call / np.array([self._terms.cost(candidate) for candidate in candidates])
        # Equal up to rounding errors is equal, so that a resumed run decides the same.
        ranked = np.round(rate / rate.max(), 6)
        step, chosen = np.unravel_index(int(ranked.argmax()), rate.shape)
        gained = float(gain[step, chosen])
        calls = min(self._calls_foreseen(), numbers[-1].sum())
        return Offer.of(candidates, joint, int(chosen), gained, per_call.max() * calls)

    def _likeliest(
        self, candidates: Sequence[Levels], joint: Joint, available: npt.NDArray[np.bool_]
    ) -> Offer:
        """What is likeliest to be better after all, when no result is expected to change much."""
        places = np.flatnonzero(available).tolist()
        offers = [Offer.of(candidates, joint, place, 0.0, 0.0) for place in places]
        return max(offers, key=lambda offer: (round(offer.probability, 9), offer.mean))

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
        return within(joint, best, epsilon, derived_rng(seed, "allocation stop", self._spent))

    def _settled_sentence(self) -> str:
        points = f"{100 * self._rules.epsilon:g} point" + (
            "" if self._rules.epsilon == 0.01 else "s"
        )
        return (
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
            expected_gain=reason.offer.gain if reason.offer else 0.0,
        )


def _information_weights(terms: Terms) -> dict[str, float] | None:
    """What one result on each example counts for, so that all together count as they inform.

    The mean of N results with weights w has the variance of (sum w)^2 / sum w^2 equal results.
    """
    if terms.weights is None:
        return None
    weights = np.array([terms.weights.get(name, 1.0) for name in terms.examples])
    scale = weights.sum() / np.square(weights).sum()
    counts: Iterable[float] = (weights * scale).tolist()
    return {name: w for name, w in zip(terms.examples, counts, strict=True) if w > 0}
