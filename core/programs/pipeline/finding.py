"""One thing that is wrong with a pipeline."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """What is wrong, where, and what to do about it."""

    model_config = ConfigDict(frozen=True)

    severity: Literal["error", "warning"]
    """With an error it cannot be run."""
    stage: str | None = None
    """None for the pipeline itself."""
    field: str | None = None
    message: str
    """A sentence or two, ready to be shown; it does not name the stage."""

    @property
    def told(self) -> str:
        """The message with its stage, for a list or a terminal."""
        return self.message if self.stage is None else f"stage {self.stage!r}: {self.message}"


def error(message: str, *, stage: str | None = None, field: str | None = None) -> Problem:
    """A problem that keeps the pipeline from running."""
    return Problem(severity="error", stage=stage, field=field, message=message)


def warning(message: str, *, stage: str | None = None, field: str | None = None) -> Problem:
    """A problem to think about."""
    return Problem(severity="warning", stage=stage, field=field, message=message)
