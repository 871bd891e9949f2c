"""The start of a search: a few candidates that cover all levels evenly.

Deliberately not here: whether each has been tried, and on which examples.
"""

from core.data.seeds import derived_rng
from core.search.pool import Choices, latin_hypercube
from core.search.space import Levels

LEAST = 4
MOST = 18
"""Candidates that the search starts with, if there are as many."""


class Start:
    """The candidates to begin with among some choices; drawn once."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        widest = max(len(choices.levels(variable)) for variable in range(len(choices.sizes)))
        self.number = min(max(LEAST, widest), MOST, choices.count)
        """Candidates to have tried before the search proper."""
        self._drawn: tuple[int, list[Levels]] | None = None

    def candidates(self, seed: int) -> list[Levels]:
        """The program as given, then candidates in which every level comes about as often."""
        if self._drawn is None or self._drawn[0] != seed:
            baseline = (0,) * len(self._choices.sizes)
            first = baseline if self._choices.allows(baseline) else None
            rng = derived_rng(seed, "allocation start")
            self._drawn = seed, latin_hypercube(self._choices, self.number, rng, first)
        return self._drawn[1]
