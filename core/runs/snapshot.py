"""The worker's view of its run at one moment, for screens and lists: never part of the truth.

A snapshot may be lost or stale without harm; everything that matters is in the events.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from core.lm.usage import Usage


class Predicted(BaseModel):
    """What the surrogate expects of a candidate."""

    model_config = ConfigDict(frozen=True)

    mean: float
    """Expected score over the task's examples, a fraction."""
    sd: float
    """Posterior standard deviation; the 90 % interval is mean ± 1.64 sd."""


class LevelEffect(BaseModel):
    """What the surrogate believes that one choice does to the score, beside the other choices."""

    model_config = ConfigDict(frozen=True)

    predictor: str
    part: Literal["instruction", "demo_set"]
    id: str
    """Of the instruction or the demo set."""
    mean: float
    """Points above or below the mean of this predictor's choices, a fraction."""
    sd: float


class Belief(BaseModel):
    """What the surrogate believes about the search as a whole."""

    model_config = ConfigDict(frozen=True)

    recommended: str
    """Id of the candidate tried that has the highest predicted score."""
    near_best: float
    """Probability that no candidate tried is more than a point better than it."""
    probability_best: dict[str, float] = {}
    """Candidate tried → probability that it is the best of those tried; leaders only."""
    effects: tuple[LevelEffect, ...] = ()
    reason: str | None = None
    """Why the newest trial was started, as a sentence."""


class ScoreWithN(BaseModel):
    """A mean score and the number of examples behind it."""

    model_config = ConfigDict(frozen=True)

    score: float
    n: int


class RunSummary(BaseModel):
    """A line in the list of runs."""

    model_config = ConfigDict(frozen=True)

    status: str
    phase: str | None = None
    baseline: ScoreWithN | None = None
    best: ScoreWithN | None = None
    test_baseline: ScoreWithN | None = None
    test_best: ScoreWithN | None = None
    usage: Usage = Usage()
    seconds: float = 0.0


class InFlight(BaseModel):
    """One piece of work that is under way."""

    model_config = ConfigDict(frozen=True)

    task: str
    """In plain words: `trial 7, row 12`."""
    since: float
    """Seconds since the epoch."""


class Snapshot(BaseModel):
    """The newest of these is kept per run."""

    model_config = ConfigDict(frozen=True)

    seq: int
    """The last event it takes into account."""
    summary: RunSummary
    predictions: dict[str, Predicted] = {}
    """Candidate id → what the surrogate expects, for every candidate tried."""
    belief: Belief | None = None
    """None before the first result."""
    in_flight: tuple[InFlight, ...] = ()
    """The newest few."""
    in_flight_count: int = 0
    remaining_seconds: float | None = None
    """Estimate for what is left; None while nothing is known yet."""
    remaining_calls: int | None = None
    """LM calls still to come at the most."""
