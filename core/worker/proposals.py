"""Proposals: what the proposer is told for one predictor or for all, and what it answered."""

import json
from collections.abc import Callable

from core.bootstrap import renders_labels
from core.data.seeds import derived_rng, derived_seed
from core.lm.connection import MeteredLM
from core.lm.usage import Usage
from core.optimizers.actions import Propose, ProposeSet
from core.programs.candidate import Demo, instruction_id
from core.programs.predictors import PredictorInfo, structure
from core.proposal import proposer
from core.proposal.grounding import (
    SHOWN_DEMOS,
    TIPS,
    demos_text,
    history_text,
    list_text,
    predictor_text,
    set_history_text,
)
from core.proposal.proposer import Reply
from core.proposal.settings import ProposerSettings
from core.runs.config import RunConfig
from core.runs.events import InstructionProposed
from core.runs.history import scored_instructions, scored_sets
from core.runs.preparation import Task
from core.runs.state import RunState

Told = tuple[tuple[InstructionProposed, ...], dict[str, str]]
"""The events of a reply and long texts for the store, by key."""

POOL = ProposerSettings()
"""For the pool made before the search: all grounding, no history."""


class ProposalWriter:
    """Puts the proposer's prompts together. One per run."""

    def __init__(self, task: Task, config: RunConfig, lm: MeteredLM) -> None:
        self._task = task
        self._infos = {info.name: info for info in task.predictors}
        self._structure = structure(task.predictors, task.template.description)
        self._lm = lm
        self._temperature = config.prompt_temperature
        self._seed = config.seed

    def propose(
        self, action: Propose, state: RunState, attempt: int
    ) -> tuple[Callable[[], Reply], Callable[[Reply], Told]]:
        """The call for one predictor, and what to make of its reply."""
        info = self._infos[action.predictor]
        settings = action.settings or POOL
        shown = self._shown(action.demo_set, settings, info, state)
        grounding = {
            **self._common(settings, state),
            "task_demos": demos_text(shown, info),
            "previous_instructions": history_text(scored_instructions(state, info.name))
            if settings.history
            else "",
            "basic_instruction": info.instruction,
            "tip": TIPS[action.tip],
        }
        if settings.program_summary:
            grounding["predictor"] = predictor_text(info)
            grounding["predictor_description"] = state.predictor_descriptions.get(info.name, "")
        key = f"proposal/{info.name}/{action.index}"
        lm, repetition = self._model(settings, key, attempt)

        def tell(reply: Reply) -> Told:
            event = self._event(action, settings, grounding, info.name, reply.text)
            spent = {"trace": key, "seconds": reply.seconds, "usage": reply.usage}
            return (event.model_copy(update=spent),), {key: reply.trace()}

        return (
            lambda: proposer.propose_instruction(grounding, lm, repetition=repetition),
            tell,
        )

    def propose_set(
        self, action: ProposeSet, state: RunState, attempt: int
    ) -> tuple[Callable[[], Reply], Callable[[Reply], Told]]:
        """The call for all predictors, and what to make of its reply."""
        settings, infos = action.settings, self._task.predictors
        grounding = {
            **self._common(settings, state),
            "predictors": "\n".join(predictor_text(info) for info in infos),
            "task_demos": self._all_demos(settings, state),
            "previous_instructions": set_history_text(scored_sets(state))
            if settings.history
            else "",
            "basic_instructions": list_text([info.instruction for info in infos]),
            "tip": TIPS[settings.tip],
        }
        key = f"proposals/{action.index}"
        lm, repetition = self._model(settings, key, attempt)

        def tell(reply: Reply) -> Told:
            texts = json.loads(reply.text)
            events = [
                self._event(action, settings, grounding, info.name, text)
                for info, text in zip(infos, texts, strict=True)
            ]
            # the call was one; its cost is counted once
            spent = {"trace": key, "seconds": reply.seconds, "usage": reply.usage}
            free = {"trace": key, "usage": Usage()}
            first, *rest = events
            told = (
                first.model_copy(update=spent),
                *(each.model_copy(update=free) for each in rest),
            )
            return told, {key: reply.trace()}

        return (
            lambda: proposer.propose_instructions(
                grounding, lm, count=len(infos), repetition=repetition
            ),
            tell,
        )

    def _common(self, settings: ProposerSettings, state: RunState) -> dict[str, str]:
        told: dict[str, str] = {}
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
        )

    def _all_demos(self, settings: ProposerSettings, state: RunState) -> str:
        """Demos of every predictor under its name; empty when there are none at all."""
        parts = {
            info.name: demos_text(self._shown(None, settings, info, state), info)
            for info in self._task.predictors
        }
        return "\n\n".join(f"Predictor {name}\n{text}" for name, text in parts.items() if text)

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
