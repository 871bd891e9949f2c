"""What every event of a run has in common, whoever wrote it."""

import time

from pydantic import BaseModel, ConfigDict, Field


def _now() -> float:
    return time.time()  # looked up at every call, so that tests can set the clock


class Recorded(BaseModel):
    """Something that happened in a run, or was decided about it. Written once, never edited."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    at: float = Field(default_factory=_now)
    """Seconds since the epoch."""
