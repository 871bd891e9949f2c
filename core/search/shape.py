"""What an optimizer searches and how it spends a budget, as far as its calls depend on that.

The budget's formulas need no more of an optimizer than this; what it does is in `core.optimizers`.
"""

from dataclasses import dataclass
from typing import Literal

Proposals = Literal["none", "before", "each predictor", "one predictor", "together"]
"""Who asks for instructions and when: nobody; a pool before the search; or, in every trial, each
predictor for itself, one predictor alone, or one call for all predictors together."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The shape of one optimizer's runs."""

    demos: bool = True
    """Demo sets are searched."""
    proposals: Proposals = "before"
    grounded: bool = True
    """The proposer is shown data, program and examples."""
    whole: bool = False
    """Every trial is a full evaluation."""
    adaptive: bool = False
    """Examples are given out in blocks where they are worth most; the budget bounds their sum."""

    @property
    def instructions(self) -> bool:
        """True when instructions are searched."""
        return self.proposals != "none"

    @property
    def in_rounds(self) -> bool:
        """True when every trial is preceded by fresh proposals."""
        return self.proposals in ("each predictor", "one predictor", "together")

    def calls_per_round(self, predictors: int) -> int:
        """Calls to the prompt model before one trial."""
        if not self.in_rounds:
            return 0
        return predictors if self.proposals == "each predictor" else 1

    def variables(self, predictors: int) -> int:
        """Choices that a candidate consists of."""
        return predictors * (int(self.demos) + int(self.instructions))


JOINT = Shape()
"""A pool of instructions and demo sets, as MIPRO searches it."""
