"""The worker's view of its run at one moment, for screens and lists: never part of the truth.

A snapshot may be lost or stale without harm; everything that matters is in the events.
"""

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from core.lm.limiter import Flow
from core.lm.usage import Usage
from core.programs.candidate import Candidate, Part


class Predicted(NamedTuple):
    """What the surrogate expects of a candidate. A pair in JSON, as there are many of them."""

    mean: float
    """Expected score over the task's examples, a fraction."""
    sd: float
    """Posterior standard deviation; the 90 % interval is mean ± 1.64 sd."""


class LevelEffect(BaseModel):
    """What the surrogate believes that one choice does to the score, beside the other choices."""

    model_config = ConfigDict(frozen=True)

    predictor: str
    part: Part
    id: str
    """Of the instruction or the demo set."""
    mean: float
    """Points above or below the mean of this predictor's choices, a fraction."""
    sd: float


class VarianceShare(BaseModel):
    """How much of what makes candidates differ one part of one predictor explains."""

    model_config = ConfigDict(frozen=True)

    predictor: str
    part: Part
    share: float


class Grid(BaseModel):
    """What is expected of every instruction of a predictor with every demo set.

    All other predictors keep the choices of the recommended candidate.
    """

    model_config = ConfigDict(frozen=True)

    predictor: str
    instructions: tuple[str, ...]
    """Ids of the rows, in the order in which they were made."""
    demo_sets: tuple[str, ...]
    """Ids of the columns."""
    mean: tuple[tuple[float, ...], ...]
    """Expected scores, row by row; fractions."""
    sd: tuple[tuple[float, ...], ...]
    complete: bool
    """False when there are more instructions or demo sets than these."""


class Considered(BaseModel):
    """A candidate that was not tried."""

    model_config = ConfigDict(frozen=True)

    candidate: Candidate
    predicted: Predicted


class Belief(BaseModel):
    """What the surrogate believes about the search as a whole."""

    model_config = ConfigDict(frozen=True)

    recommended: str | None
    """Id of the candidate tried that has the highest predicted score, of those that people permit;
    None when they permit none."""
    near_best: float
    """Probability that nothing people permit, tried or not, is more than a point better than it."""
    probability_best: dict[str, float] = {}
    """Candidate tried → probability that it is the best of those tried; leaders only."""
    effects: tuple[LevelEffect, ...] = ()
    """The largest where there are very many."""
    shares: tuple[VarianceShare, ...] = ()
    """Of parts that have a choice. With `interactions` and `remainder` they add up to 1."""
    interactions: float = 0.0
    """Share of what two parts do together and neither alone."""
    remainder: float = 0.0
    """Share of what is particular to single candidates."""
    grids: tuple[Grid, ...] = ()
    """Of predictors that have a choice, those with the largest effects first."""
    considered: tuple[Considered, ...] = ()
    """The most promising candidates that nobody tried, highest end of the 90 % interval first."""
    alike: float | None = None
    """How much of what is left of a result's variance candidates with equal choices share, where
    the search takes account of it."""
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
    evaluates: bool = False
    """True while an ended run is taken up only for what people want evaluated."""
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


class Reserved(BaseModel):
    """LM calls that work in flight can still take."""

    model_config = ConfigDict(frozen=True)

    task: int = 0
    """For runs of the program, a judge's calls included."""
    prompt: int = 0
    judge: int = 0
    """Of those for runs, the ones to judges."""
    teacher: int = 0
    """Of those for runs, the ones to a teacher model."""


class Snapshot(BaseModel):
    """The newest of these is kept per run."""

    model_config = ConfigDict(frozen=True)

    seq: int
    """The last event it takes into account."""
    summary: RunSummary
    predictions: dict[str, Predicted] = {}
    """Candidate tried → what the surrogate expects; only the most promising of very many."""
    belief: Belief | None = None
    """None before the first result."""
    in_flight: tuple[InFlight, ...] = ()
    """The newest few."""
    in_flight_count: int = 0
    reserved: Reserved = Reserved()
    traffic: tuple[Flow, ...] = ()
    """What every endpoint takes at present."""
    remaining_seconds: float | None = None
    """Estimate for what is left; None while nothing is known yet."""
    remaining_calls: int | None = None
    """LM calls still to come at the most, to both models; those in flight are among them."""
    remaining_prompt_calls: int | None = None
    """Of these, the ones to the prompt model."""
    remaining_judge_calls: int | None = None
    """Of these, the ones to judges."""
    remaining_teacher_calls: int | None = None
    """Of these, the ones to a teacher model."""
