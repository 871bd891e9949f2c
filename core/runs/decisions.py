"""Everything that people can decide about a run, as events in its log.

Each says who decided (`by`) and when (`at`). What they add up to is in `core.runs.steering`; how
each is taken back, in `core.runs.undo`.
"""

from typing import Literal

from pydantic import Field

from core.programs.candidate import Candidate, ChoiceRef, Demo, Part
from core.runs.recorded import Recorded

ExamplePart = Literal["validation", "test"]
"""Examples that candidates are evaluated on."""

LONGEST_COMMENT = 2_000
"""Characters of a comment on an answer."""

MOST_REPEATS = 50
"""Runs of one example under one candidate that can be asked for."""


class Decision(Recorded):
    """An event that a person wrote."""

    by: str
    """Who, as far as is known."""


class PauseRequested(Decision):
    """Somebody asked for a pause: in-flight work finishes, nothing new starts."""

    kind: Literal["pause_requested"] = "pause_requested"


class ResumeRequested(Decision):
    """Somebody asked to go on; `max_calls` raises the cap when it is given."""

    kind: Literal["resume_requested"] = "resume_requested"
    max_calls: int | None = None
    hand_over: bool = False
    """A new worker is on its way, with the keys of now: one that waits in a pause leaves the run to
    it. Means nothing where the run is not paused."""


class StopRequested(Decision):
    """Somebody asked to stop and keep the best."""

    kind: Literal["stop_requested"] = "stop_requested"


class Reopened(Decision):
    """Somebody asked an ended run to go on with what is queued or still in its budget."""

    kind: Literal["reopened"] = "reopened"


class ReviewApproved(Decision):
    """The proposals have been looked through; the search may begin."""

    kind: Literal["review_approved"] = "review_approved"


class InstructionAdded(Decision):
    """Somebody wrote an instruction, or edited one: the edit is new and remembers its parent."""

    kind: Literal["instruction_added"] = "instruction_added"
    predictor: str
    id: str
    text: str
    parent: str | None = None
    """Id of the instruction it was made from."""


class DemoSetAdded(Decision):
    """Somebody put a demo set together, or changed one: the change is new."""

    kind: Literal["demo_set_added"] = "demo_set_added"
    predictor: str
    id: str
    demos: tuple[Demo, ...]
    parent: str | None = None
    """Id of the demo set it was made from."""


class ChoiceApproved(Decision):
    """Somebody found it good. The search may choose it, as it may what nobody looked at."""

    kind: Literal["choice_approved"] = "choice_approved"
    choice: ChoiceRef


class ChoiceRejected(Decision):
    """The search starts no candidate with it any more, and none with it is recommended.

    An evaluation that a person asks for by naming the candidate is no search.
    """

    kind: Literal["choice_rejected"] = "choice_rejected"
    choice: ChoiceRef
    reason: str = ""


class ChoiceRestored(Decision):
    """Takes an approval or a rejection back."""

    kind: Literal["choice_restored"] = "choice_restored"
    choice: ChoiceRef


class ChoicePinned(Decision):
    """It must be tried: a candidate with it gets a block of examples next."""

    kind: Literal["choice_pinned"] = "choice_pinned"
    choice: ChoiceRef


class ChoiceUnpinned(Decision):
    """It need not be tried."""

    kind: Literal["choice_unpinned"] = "choice_unpinned"
    choice: ChoiceRef


class ChoiceFrozen(Decision):
    """From now on the search chooses nothing else for this part of this predictor."""

    kind: Literal["choice_frozen"] = "choice_frozen"
    choice: ChoiceRef


class ChoiceReleased(Decision):
    """The search may choose again for this part of this predictor."""

    kind: Literal["choice_released"] = "choice_released"
    predictor: str
    part: Part


class CandidateQueued(Decision):
    """This exact candidate is evaluated before the search goes on."""

    kind: Literal["candidate_queued"] = "candidate_queued"
    candidate: Candidate
    examples: int | None = Field(default=None, ge=1)
    """Validation examples it shall have in all; None for all of them."""


class CandidateUnqueued(Decision):
    """The candidate need not be evaluated first."""

    kind: Literal["candidate_unqueued"] = "candidate_unqueued"
    candidate: str


class CombinationBanned(Decision):
    """No candidate that has all of these choices is started any more."""

    kind: Literal["combination_banned"] = "combination_banned"
    choices: tuple[ChoiceRef, ...] = Field(min_length=1)


class CombinationAllowed(Decision):
    """Takes a ban back."""

    kind: Literal["combination_allowed"] = "combination_allowed"
    choices: tuple[ChoiceRef, ...] = Field(min_length=1)


class SpansLocked(Decision):
    """These texts, and no others, must stay word for word in the predictor's instructions."""

    kind: Literal["spans_locked"] = "spans_locked"
    predictor: str
    spans: tuple[str, ...]


class ProposalsRequested(Decision):
    """Somebody asked the proposer for more instructions for one predictor."""

    kind: Literal["proposals_requested"] = "proposals_requested"
    predictor: str
    count: int = Field(default=1, ge=1, le=20)
    hint: str = ""
    """Free text for the proposer."""
    tip: str | None = None
    """Key of `core.proposal.grounding.TIPS`; None for one drawn at random."""
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    """None for the run's."""
    learn: bool = False
    """The proposer sees what has been tried, how it scored, and what the best still gets wrong."""


Bound = Literal["trials", "concurrency", "max_calls"]


class BudgetChanged(Decision):
    """New bounds; None leaves one as it is. They replace those of the run's settings."""

    kind: Literal["budget_changed"] = "budget_changed"
    trials: int | None = Field(default=None, ge=1, le=5000)
    """Minibatch trials of the search, in all."""
    concurrency: int | None = Field(default=None, ge=1, le=256)
    max_calls: int | None = Field(default=None, ge=1)
    """Cap on LM calls over both models."""
    uncapped: bool = False
    """No cap on LM calls any more."""
    as_configured: tuple[Bound, ...] = ()
    """Those that are again as the run's settings have them."""


class EvaluationRequested(Decision):
    """These candidates shall have results on these examples; only what is missing is paid for.

    An ended run is taken up for it and ends again as it was; its search does not go on.
    """

    kind: Literal["evaluation_requested"] = "evaluation_requested"
    candidates: tuple[Candidate, ...] = Field(min_length=1)
    part: ExamplePart
    examples: int | None = Field(default=None, ge=1)
    """Examples of the part that each candidate shall have in all, the same ones for all; None for
    all of them."""
    repeats: int = Field(default=1, ge=1, le=MOST_REPEATS)
    """Runs of each example in all. The first is the ordinary result; the others are kept apart."""
    max_calls: int | None = Field(default=None, ge=1)
    """LM calls that the request may take; None for as many as the run's own cap allows."""


class EvaluationCancelled(Decision):
    """What has not been started of a request to evaluate is not started any more."""

    kind: Literal["evaluation_cancelled"] = "evaluation_cancelled"
    request: int = Field(ge=0)
    """Number of the request, counted from 0."""


class AnswerRated(Decision):
    """What a person thinks of one answer. Nothing of it ever reaches an optimizer.

    It replaces what the same person said of the same answer; with nothing said, it takes it back.
    """

    kind: Literal["answer_rated"] = "answer_rated"
    candidate: str
    example: str
    part: ExamplePart
    thumbs: Literal["up", "down"] | None = None
    score: float | None = Field(default=None, ge=0.0, le=1.0)
    comment: str = Field(default="", max_length=LONGEST_COMMENT)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return self.thumbs is None and self.score is None and not self.comment


class NoteAdded(Decision):
    """A remark for whoever reads the run later."""

    kind: Literal["note_added"] = "note_added"
    text: str


AnyDecision = (
    PauseRequested
    | ResumeRequested
    | StopRequested
    | Reopened
    | ReviewApproved
    | InstructionAdded
    | DemoSetAdded
    | ChoiceApproved
    | ChoiceRejected
    | ChoiceRestored
    | ChoicePinned
    | ChoiceUnpinned
    | ChoiceFrozen
    | ChoiceReleased
    | CandidateQueued
    | CandidateUnqueued
    | CombinationBanned
    | CombinationAllowed
    | SpansLocked
    | ProposalsRequested
    | BudgetChanged
    | EvaluationRequested
    | EvaluationCancelled
    | AnswerRated
    | NoteAdded
)
"""Every kind of them."""
