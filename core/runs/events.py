"""Everything that can happen in a run; what people decide about it is in `core.runs.decisions`.

One frozen model per kind, past tense, plain values, written once and never edited. Their order in
the log is the truth; `core.runs.state` says what they add up to. Long texts (prompts, completions)
are not here but in the store's traces, under the key an event names.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from core.lm.usage import Usage, UsageShares
from core.programs.candidate import Candidate, Demo
from core.programs.predictors import PredictorInfo
from core.proposal.settings import ProposerSettings
from core.runs import decisions
from core.runs.decisions import ExamplePart
from core.runs.recorded import Recorded

Phase = Literal["bootstrap", "propose", "review", "search", "test"]
Purpose = Literal["baseline", "minibatch", "full", "test"]
EvaluationEnd = Literal["done", "bound", "cap", "cancelled", "stopped", "failed"]
"""How a request to evaluate ended: `bound` at its own bound on calls, `cap` at the run's, `stopped`
with the run, `failed` because the worker could not go on."""


class Failure(BaseModel):
    """Why a call or an example gave no result."""

    model_config = ConfigDict(frozen=True)

    kind: str
    """Name of the exception, such as `LMRateLimitError`."""
    message: str
    stage: str | None = None
    """The predictor that failed, when it is known."""
    final: bool | None = None
    """False when it will be tried again, True when not; None where the log does not say."""


class RunStarted(Recorded):
    """A worker took the run up, for the first time or again after an interruption."""

    kind: Literal["run_started"] = "run_started"
    worker: str
    """Host and process id."""
    predictors: tuple[PredictorInfo, ...]
    train: int
    val: int
    test: int
    """Number of examples in each part."""


class PhaseChanged(Recorded):
    """The run's main work moved on. Phases overlap; this is the earliest unfinished one."""

    kind: Literal["phase_changed"] = "phase_changed"
    phase: Phase


class TraceBootstrapped(Recorded):
    """The teacher ran on one training example; accepted when its score reached the threshold."""

    kind: Literal["trace_bootstrapped"] = "trace_bootstrapped"
    example: str
    attempt: int
    score: float | None = None
    accepted: bool
    demos: dict[str, tuple[Demo, ...]] = {}
    """What each predictor saw and answered, call by call; empty unless accepted."""
    failure: Failure | None = None
    seconds: float
    usage: Usage
    shares: UsageShares | None = None
    """Who took what of it, where a judge took a part."""


class DemoSetBuilt(Recorded):
    """One more demo set that the search may choose for a predictor."""

    kind: Literal["demo_set_built"] = "demo_set_built"
    predictor: str
    id: str
    demos: tuple[Demo, ...]
    source: Literal["none", "labelled", "bootstrapped"]


class DatasetObserved(Recorded):
    """The prompt model looked at one more batch of training examples."""

    kind: Literal["dataset_observed"] = "dataset_observed"
    batch: int
    text: str
    complete: bool
    """True when the model had nothing to add."""
    seconds: float
    usage: Usage


class DatasetSummarised(Recorded):
    """The observations were boiled down."""

    kind: Literal["dataset_summarised"] = "dataset_summarised"
    text: str
    seconds: float
    usage: Usage


class ProgramDescribed(Recorded):
    """The prompt model said what the program is for."""

    kind: Literal["program_described"] = "program_described"
    text: str
    seconds: float
    usage: Usage


class PredictorDescribed(Recorded):
    """The prompt model said what one predictor does in the program."""

    kind: Literal["predictor_described"] = "predictor_described"
    predictor: str
    text: str
    seconds: float
    usage: Usage


class InstructionProposed(Recorded):
    """One more instruction that the search may choose for a predictor."""

    kind: Literal["instruction_proposed"] = "instruction_proposed"
    predictor: str
    index: int
    """0 is the program's own, which no model proposed."""
    id: str
    text: str
    tip: str | None = None
    """Key of the tip in `core.proposal.grounding.TIPS`."""
    temperature: float | None = None
    grounding: tuple[str, ...] = ()
    """What the proposer saw: names of the inputs of its signature that were not empty."""
    demo_set: str | None = None
    """Id of the demo set it was shown."""
    round: int | None = None
    """The round that asked for it; None for the pool made before the search."""
    request: int | None = None
    """The person's request that it answers, counted from 0; None otherwise."""
    repaired: bool = False
    """True when a locked span that the model had changed was put back."""
    trace: str | None = None
    """Store key of the proposer's full prompt and raw reply."""
    seconds: float = 0.0
    usage: Usage = Usage()


class ProposalRefused(Recorded):
    """A proposal that breaks a locked span and could not be repaired; it is asked for again."""

    kind: Literal["proposal_refused"] = "proposal_refused"
    task: str
    """Key of the task, as the optimizer names it."""
    predictor: str
    text: str
    reason: str
    trace: str | None = None
    """Store key of the proposer's full prompt and raw reply."""
    seconds: float
    usage: Usage


class PromptCallFailed(Recorded):
    """A call to the prompt model gave nothing usable."""

    kind: Literal["prompt_call_failed"] = "prompt_call_failed"
    task: str
    """Key of the task, as the optimizer names it."""
    failure: Failure
    seconds: float
    usage: Usage


class RoundStarted(Recorded):
    """Fresh instructions are about to be asked for, to be tried together in one trial."""

    kind: Literal["round_started"] = "round_started"
    number: int
    predictors: tuple[str, ...]
    """Whose instructions are asked for."""
    settings: ProposerSettings
    demo_sets: dict[str, str] = {}
    """Predictor → id of the demo set to try with them; the empty one where nothing is said."""


class TrialStarted(Recorded):
    """A candidate is about to be scored on these examples."""

    kind: Literal["trial_started"] = "trial_started"
    number: int
    purpose: Purpose
    candidate: Candidate
    examples: tuple[str, ...]
    round: int | None = None
    """The round whose instructions it tries; None for candidates of a pool."""
    reason: str | None = None
    """Why this candidate and why now, as a sentence; None where the optimizer gives none."""
    asked_by: str | None = None
    """Who asked for it; None where the search chose it. It counts for nothing in its budget."""
    request: int | None = None
    """The person's request to evaluate that it serves, counted from 0; None otherwise."""


class ExampleScored(Recorded):
    """One example ran under one candidate."""

    kind: Literal["example_scored"] = "example_scored"
    trial: int
    candidate: str
    example: str
    attempt: int
    score: float | None = None
    """In [0, 1]; None when it failed."""
    failure: Failure | None = None
    seconds: float
    usage: Usage
    shares: UsageShares | None = None
    """Who took what of it, where a judge took a part."""


class TrialFinished(Recorded):
    """Every example of the trial has a score or has failed for good, or a person ended it."""

    kind: Literal["trial_finished"] = "trial_finished"
    number: int
    mean: float | None = None
    """Over the examples that did not fail; None when all failed."""
    n: int
    failed: int
    cancelled: bool = False
    """True when a decision took its candidate out of the search; what was scored stays."""


class EvaluationStarted(Recorded):
    """A person's request to evaluate was taken up."""

    kind: Literal["evaluation_started"] = "evaluation_started"
    request: int
    """Its number, counted from 0."""
    examples: tuple[str, ...]
    """Those that every candidate of it shall have."""
    missing: int
    """Runs of an example under a candidate that were not there yet."""


class ExampleRepeated(Recorded):
    """One example ran once more under a candidate, to see what the model itself makes differ."""

    kind: Literal["example_repeated"] = "example_repeated"
    request: int
    """The person's request to evaluate that asked for it."""
    candidate: str
    part: ExamplePart
    example: str
    repeat: int = Field(ge=1)
    """1 for the first run besides the ordinary one."""
    attempt: int
    score: float | None = None
    """In [0, 1]; None when it failed."""
    failure: Failure | None = None
    seconds: float
    usage: Usage
    shares: UsageShares | None = None
    """Who took what of it, where a judge took a part."""


class EvaluationFinished(Recorded):
    """Nothing more comes of a person's request to evaluate."""

    kind: Literal["evaluation_finished"] = "evaluation_finished"
    request: int
    end: EvaluationEnd


class Paused(Recorded):
    """The worker dispatches nothing more until someone resumes the run."""

    kind: Literal["paused"] = "paused"
    reason: str
    by_person: bool


class Resumed(Recorded):
    """The worker dispatches again."""

    kind: Literal["resumed"] = "resumed"


class BudgetReached(Recorded):
    """The next call would pass the cap."""

    kind: Literal["budget_reached"] = "budget_reached"
    calls: int
    cap: int


class RunBranched(Recorded):
    """The run began as a copy of another one, whose results cost it nothing."""

    kind: Literal["run_branched"] = "run_branched"
    parent: str
    """Id of the other run."""
    seq: int
    """The last of its events that was looked at."""
    by: str | None = None
    """Who asked for it, as far as is known."""
    predictors: tuple[PredictorInfo, ...] = ()
    train: int = 0
    val: int = 0
    test: int = 0
    """As in `RunStarted`: what was taken over is read with them before a worker comes."""


class RunFinished(Recorded):
    """Everything planned is done."""

    kind: Literal["run_finished"] = "run_finished"
    best: str
    """Id of the best fully evaluated candidate."""


class RunStopped(Recorded):
    """Somebody stopped the run; what was done stays."""

    kind: Literal["run_stopped"] = "run_stopped"
    best: str | None = None


class RunFailed(Recorded):
    """The run cannot go on; what was done stays."""

    kind: Literal["run_failed"] = "run_failed"
    message: str


WorkerEvent = (
    RunStarted
    | PhaseChanged
    | TraceBootstrapped
    | DemoSetBuilt
    | DatasetObserved
    | DatasetSummarised
    | ProgramDescribed
    | PredictorDescribed
    | InstructionProposed
    | ProposalRefused
    | PromptCallFailed
    | RoundStarted
    | TrialStarted
    | ExampleScored
    | TrialFinished
    | EvaluationStarted
    | ExampleRepeated
    | EvaluationFinished
    | Paused
    | Resumed
    | BudgetReached
    | RunBranched
    | RunFinished
    | RunStopped
    | RunFailed
)
"""What a worker writes."""

PersonEvent = decisions.AnyDecision
"""What people write."""

Event = Annotated[WorkerEvent | PersonEvent, Field(discriminator="kind")]

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)


def event_from_json(text: str | bytes) -> Event:
    """The event that `event_to_json` wrote.

    Raises:
        pydantic.ValidationError: the text is no event of a known kind.
    """
    return _ADAPTER.validate_json(text)


def event_to_json(event: Event) -> str:
    """The event as one line of JSON."""
    return event.model_dump_json()
