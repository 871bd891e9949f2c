"""The surrogate of the worker's snapshots: fed with new results, asked for what to show.

It is fitted on the same results as the search's own surrogate, but belongs to another thread. It
works as often as its share of a processor allows, and repeats what it last said in between.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.runs.snapshot import Belief, LevelEffect, Predicted, VarianceShare
from core.search.allocation import Allocation
from core.search.pool import Choices
from core.search.space import Levels, SearchSpace
from core.search.surrogate import INTERVAL, Surrogate
from core.search.terms import Terms
from core.worker.prospects import considered, grids

LEADERS = 12
"""Candidates whose probability of being the best is kept."""

RIVALS = 150
"""Candidates that are compared for it: those whose intervals reach highest."""

MOST_PREDICTED = 1_000
MOST_EFFECTS = 300
"""Bound a snapshot to 100 kB; what is left out is what is least promising, or smallest."""

LEAST_RESULTS = 10
"""Results before anything is said about effects and probabilities."""

SHARE = 0.1
"""Of one processor, at most, that the surrogate of the snapshots takes."""

DIGITS = 4
"""Of what is kept: a hundredth of a point."""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What is believed at one moment."""

    predictions: Mapping[str, Predicted] = field(default_factory=dict)
    """Candidate tried → predicted score."""
    belief: Belief | None = None


@dataclass(kw_only=True)
class Beliefs:
    """One per run; not thread-safe."""

    clock: Callable[[], float] = time.monotonic
    spent: Callable[[], float] = time.thread_time
    """Seconds of processor time that this thread has used."""
    _allocation: Allocation | None = None
    _waiting: list[tuple[Levels, str, float]] = field(default_factory=list)
    _outlook: Outlook = field(default_factory=Outlook)
    _basis: tuple[Choices, int] | None = None
    """What the outlook was made from, beside results: choices, and number of candidates tried."""
    _due: float = 0.0

    def outlook(
        self,
        space: SearchSpace | None,
        choices: Choices | None,
        visited: Mapping[str, Levels],
        results: Sequence[tuple[Levels, str, float]],
        *,
        now: bool = False,
    ) -> Outlook:
        """What is believed after these new results: (levels, example, score).

        `choices` are those that people leave open, `visited` all candidates tried. What was last
        said comes back while working it out again would take more than the share of a processor;
        `now` has it worked out at any cost.
        """
        self._waiting.extend(results)
        if space is None or choices is None or not visited:
            return self._outlook
        basis, started = (choices, len(visited)), self.clock()
        stale = bool(self._waiting) or basis != self._basis
        if not stale or (started < self._due and not now):
            return self._outlook
        before, self._basis = self.spent(), basis
        self._outlook = self._worked_out(space, choices, visited)
        self._due = started + (self.spent() - before) / SHARE
        return self._outlook

    def _worked_out(
        self, space: SearchSpace, choices: Choices, visited: Mapping[str, Levels]
    ) -> Outlook:
        allocation = self._learnt(choices)
        best = allocation.recommended()
        near_best = allocation.probability_within_epsilon() if best else 0.0
        surrogate = allocation.surrogate  # once, as it drops what it has worked out
        predictions = _predictions(surrogate, visited)
        if surrogate.results < LEAST_RESULTS:
            return Outlook(predictions=predictions)
        names = {levels: name for name, levels in visited.items()}
        shares, interactions, remainder = _shares(surrogate, space)
        effects = _effects(surrogate, space)
        belief = Belief(
            recommended=names[best.candidate] if best else None,
            near_best=round(near_best, DIGITS),
            probability_best=_chances(surrogate, visited, predictions),
            effects=tuple(effects),
            shares=shares,
            interactions=interactions,
            remainder=remainder,
            grids=grids(surrogate, space, best.candidate, effects) if best else (),
            considered=considered(surrogate, space, choices, names),
            alike=allocation.alike,
        )
        return Outlook(predictions=predictions, belief=belief)

    def _learnt(self, choices: Choices) -> Allocation:
        if self._allocation is None:
            self._allocation = Allocation(choices, Terms(examples=()))
        if self._allocation.choices != choices:
            self._allocation.steer(choices)
        for levels, example, score in self._waiting:
            self._allocation.observe(levels, example, score)
        self._waiting.clear()
        return self._allocation


def _predictions(surrogate: Surrogate, visited: Mapping[str, Levels]) -> dict[str, Predicted]:
    """Candidate tried → predicted score; the most promising of very many."""
    if len(visited) > MOST_PREDICTED:
        standings = surrogate.standings()
        best = np.argsort(-standings.mean, kind="stable")[:MOST_PREDICTED]
        kept = set(map(tuple, standings.levels[best].tolist()))
        visited = {name: levels for name, levels in visited.items() if levels in kept}
    predicted = surrogate.predict(list(visited.values()))
    return {
        name: Predicted(mean=round(float(mean), DIGITS), sd=round(float(sd), DIGITS))
        for name, mean, sd in zip(visited, predicted.mean, predicted.sd, strict=True)
    }


def _chances(
    surrogate: Surrogate, visited: Mapping[str, Levels], predictions: Mapping[str, Predicted]
) -> dict[str, float]:
    """Candidate tried → probability that it is the best of those tried; leaders only."""
    reach = {name: each.mean + INTERVAL * each.sd for name, each in predictions.items()}
    rivals = sorted(reach, key=lambda name: -reach[name])[:RIVALS]
    chances = surrogate.probability_best([visited[name] for name in rivals], seed=0)
    leaders = np.argsort(-chances, kind="stable")[:LEADERS]
    return {rivals[place]: round(float(chances[place]), DIGITS) for place in leaders}


def _effects(surrogate: Surrogate, space: SearchSpace) -> list[LevelEffect]:
    """Effects of choices that compete with others; the largest of very many."""
    found = []
    for effect in surrogate.effects(space.sizes):
        predictor = space.predictors[effect.variable // 2]
        is_demo = effect.variable % 2 == 1
        ids = (space.demo_sets if is_demo else space.instructions)[predictor]
        if len(ids) > 1:
            found.append(
                LevelEffect(
                    predictor=predictor,
                    part="demo_set" if is_demo else "instruction",
                    id=ids[effect.level],
                    mean=round(effect.mean, DIGITS),
                    sd=round(effect.sd, DIGITS),
                )
            )
    if len(found) > MOST_EFFECTS:
        found = sorted(found, key=lambda each: -abs(each.mean))[:MOST_EFFECTS]
    return found


def _shares(
    surrogate: Surrogate, space: SearchSpace
) -> tuple[tuple[VarianceShare, ...], float, float]:
    """Shares of each part that has a choice, of their interactions, and of what remains.

    What a part does together with one that has no choice, it does alone.
    """
    sizes, known = space.sizes, surrogate.variance_shares()
    moving = [variable for variable, size in enumerate(sizes) if size > 1]
    if not moving:
        return (), 0.0, 0.0
    pair = known.pairs / max(1.0, len(sizes) * (len(sizes) - 1) / 2)
    alone = {place: known.variables[place] + (len(sizes) - len(moving)) * pair for place in moving}
    together, rest = len(moving) * (len(moving) - 1) / 2 * pair, known.remainder
    if len(moving) == 1:
        alone, rest = {moving[0]: 1.0}, 0.0
    total = sum(alone.values()) + together + rest
    shares = tuple(
        VarianceShare(
            predictor=space.predictors[place // 2],
            part="demo_set" if place % 2 else "instruction",
            share=round(share / total, DIGITS),
        )
        for place, share in alone.items()
    )
    return shares, round(together / total, DIGITS), round(rest / total, DIGITS)
