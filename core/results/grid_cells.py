"""The candidates behind the cells of a grid: one with two choices of one predictor changed."""

from collections.abc import Sequence
from functools import lru_cache

from core.programs.candidate import Candidate, Choice


def with_choices(
    candidate: Candidate, predictor: str, instruction: str, demo_set: str
) -> Candidate:
    """The candidate with these two choices for the predictor."""
    choice = Choice(instruction=instruction, demo_set=demo_set)
    return Candidate(choices={**candidate.choices, predictor: choice})


# A grid is looked at once a second and has hundreds of cells, whose ids are hashes.
@lru_cache(maxsize=64)
def cell_ids(
    base: tuple[tuple[str, str, str], ...],
    predictor: str,
    instructions: Sequence[str],
    demo_sets: Sequence[str],
) -> tuple[tuple[str, ...], ...]:
    """Row by row the ids of the cells' candidates.

    `base` is the candidate that they are made from: (predictor, instruction, demo set).
    """
    candidate = Candidate(
        choices={name: Choice(instruction=one, demo_set=other) for name, one, other in base}
    )
    return tuple(
        tuple(with_choices(candidate, predictor, row, column).id for column in demo_sets)
        for row in instructions
    )
