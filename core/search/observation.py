"""What a search rule learns from: a candidate and its mean."""

from dataclasses import dataclass

from core.search.space import Levels


@dataclass(frozen=True, kw_only=True)
class Observation:
    """A candidate and its mean score so far, one row however many examples are behind it."""

    levels: Levels
    mean: float
