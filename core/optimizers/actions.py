"""What an optimizer can ask for. Plain values; carrying them out is the worker's business."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol

from core.proposal.settings import ProposerSettings
from core.runs.decisions import ExamplePart
from core.runs.events import Event
from core.runs.state import RunState, row


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """Run the teacher on one training example."""

    example: str
    attempt: int

    @property
    def key(self) -> str:
        """Unique among what can be in flight together."""
        return f"bootstrap {self.example}"

    @property
    def label(self) -> str:
        """In plain words, for the screen."""
        return f"teacher on {row(self.example)}"


@dataclass(frozen=True, kw_only=True)
class Observe:
    """Show a batch of training examples to the prompt model."""

    batch: int

    @property
    def key(self) -> str:
        """Unique among what can be in flight together."""
        return f"observe batch {self.batch}"

    @property
    def label(self) -> str:
        """In plain words, for the screen."""
        return f"look at batch {self.batch + 1} of the trainset"


@dataclass(frozen=True, kw_only=True)
class Summarise:
    """Boil the observations down."""

    @property
    def key(self) -> str:
        """Unique among what can be in flight together."""
        return "summarise dataset"

    @property
    def label(self) -> str:
        """In plain words, for the screen."""
        return "summarise the dataset"


@dataclass(frozen=True, kw_only=True)
class DescribeProgram:
    """Ask what the program is for."""

    @property
    def key(self) -> str:
        """Unique among what can be in flight together."""
        return "describe program"

    @property
    def label(self) -> str:
        """In plain words, for the screen."""
        return "describe the program"


@dataclass(frozen=True, kw_only=True)
class DescribePredictor:
    """Ask what one predictor contributes."""

    predictor: str

    @property
    def key(self) -> str:
        """Unique among what can be in flight together."""
        return f"describe {self.predictor}"

    @property
    def label(self) -> str:
        """In plain words, for the screen."""
        return f"describe {self.predictor}"


@dataclass(frozen=True, kw_only=True)
class Propose:
    """Ask for an instruction for one predictor."""

    predictor: str
    index: int
    tip: str
    demo_set: str | None
    """Id of the demo set to show; None for none."""
    round: int | None = None
    """The round that asks; None for the pool made before the search."""
    settings: ProposerSettings | None = None
    """None for all grounding and no history; else these, which name the tip again."""
    request: int | None = None
    """The person's request that it answers, counted from 0; None otherwise."""

    @property
    def key(self) -> str:
        """Unique among what can be in flight together."""
        return f"propose {self.predictor} {self.index}"

    @property
    def label(self) -> str:
        """In plain words, for the screen."""
        which = f"instruction {self.index}" if self.request is None else "another instruction"
        return f"propose {which} for {self.predictor}"


@dataclass(frozen=True, kw_only=True)
class ProposeSet:
    """Ask for the instructions of all predictors in one call."""

    round: int
    index: int
    settings: ProposerSettings

    @property
    def key(self) -> str:
        """Unique among what can be in flight together."""
        return f"propose set {self.round}"

    @property
    def label(self) -> str:
        """In plain words, for the screen."""
        return f"propose instructions {self.index} for all predictors"


@dataclass(frozen=True, kw_only=True)
class Score:
    """Run one example under one candidate."""

    trial: int
    candidate: str
    example: str
    attempt: int

    @property
    def key(self) -> str:
        """Unique among what can be in flight together: trials share results."""
        return f"score {self.candidate} {self.example}"

    @property
    def label(self) -> str:
        """In plain words, for the screen."""
        return f"trial {self.trial}, {row(self.example)}"


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """Run one example under one candidate once more, though there is a result."""

    request: int
    """The person's request to evaluate that asks for it, counted from 0."""
    candidate: str
    part: ExamplePart
    example: str
    repeat: int
    """1 for the first run besides the ordinary one."""
    attempt: int

    @property
    def key(self) -> str:
        """Unique among what can be in flight together: requests share results."""
        return f"repeat {self.repeat} {self.candidate} {self.part} {self.example}"

    @property
    def label(self) -> str:
        """In plain words, for the screen."""
        return f"repeat {self.repeat} of {row(self.example)}"


Action = (
    Bootstrap
    | Observe
    | Summarise
    | DescribeProgram
    | DescribePredictor
    | Propose
    | ProposeSet
    | Score
    | Repeat
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What comes next: facts to record at once, then work to start."""

    events: list[Event] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    """In order of urgency."""
    awaits_people: bool = False
    """True when the run goes on only once somebody has decided something."""


@dataclass(frozen=True, kw_only=True)
class Slots:
    """What the engine can take on now."""

    free: int
    """Actions that fit."""
    busy: AbstractSet[str]
    """Keys of the actions in flight."""
    calls_left: int | None
    """LM calls that may still be dispatched under the cap; None without a cap."""


class Optimizer(Protocol):
    """A policy: reads the state, says what comes next, keeps nothing that the state lacks."""

    def next_actions(self, state: RunState, slots: Slots) -> Plan:
        """The next events and actions. Both empty means: wait for what is in flight, or for people.

        A plan whose events end the run (`RunFinished`) is the last one asked for.
        """

    def closing_actions(self, state: RunState) -> list[Event]:
        """The events that end a stopped run."""
