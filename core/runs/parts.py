"""The parts that a run's state is made of: instructions, demo sets, trials, results, rounds.

Plain values; how they come about from events is in `core.runs.state`.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from core.lm.outage import attempts_allowed
from core.lm.usage import Usage
from core.programs.candidate import Demo
from core.proposal.settings import ProposerSettings
from core.runs.decisions import EvaluationRequested, ExamplePart
from core.runs.events import EvaluationEnd, Failure, Purpose


def is_final(failure: Failure, attempt: int) -> bool:
    """Whether what failed at this attempt, counted from 0, is not tried again."""
    if failure.final is not None:
        return failure.final
    return attempt + 1 >= attempts_allowed(failure.kind)


@dataclass(frozen=True, kw_only=True)
class Result:
    """One example under one candidate, as last tried."""

    score: float | None
    failure: Failure | None
    attempt: int
    seconds: float

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is tried: there is a score, or it has failed for good."""
        return self.failure is None or is_final(self.failure, self.attempt)


@dataclass(frozen=True, kw_only=True)
class DemoSet:
    """A demo set of one predictor."""

    id: str
    demos: tuple[Demo, ...]
    source: str
    """`none`, `labelled`, `bootstrapped` or `person`."""
    by: str | None = None
    """Who made it, where that was a person."""
    parent: str | None = None
    """Id of the demo set it was made from."""


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """An instruction of one predictor, whoever wrote it."""

    predictor: str
    number: int
    """In the order in which they came; 0 is the program's own, which no model proposed."""
    id: str
    text: str
    at: float
    by: str | None = None
    """Who wrote it, where that was a person."""
    parent: str | None = None
    """Id of the instruction that a person made it from."""
    tip: str | None = None
    """Key of the tip in `core.proposal.grounding.TIPS`."""
    temperature: float | None = None
    grounding: tuple[str, ...] = ()
    """What the proposer saw: names of the inputs of its signature that were not empty."""
    demo_set: str | None = None
    """Id of the demo set it was shown."""
    round: int | None = None
    request: int | None = None
    """The person's request that it answers, counted from 0."""
    repaired: bool = False
    """True when a locked span that the model had changed was put back."""
    trace: str | None = None
    """Store key of the proposer's full prompt and raw reply."""


@dataclass(kw_only=True)
class Trial:
    """A candidate and the examples it is scored on. `mean` is None until it is finished."""

    number: int
    purpose: Purpose
    candidate: str
    examples: tuple[str, ...]
    started: float
    finished: float | None = None
    mean: float | None = None
    n: int = 0
    failed: int = 0
    scored: int = 0
    """Examples with a result of this trial so far; for progress."""
    round: int | None = None
    """The round whose instructions it tries."""
    reason: str | None = None
    """Why this candidate and why now; None where the optimizer gives no reason."""
    asked_by: str | None = None
    """Who asked for it; None where the search chose it."""
    request: int | None = None
    """The person's request to evaluate that it serves."""
    cancelled: bool = False
    """True when a decision or a bound ended it before all its examples were scored."""


class ValResult(NamedTuple):
    """One validation example under one candidate, as it came in."""

    candidate: str
    example: str
    attempt: int
    score: float | None
    failure: Failure | None


@dataclass(kw_only=True)
class Spent:
    """What some runs of the program took, all on their own: none that a cache helped, none failed.

    Runs that a branch took over told nothing, and are not among them.
    """

    runs: int = 0
    seconds: float = 0.0
    usage: Usage = Usage()

    def add(self, usage: Usage, seconds: float) -> None:
        """Take in one run that gave a score."""
        if usage.calls and not usage.cached:
            self.runs += 1
            self.seconds += seconds
            self.usage += usage


@dataclass(kw_only=True)
class Round:
    """Fresh instructions that are tried together."""

    number: int
    predictors: tuple[str, ...]
    settings: ProposerSettings
    demo_sets: dict[str, str]
    """Predictor → id of the demo set to try with them."""
    instructions: dict[str, str] = field(default_factory=dict)
    """Predictor → id of the instruction that came back."""
    trial: int | None = None
    """The first trial of these instructions; None before it."""


@dataclass(kw_only=True)
class Evaluation:
    """A person's request to evaluate, and how far it has come."""

    number: int
    """Counted from 0."""
    seq: int
    """Its place in the run's log."""
    said: EvaluationRequested
    examples: tuple[str, ...] | None = None
    """Those that every candidate of it shall have; None before it is taken up."""
    missing: int = 0
    """Runs of an example under a candidate that were not there when it was taken up."""
    runs: int = 0
    """Of these, the ones that it has brought, those that failed for good included."""
    calls: int = 0
    """LM calls that it has taken."""
    end: EvaluationEnd | None = None
    """How it ended; None while something may still come of it."""


class RatingKey(NamedTuple):
    """Who judged which answer."""

    by: str
    candidate: str
    part: ExamplePart
    example: str


@dataclass(frozen=True, kw_only=True)
class Rating:
    """What a person thinks of one answer; something is said."""

    by: str
    candidate: str
    part: ExamplePart
    example: str
    thumbs: Literal["up", "down"] | None
    score: float | None
    """A fraction."""
    comment: str
    at: float


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a run had ended before it was taken up again only to evaluate."""

    status: Literal["finished", "stopped", "failed"]
    best: str | None
    message: str | None
    wish: Literal["run", "pause", "stop"]
    fully: int
    """Candidates that were fully evaluated by then."""
