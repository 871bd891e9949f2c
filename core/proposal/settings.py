"""The proposer's own settings: what one proposal is shown and how freely it is written.

MIPRO++ (paper section 4.4) learns them; `GRID` is what it chooses from. Its values for temperature
and shown sets are ours, the paper does not name them.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core.proposal.grounding import TIPS


class ProposerSettings(BaseModel):
    """How the proposals of one round are asked for, the same for all predictors."""

    model_config = ConfigDict(frozen=True)

    dataset_summary: bool = True
    program_summary: bool = True
    """Structure and description of the program, and the predictor's part in it."""
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    """None for the run's."""
    tip: str = "none"
    """Key of `core.proposal.grounding.TIPS`."""
    shown_set: int | None = 0
    """Which draw of demos is shown; None for none."""
    history: bool = False
    """Earlier instructions are shown with their scores."""
    hint: str = ""
    """What a person wants of the proposals, in free text."""
    mistakes: bool = False
    """Validation examples are shown that the best candidate so far gets wrong."""


GRID: dict[str, tuple[Any, ...]] = {
    "dataset_summary": (True, False),
    "program_summary": (True, False),
    "temperature": (0.3, 0.7, 1.0, 1.3),
    "tip": tuple(TIPS),
    "shown_set": (0, 1, 2, 3, None),
    "history": (False, True),
}
"""Setting → what may be chosen. Hints and mistakes are for requests of people."""

GRID_SIZES = tuple(len(options) for options in GRID.values())


def settings_at(levels: Sequence[int]) -> ProposerSettings:
    """The settings with these indices into `GRID`."""
    chosen = {
        name: options[level] for (name, options), level in zip(GRID.items(), levels, strict=True)
    }
    return ProposerSettings(**chosen)


def settings_levels(settings: ProposerSettings) -> tuple[int, ...]:
    """The indices into `GRID`.

    Raises:
        ValueError: a value is not in the grid.
    """
    return tuple(options.index(getattr(settings, name)) for name, options in GRID.items())
