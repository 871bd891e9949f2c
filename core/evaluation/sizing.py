"""What so many examples can show, before any has been scored.

The arithmetic of planning: normal approximations with an assumed share of examples on which two
prompts differ. What a finished run shows is computed from its scores, in `statistics`.
"""

import math
from dataclasses import dataclass

from scipy import special

from core.evaluation.statistics import POWER, SIGNIFICANCE, mean

DISAGREEMENT = 0.2
"""Share of examples on which one of two prompts is right and the other wrong: a usual one."""

TYPICAL_SCORE = 0.7
"""At which the precision of a single score is told."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What a number of examples, each scored 0 or 1, can show."""

    n: int
    difference: float | None
    """Smallest true difference of two prompts that is shown four times in five; a fraction. None
    when not even prompts of which one always wins where they differ can be told apart."""
    margin: float
    """Half the width of the 95 % interval of one score near 0.7; a fraction."""


def reach(n: int, *, disagreement: float = DISAGREEMENT) -> Reach:
    """What `n` examples can show, two prompts compared on the same ones.

    Solves n = (z₁ + z₂)² (d - δ²) / δ² for the difference δ, where d is the disagreement: the size
    of McNemar's test in its simplest form (Connor 1987, Biometrics 43:207).

    Raises:
        ValueError: `n` is not positive, or the disagreement is not in (0, 1].
    """
    if n < 1 or not 0 < disagreement <= 1:
        raise ValueError(f"{n} examples that disagree on {disagreement} of them.")
    squared = _errors() ** 2
    smallest = math.sqrt(squared * disagreement / (n + squared))
    right = round(TYPICAL_SCORE * n)
    one = mean([1.0] * right + [0.0] * (n - right))
    return Reach(
        n=n,
        difference=smallest if smallest <= disagreement else None,
        margin=(one.high - one.low) / 2,
    )


def examples_needed(difference: float, *, disagreement: float = DISAGREEMENT) -> int:
    """Examples from which on a true difference of this size is shown four times in five.

    Raises:
        ValueError: the difference is not in (0, disagreement].
    """
    if not 0 < difference <= disagreement <= 1:
        raise ValueError(f"a difference of {difference} where {disagreement} of examples differ.")
    squared = _errors() ** 2
    return math.ceil(squared * (disagreement - difference**2) / difference**2)


def _errors() -> float:
    """Standard errors that a difference must have: those of the test plus those of the power."""
    return float(special.ndtri(1 - SIGNIFICANCE / 2) + special.ndtri(POWER))
