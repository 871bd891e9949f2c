"""Proposals: what the proposer is told for one predictor or for all, and what it answered."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.bootstrap import renders_labels
from core.data.seeds import derived_rng, derived_seed
from core.evaluation.evaluator import Trace, trace_from_json
from core.lm.connection import MeteredLM
from core.optimizers.actions import Propose, ProposeSet
from core.programs.candidate import Demo, instruction_id
from core.programs.predictors import PredictorInfo, structure
from core.programs.source import source_of
from core.proposal import locks, proposer
from core.proposal.grounding import (
    SHOWN_DEMOS,
    TIPS,
    Mistake,
    demos_text,
    history_text,
    list_text,
    mistakes_text,
    predictor_text,
    set_history_text,
)
from core.proposal.proposer import Reply
from core.proposal.settings import ProposerSettings
from core.runs.config import RunConfig
from core.runs.events import InstructionProposed, ProposalRefused
from core.runs.history import WORST_SHOWN, scored_instructions, scored_sets, wrong_examples
from core.runs.preparation import Task
from core.runs.state import RunState

Told = tuple[tuple[InstructionProposed | ProposalRefused, ...], dict[str, str]]
"""The events of a reply and long texts for the store, by key."""

Traces = Callable[[Sequence[str]], Mapping[str, str]]
"""The run's stored traces among these keys."""

POOL = ProposerSettings()
"""For the pool made before the search: all grounding, no history."""


class ProposalWriter:
    """Puts the proposer's prompts together. One per run."""

    def __init__(self, task: Task, config: RunConfig, lm: MeteredLM, traces: Traces) -> None:
        self._task = task
        self._traces = traces
        self._infos = {info.name: info for info in task.predictors}
        self._structure = structure(
            task.predictors, task.template.description, source_of(task.program)
        )
        self._lm = lm
        self._temperature = config.prompt_temperature
        self._seed = config.seed

    def propose(
        self, action: Propose, state: RunState, attempt: int
    ) -> tuple[Callable[[], Reply], Callable[[Reply], Told]]:
        """The call for one predictor, and what to make of its reply."""
        info = self._infos[action.predictor]
        settings = action.settings or POOL
        key = f"proposal/{info.name}/{action.index}"
        spans = {info.name: state.steering.locks.get(info.name, ())}
        shown = self._shown(action.demo_set, settings, info, state)
        grounding = {
            **self._common(settings, state),
            "task_demos": demos_text(shown, info),
            "previous_instructions": _history(action, settings, state),
            "mistakes": self._mistakes(settings, state, key, info.name),
            "basic_instruction": info.instruction,
            "locked_text": _locked(locks.told(spans[info.name]), action, state),
            "tip": TIPS[action.tip],
        }
        if settings.program_summary:
            grounding["predictor"] = predictor_text(info)
            grounding["predictor_description"] = state.predictor_descriptions.get(info.name, "")
        lm, repetition = self._model(settings, key, attempt)

        def tell(reply: Reply) -> Told:
            event = self._event(action, settings, grounding, info.name, reply.text)
            return _told(action, [event], spans, reply, key=key, attempt=attempt)

        return (
            lambda: proposer.propose_instruction(grounding, lm, repetition=repetition),
            tell,
        )

    def propose_set(
        self, action: ProposeSet, state: RunState, attempt: int
    ) -> tuple[Callable[[], Reply], Callable[[Reply], Told]]:
        """The call for all predictors, and what to make of its reply.

        When one of its instructions lacks a locked span, the whole reply is refused.
        """
        settings, infos = action.settings, self._task.predictors
        key = f"proposals/{action.index}"
        spans = {info.name: state.steering.locks.get(info.name, ()) for info in infos}
        locked = {name: locks.told(own) for name, own in spans.items()}
        grounding = {
            **self._common(settings, state),
            "predictors": "\n".join(predictor_text(info) for info in infos),
            "task_demos": self._all_demos(settings, state),
            "previous_instructions": set_history_text(scored_sets(state))
            if settings.history
            else "",
            "mistakes": self._mistakes(settings, state, key, None),
            "basic_instructions": list_text([info.instruction for info in infos]),
            "locked_text": _locked(_by_predictor(locked), action, state),
            "tip": TIPS[settings.tip],
        }
        lm, repetition = self._model(settings, key, attempt)

        def tell(reply: Reply) -> Told:
            texts = json.loads(reply.text)
            events = [
                self._event(action, settings, grounding, info.name, text)
                for info, text in zip(infos, texts, strict=True)
            ]
            return _told(action, events, spans, reply, key=key, attempt=attempt)

        return (
            lambda: proposer.propose_instructions(
                grounding, lm, count=len(infos), repetition=repetition
            ),
            tell,
        )

    def _common(self, settings: ProposerSettings, state: RunState) -> dict[str, str]:
        told = {"hint": settings.hint}
        if settings.dataset_summary:
            told["dataset_summary"] = state.dataset_summary or ""
        if settings.program_summary:
            told["program_structure"] = self._structure
            told["program_description"] = state.program_description or ""
        return told

    def _model(self, settings: ProposerSettings, key: str, attempt: int) -> tuple[MeteredLM, int]:
        """The prompt model at the settings' temperature, and a number that makes the call its own.

        A cached reply to the same prompt would be the same proposal twice.
        """
        repetition = derived_seed(self._seed, f"{key} {attempt}")
        if settings.temperature is None:
            return self._lm, repetition
        return self._lm.copy(temperature=settings.temperature), repetition

    def _event(
        self,
        action: Propose | ProposeSet,
        settings: ProposerSettings,
        grounding: dict[str, str],
        predictor: str,
        text: str,
    ) -> InstructionProposed:
        temperature = settings.temperature
        return InstructionProposed(
            predictor=predictor,
            index=action.index,
            id=instruction_id(text),
            text=text,
            tip=action.tip if isinstance(action, Propose) else settings.tip,
            temperature=self._temperature if temperature is None else temperature,
            grounding=tuple(
                name for name in proposer.OPTIONAL if name != "tip" and grounding.get(name)
            ),
            demo_set=action.demo_set if isinstance(action, Propose) else None,
            round=action.round,
            request=action.request if isinstance(action, Propose) else None,
        )

    def _all_demos(self, settings: ProposerSettings, state: RunState) -> str:
        """Demos of every predictor under its name; empty when there are none at all."""
        parts = {
            info.name: demos_text(self._shown(None, settings, info, state), info)
            for info in self._task.predictors
        }
        return _by_predictor(parts)

    def _mistakes(
        self, settings: ProposerSettings, state: RunState, key: str, predictor: str | None
    ) -> str:
        """What the best candidate so far gets wrong; another sample for every proposal."""
        if not settings.mistakes:
            return ""
        rng = derived_rng(self._seed, f"mistakes {key}")
        wrong = {
            f"eval/{each.candidate}/{each.example}": each for each in wrong_examples(state, rng)
        }
        found = self._traces(list(wrong))
        examples = {each.id: each for each in self._task.val}
        mistakes = []
        for place, each in wrong.items():
            if place not in found or each.example not in examples:
                continue
            example, trace = examples[each.example], trace_from_json(found[place])
            mistakes.append(
                Mistake(
                    inputs=example.inputs,
                    expected=example.outputs,
                    answered=trace.outputs,
                    wrote=_written_by(predictor, trace),
                    score=each.score,
                )
            )
        return mistakes_text(mistakes)

    def _shown(
        self, demo_set: str | None, settings: ProposerSettings, info: PredictorInfo, state: RunState
    ) -> list[Demo]:
        """Up to three demos: the proposal's own set first, then accepted traces, then labels."""
        if settings.shown_set is None:
            return []
        sets = state.demo_sets[info.name]
        shown = list(sets[demo_set].demos) if demo_set in sets else []
        for example in self._order(settings, state):
            if len(shown) >= SHOWN_DEMOS:
                break
            demos = state.traces[example].demos.get(info.name, ())
            shown.extend(demo for demo in demos[-1:] if demo not in shown)
        if not shown and self._task.train and renders_labels(info, self._task.train[0]):
            shown = [{**e.inputs, **e.outputs} for e in self._task.train[:SHOWN_DEMOS]]
        return shown[:SHOWN_DEMOS]

    def _order(self, settings: ProposerSettings, state: RunState) -> list[str]:
        """The teacher's examples in the order of the settings' draw; draw 0 takes the first."""
        examples = sorted(state.traces)
        if not settings.shown_set:
            return examples
        order = derived_rng(self._seed, "shown set", settings.shown_set).permutation(len(examples))
        return [examples[place] for place in order]


def _told(
    action: Propose | ProposeSet,
    events: Sequence[InstructionProposed],
    spans: Mapping[str, Sequence[str]],
    reply: Reply,
    *,
    key: str,
    attempt: int,
) -> Told:
    """The events with locked spans put back where that can be, and with what the call cost.

    Else the refusal of all: the call was one, and it will be one call again.
    """
    kept = [_keeping(event, spans[event.predictor]) for event in events]
    spent = {"seconds": reply.seconds, "usage": reply.usage}
    if all(each is not None for each in kept):
        first, *rest = (each.model_copy(update={"trace": key}) for each in kept if each)
        # its cost is counted once
        return (first.model_copy(update=spent), *rest), {key: reply.trace()}
    refused = [event for event, own in zip(events, kept, strict=True) if own is None]
    trace = f"{key}/refused/{attempt}"
    event = ProposalRefused(
        task=action.key,
        predictor=refused[0].predictor,
        text=refused[0].text,
        reason=_reason(refused, spans),
        trace=trace,
        **spent,
    )
    return (event,), {trace: reply.trace()}


def _keeping(event: InstructionProposed, spans: Sequence[str]) -> InstructionProposed | None:
    """The proposal with every locked span in it; None when it breaks one beyond repair."""
    if not spans:
        return event
    plain = locks.unmarked(event.text)
    text = locks.repaired(plain, spans)
    if text is None:
        return None
    changes = {"text": text, "id": instruction_id(text), "repaired": text != plain}
    return event.model_copy(update=changes)


def _reason(refused: Sequence[InstructionProposed], spans: Mapping[str, Sequence[str]]) -> str:
    reasons = {
        each.predictor: locks.refusal(
            locks.missing_spans(locks.unmarked(each.text), spans[each.predictor])
        )
        for each in refused
    }
    if len(reasons) == 1:
        return next(iter(reasons.values()))
    return " ".join(f"{name}: {reason}" for name, reason in reasons.items())


def _locked(told: str, action: Propose | ProposeSet, state: RunState) -> str:
    """The locked text, and why the last answer to the same question was not used."""
    reasons = [each.reason for each in state.refused if each.task == action.key]
    if not told or not reasons:
        return told
    return f"{told}\n\nYour last answer could not be used. {reasons[-1]}"


def _history(action: Propose, settings: ProposerSettings, state: RunState) -> str:
    """Earlier instructions with scores: the best, as in OPRO; for a person also the worst."""
    if not settings.history:
        return ""
    worst = 0 if action.request is None else WORST_SHOWN
    return history_text(scored_instructions(state, action.predictor, worst=worst))


def _written_by(predictor: str | None, trace: Trace) -> dict[str, Any]:
    """What the predictor wrote in its last call, less what the program gave back."""
    calls = [stage for stage in trace.stages if stage.predictor == predictor]
    if not calls:
        return {}
    return {name: value for name, value in calls[-1].outputs.items() if name not in trace.outputs}


def _by_predictor(parts: Mapping[str, str]) -> str:
    """The texts under the names of their predictors; empty when there are none at all."""
    return "\n\n".join(f"Predictor {name}\n{text}" for name, text in parts.items() if text)
