"""A candidate: one instruction and one demo set for each predictor, and how to put it to use.

Ids are hashes of the content, so that equal instructions, demo sets and candidates are one thing.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import dspy
from pydantic import BaseModel, ConfigDict

from core.errors import ProgramError

Demo = dict[str, Any]
"""Field name → value of one demonstration of one predictor."""


Part = Literal["instruction", "demo_set"]
"""What can be chosen for a predictor."""


class ChoiceRef(BaseModel):
    """One instruction or one demo set of one predictor."""

    model_config = ConfigDict(frozen=True)

    predictor: str
    part: Part
    id: str


class Choice(BaseModel):
    """What a candidate uses for one predictor."""

    model_config = ConfigDict(frozen=True)

    instruction: str
    """Id of an instruction."""
    demo_set: str
    """Id of a demo set."""


class Candidate(BaseModel):
    """One choice for every predictor, in the program's order."""

    model_config = ConfigDict(frozen=True)

    choices: dict[str, Choice]

    @property
    def refs(self) -> tuple[ChoiceRef, ...]:
        """Everything it uses, one by one."""
        return tuple(
            ref
            for name, choice in self.choices.items()
            for ref in (
                ChoiceRef(predictor=name, part="instruction", id=choice.instruction),
                ChoiceRef(predictor=name, part="demo_set", id=choice.demo_set),
            )
        )

    def changed(self, ref: ChoiceRef) -> "Candidate":
        """This candidate with one choice changed."""
        choice = self.choices[ref.predictor].model_copy(update={ref.part: ref.id})
        return Candidate(choices={**self.choices, ref.predictor: choice})

    @property
    def id(self) -> str:
        """The first 10 hex digits of a hash over all choices."""
        return _digest(
            [[name, c.instruction, c.demo_set] for name, c in sorted(self.choices.items())]
        )


def instruction_id(text: str) -> str:
    """Id of an instruction with this text."""
    return "i" + _digest(text)


def demo_set_id(demos: Sequence[Demo]) -> str:
    """Id of a demo set with these demos in this order."""
    return "d" + _digest(list(demos))


def program_with(
    program: dspy.Module,
    instructions: Mapping[str, str],
    demos: Mapping[str, Sequence[Demo]],
) -> dspy.Module:
    """A copy of the program with these texts and demos, predictor name → value.

    Raises:
        ProgramError: a predictor of the program has no instruction or demo set given.
    """
    copy = program.deepcopy()
    for name, predictor in copy.named_predictors():
        if name not in instructions or name not in demos:
            raise ProgramError(f"the candidate says nothing about predictor {name!r}.")
        predictor.signature = predictor.signature.with_instructions(instructions[name])
        predictor.demos = [dspy.Example(augmented=True, **demo) for demo in demos[name]]
    return copy


def _digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


NO_DEMOS = demo_set_id([])
"""Id of the empty demo set."""
