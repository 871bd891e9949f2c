"""The prompt model's actions: gathers what the proposer is told and turns replies into events."""

from collections.abc import Callable

from core.bootstrap import renders_labels
from core.data.seeds import derived_seed
from core.engine import Outcome
from core.lm.connection import MeteredLM, connect
from core.optimizers.actions import (
    Action,
    Bootstrap,
    DescribePredictor,
    DescribeProgram,
    Observe,
    Propose,
    Score,
    Summarise,
)
from core.programs.candidate import Demo, instruction_id
from core.programs.predictors import PredictorInfo, structure
from core.proposal import proposer
from core.proposal.grounding import SHOWN_DEMOS, TIPS, demos_text, examples_text, predictor_text
from core.proposal.proposer import PromptCallError, Reply
from core.runs.config import RunConfig
from core.runs.events import (
    DatasetObserved,
    DatasetSummarised,
    Event,
    Failure,
    InstructionProposed,
    PredictorDescribed,
    ProgramDescribed,
    PromptCallFailed,
)
from core.runs.preparation import Task
from core.runs.state import RunState
from core.search.budget import SUMMARY_BATCH

Ask = Callable[[], Reply]
Tell = Callable[[Reply], tuple[Event, dict[str, str]]]


class PromptWriter:
    """Asks the prompt model. One per run."""

    def __init__(self, task: Task, config: RunConfig) -> None:
        self._task = task
        self._infos = {info.name: info for info in task.predictors}
        self._structure = structure(task.predictors, task.template.description)
        self._lm: MeteredLM = connect(
            config.prompt_model,
            role="prompt model",
            temperature=config.proposer_temperature,
        )
        self._temperature = config.proposer_temperature
        self._seed = config.seed

    def work(self, action: Action, state: RunState) -> Callable[[], Outcome]:
        """The call, ready to run in another thread."""
        attempt = round(4 * state.prompt_failures.get(action.key, 0))
        ask, tell = self._call(action, state, attempt)
        return lambda: _outcome(action, ask, tell)

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
                return self._propose(action, state, attempt)
            case Bootstrap() | Score():
                raise TypeError(f"{action!r} is no task of the prompt model")

    def _observe(self, action: Observe, state: RunState, attempt: int) -> tuple[Ask, Tell]:
        first = action.batch * SUMMARY_BATCH
        text = examples_text(self._task.train[first : first + SUMMARY_BATCH])
        earlier = [each.text for each in state.observations if each.batch == 0]
        prior = earlier[0] if earlier and action.batch else None

        def tell(reply: Reply) -> tuple[Event, dict[str, str]]:
            complete = reply.text.strip(" .").upper() == proposer.COMPLETE
            event = DatasetObserved(
                batch=action.batch,
                text="" if complete else reply.text,
                complete=complete,
                seconds=reply.seconds,
                usage=reply.usage,
            )
            return event, {f"observation/{action.batch}": reply.trace()}

        return lambda: proposer.observe(text, prior, self._lm, repetition=attempt), tell

    def _summarise(self, state: RunState, attempt: int) -> tuple[Ask, Tell]:
        ordered = sorted(state.observations, key=lambda each: each.batch)
        text = "\n\n".join(each.text for each in ordered if each.text)

        def tell(reply: Reply) -> tuple[Event, dict[str, str]]:
            event = DatasetSummarised(text=reply.text, seconds=reply.seconds, usage=reply.usage)
            return event, {"summary": reply.trace()}

        return lambda: proposer.summarise(text, self._lm, repetition=attempt), tell

    def _describe_program(self, attempt: int) -> tuple[Ask, Tell]:
        example = examples_text(self._task.train[:1])

        def tell(reply: Reply) -> tuple[Event, dict[str, str]]:
            event = ProgramDescribed(text=reply.text, seconds=reply.seconds, usage=reply.usage)
            return event, {"program": reply.trace()}

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

        def tell(reply: Reply) -> tuple[Event, dict[str, str]]:
            event = PredictorDescribed(
                predictor=info.name, text=reply.text, seconds=reply.seconds, usage=reply.usage
            )
            return event, {f"predictor/{info.name}": reply.trace()}

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

    def _propose(self, action: Propose, state: RunState, attempt: int) -> tuple[Ask, Tell]:
        info = self._infos[action.predictor]
        grounding = {
            "dataset_summary": state.dataset_summary or "",
            "program_structure": self._structure,
            "program_description": state.program_description or "",
            "predictor": predictor_text(info),
            "predictor_description": state.predictor_descriptions.get(info.name, ""),
            "task_demos": demos_text(self._shown(action, info, state), info),
            "basic_instruction": info.instruction,
            "tip": TIPS[action.tip],
        }
        key = f"proposal/{info.name}/{action.index}"
        # a cached reply to the same prompt would be the same proposal twice
        repetition = derived_seed(self._seed, f"{key} {attempt}")

        def tell(reply: Reply) -> tuple[Event, dict[str, str]]:
            event = InstructionProposed(
                predictor=info.name,
                index=action.index,
                id=instruction_id(reply.text),
                text=reply.text,
                tip=action.tip,
                temperature=self._temperature,
                grounding=tuple(
                    name for name in proposer.OPTIONAL if name != "tip" and grounding.get(name)
                ),
                demo_set=action.demo_set,
                trace=key,
                seconds=reply.seconds,
                usage=reply.usage,
            )
            return event, {key: reply.trace()}

        return (
            lambda: proposer.propose_instruction(grounding, self._lm, repetition=repetition),
            tell,
        )

    def _shown(self, action: Propose, info: PredictorInfo, state: RunState) -> list[Demo]:
        """Up to three demos: the proposal's own set first, then accepted traces, then labels."""
        sets = state.demo_sets[info.name]
        shown = list(sets[action.demo_set].demos) if action.demo_set in sets else []
        for example in sorted(state.traces):
            if len(shown) >= SHOWN_DEMOS:
                break
            demos = state.traces[example].demos.get(info.name, ())
            shown.extend(demo for demo in demos[-1:] if demo not in shown)
        if not shown and self._task.train and renders_labels(info, self._task.train[0]):
            shown = [{**e.inputs, **e.outputs} for e in self._task.train[:SHOWN_DEMOS]]
        return shown[:SHOWN_DEMOS]


def _outcome(action: Action, ask: Ask, tell: Tell) -> Outcome:
    try:
        reply = ask()
    except PromptCallError as error:
        failure = Failure(kind=error.kind, message=str(error))
        event = PromptCallFailed(
            task=action.key, failure=failure, seconds=error.seconds, usage=error.usage
        )
        refused = error.kind.startswith("LM")
        return Outcome(events=(event,), refusal=failure if refused else None)
    told, traces = tell(reply)
    return Outcome(events=(told,), traces=traces)
