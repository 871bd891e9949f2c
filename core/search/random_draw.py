"""Candidates drawn at random: the control for every rule that learns."""

from collections.abc import Iterable, Sequence

import numpy as np

from core.search.observation import Observation
from core.search.pool import Choices
from core.search.space import Levels

TRIES = 200
"""Draws before the candidates that are left are listed."""

LISTED = 1_000_000
"""Spaces of more candidates are never listed."""


def draw_candidate(
    sizes: Sequence[int],
    observations: Sequence[Observation],
    *,
    pending: Iterable[Levels] = (),
    exhausted: frozenset[Levels] = frozenset(),
    choices: Choices | None = None,
    seed: int,
) -> Levels | None:
    """Any candidate that is not exhausted, whatever was observed; None when none is left.

    `choices` say which may be drawn at all; None for the whole space.
    """
    return draw(choices or Choices(sizes=tuple(sizes)), exhausted=exhausted, seed=seed)


def draw(choices: Choices, *, exhausted: frozenset[Levels], seed: int) -> Levels | None:
    """Any allowed candidate that is not exhausted, all equally likely; None when none is left.

    Nor when none is found in a space too large to be listed, of which almost all is ruled out.
    """
    if is_exhausted(choices, exhausted):
        return None
    rng = np.random.default_rng(seed)
    opened = [choices.levels(variable) for variable in range(len(choices.sizes))]
    for _ in range(TRIES):
        levels = tuple(own[int(rng.integers(len(own)))] for own in opened)
        if levels not in exhausted and choices.allows(levels):
            return levels
    if choices.count > LISTED:
        return None
    left = [levels for levels in choices.every() if levels not in exhausted]
    return left[int(rng.integers(len(left)))] if left else None


def is_exhausted(choices: Choices, exhausted: frozenset[Levels]) -> bool:
    """Whether nothing is left, as far as that can be told without listing the space."""
    if len(exhausted) < choices.count:
        return False
    return sum(map(choices.allows, exhausted)) >= choices.count
