"""The surrogate of the worker's snapshots: fed with new results, asked for what to show.

It is fitted on the same results as the search's own surrogate, but belongs to another thread.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.runs.snapshot import Belief, LevelEffect, Predicted
from core.search.space import Levels, SearchSpace
from core.search.surrogate import Surrogate

NEAR = 0.01
"""Candidates closer than this to the best, a fraction, count as equally good."""

LEADERS = 12
"""Candidates whose probability of being the best is kept."""

LEAST_RESULTS = 10
"""Results before anything is said about effects and probabilities."""


@dataclass(kw_only=True)
class Beliefs:
    """One per run; not thread-safe."""

    _surrogate: Surrogate | None = None
    _levels: dict[str, Levels] = field(default_factory=dict)

    def learn(
        self, visited: Mapping[str, Levels], results: Sequence[tuple[Levels, str, float]]
    ) -> None:
        """Take new results in: (levels, example, score). `visited` are all candidates tried."""
        self._levels = dict(visited)
        if self._surrogate is None and visited:
            self._surrogate = Surrogate(variables=len(next(iter(visited.values()))))
        if self._surrogate is None:
            return
        for levels, example, score in results:
            self._surrogate.observe(levels, example, score)
        if self._surrogate.refit_due:
            self._surrogate.fit()

    def predictions(self) -> dict[str, Predicted]:
        """Candidate tried → predicted score."""
        if self._surrogate is None:
            return {}
        predicted = self._surrogate.predict(list(self._levels.values()))
        return {
            name: Predicted(mean=float(mean), sd=float(sd))
            for name, mean, sd in zip(self._levels, predicted.mean, predicted.sd, strict=True)
        }

    def belief(self, space: SearchSpace | None, reason: str | None) -> Belief | None:
        """Probabilities and effects; None while there is too little to say anything."""
        surrogate = self._surrogate
        if surrogate is None or space is None or surrogate.results < LEAST_RESULTS:
            return None
        names, levels = list(self._levels), list(self._levels.values())
        best = int(np.argmax(surrogate.predict(levels).mean))
        chances = surrogate.probability_best(levels, seed=0)
        near = surrogate.probability_best(levels, seed=0, within=NEAR)
        leaders = np.argsort(-chances, kind="stable")[:LEADERS]
        return Belief(
            recommended=names[best],
            near_best=float(near[best]),
            probability_best={names[i]: float(chances[i]) for i in leaders},
            effects=tuple(_effects(surrogate, space)),
            reason=reason,
        )


def _effects(surrogate: Surrogate, space: SearchSpace) -> list[LevelEffect]:
    """Effects of choices that compete with others."""
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
                    mean=effect.mean,
                    sd=effect.sd,
                )
            )
    return found
