"""The prompt model's actions: what it is told about the data and the program, and what it says."""

from collections.abc import Callable

from core.engine import Outcome
from core.lm.connection import MeteredLM, connect
from core.lm.failures import FailurePolicy, is_outage, reason
from core.lm.traffic import Traffic
from core.optimizers.actions import (
    Action,
    Bootstrap,
    DescribePredictor,
    DescribeProgram,
    Observe,
    Propose,
    ProposeSet,
    Repeat,
    Score,
    Summarise,
)
from core.programs.predictors import structure
from core.programs.source import source_of
from core.proposal import proposer
from core.proposal.grounding import examples_text, predictor_text
from core.proposal.proposer import PromptCallError, Reply
from core.runs.config import RunConfig
from core.runs.events import (
    DatasetObserved,
    DatasetSummarised,
    Event,
    Failure,
    PredictorDescribed,
    ProgramDescribed,
    PromptCallFailed,
)
from core.runs.preparation import Task
from core.runs.state import RunState
from core.search.budget import SUMMARY_BATCH
from core.worker.proposals import ProposalWriter, Traces

Ask = Callable[[], Reply]
Tell = Callable[[Reply], tuple[tuple[Event, ...], dict[str, str]]]
"""The events of a reply and long texts for the store, by key."""


class PromptWriter:
    """Asks the prompt model. One per run."""

    def __init__(
        self, task: Task, config: RunConfig, traces: Traces, traffic: Traffic | None = None
    ) -> None:
        """`traces` gives the run's stored traces by key."""
        self._task = task
        self._policy = config.on_failure
        self._infos = {info.name: info for info in task.predictors}
        self._structure = structure(
            task.predictors, task.template.description, source_of(task.program)
        )
        self._lm: MeteredLM = connect(
            config.prompt_model,
            role="prompt model",
            temperature=config.prompt_temperature,
            traffic=traffic,
        )
        self._proposals = ProposalWriter(task, config, self._lm, traces)

    def work(self, action: Action, state: RunState) -> Callable[[], Outcome]:
        """The call, ready to run in another thread."""
        attempt = state.prompt_attempts[action.key]
        ask, tell = self._call(action, state, attempt)
        return lambda: _outcome(action, ask, tell, self._policy, attempt)

    def _call(self, action: Action, state: RunState, attempt: int) -> tuple[Ask, Tell]:
        match action:
            case Observe():
                return self._observe(action, state, attempt)
            case Summarise():
                return self._summarise(state, attempt)
            case DescribeProgram():
                return self._describe_program(attempt)
            case DescribePredictor():
                return self._describe_predictor(action, state, attempt)
            case Propose():
                return self._proposals.propose(action, state, attempt)
            case ProposeSet():
                return self._proposals.propose_set(action, state, attempt)
            case Bootstrap() | Score() | Repeat():
                raise TypeError(f"{action!r} is no task of the prompt model")

    def _observe(self, action: Observe, state: RunState, attempt: int) -> tuple[Ask, Tell]:
        first = action.batch * SUMMARY_BATCH
        text = examples_text(self._task.train[first : first + SUMMARY_BATCH])
        earlier = [each.text for each in state.observations if each.batch == 0]
        prior = earlier[0] if earlier and action.batch else None

        def tell(reply: Reply) -> tuple[tuple[Event, ...], dict[str, str]]:
            complete = reply.text.strip(" .").upper() == proposer.COMPLETE
            event = DatasetObserved(
                batch=action.batch,
                text="" if complete else reply.text,
                complete=complete,
                seconds=reply.seconds,
                usage=reply.usage,
            )
            return (event,), {f"observation/{action.batch}": reply.trace()}

        return lambda: proposer.observe(text, prior, self._lm, repetition=attempt), tell

    def _summarise(self, state: RunState, attempt: int) -> tuple[Ask, Tell]:
        ordered = sorted(state.observations, key=lambda each: each.batch)
        text = "\n\n".join(each.text for each in ordered if each.text)

        def tell(reply: Reply) -> tuple[tuple[Event, ...], dict[str, str]]:
            event = DatasetSummarised(text=reply.text, seconds=reply.seconds, usage=reply.usage)
            return (event,), {"summary": reply.trace()}

        return lambda: proposer.summarise(text, self._lm, repetition=attempt), tell

    def _describe_program(self, attempt: int) -> tuple[Ask, Tell]:
        example = examples_text(self._task.train[:1])

        def tell(reply: Reply) -> tuple[tuple[Event, ...], dict[str, str]]:
            event = ProgramDescribed(text=reply.text, seconds=reply.seconds, usage=reply.usage)
            return (event,), {"program": reply.trace()}

        return (
            lambda: proposer.describe_program(
                self._structure, example, self._lm, repetition=attempt
            ),
            tell,
        )

    def _describe_predictor(
        self, action: DescribePredictor, state: RunState, attempt: int
    ) -> tuple[Ask, Tell]:
        info = self._infos[action.predictor]
        description = state.program_description or self._task.template.description

        def tell(reply: Reply) -> tuple[tuple[Event, ...], dict[str, str]]:
            event = PredictorDescribed(
                predictor=info.name, text=reply.text, seconds=reply.seconds, usage=reply.usage
            )
            return (event,), {f"predictor/{info.name}": reply.trace()}

        return (
            lambda: proposer.describe_predictor(
                self._structure,
                description,
                predictor_text(info),
                self._lm,
                repetition=attempt,
            ),
            tell,
        )


def _outcome(action: Action, ask: Ask, tell: Tell, policy: FailurePolicy, attempt: int) -> Outcome:
    try:
        reply = ask()
    except PromptCallError as error:
        final = policy.is_final(error.kind, attempt)
        failure = Failure(kind=error.kind, message=str(error), final=final)
        event = PromptCallFailed(
            task=action.key, failure=failure, seconds=error.seconds, usage=error.usage
        )
        due = policy.is_due(error.kind, attempt)
        return Outcome(
            events=(event,),
            refusal=failure if is_outage(error.kind) else None,
            pause=reason(error.kind, str(error)) if due else None,
        )
    told, traces = tell(reply)
    return Outcome(events=told, traces=traces)
