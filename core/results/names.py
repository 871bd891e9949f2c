"""How things are called on screen: predictors, choices, candidates."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from core.programs.candidate import Candidate, ChoiceRef, Part
from core.runs.parts import DemoSet, Instruction

PARTS: dict[Part, str] = {"instruction": "instruction", "demo_set": "demo set"}


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one run's things; nobody may change what it holds."""

    instructions: Mapping[str, tuple[Instruction, ...]]
    """Predictor → its instructions by number."""
    demo_sets: Mapping[str, tuple[DemoSet, ...]]
    """Predictor → its demo sets in the order in which they were made."""
    labels: Mapping[str, str]
    """Candidate → `C0 (baseline)`, `C1`, …"""

    def predictor(self, name: str) -> str:
        """`answer` for `answer.predict`."""
        return name.removesuffix(".predict") or name

    def numbered(self, ref: ChoiceRef) -> str:
        """`instruction 4`, `demo set 2`."""
        number = self._numbers.get((ref.predictor, ref.part, ref.id))
        return f"{PARTS[ref.part]} {ref.id if number is None else number}"

    def choice(self, ref: ChoiceRef) -> str:
        """`instruction 4 of answer`."""
        return f"{self.numbered(ref)} of {self.predictor(ref.predictor)}"

    def label(self, candidate: str) -> str | None:
        """`C7` for the id of a candidate that was tried."""
        known = self.labels.get(candidate)
        return None if known is None else known.split()[0]

    def candidate(self, candidate: Candidate) -> str:
        """`C7`, or its choices where it was never tried."""
        label = self.label(candidate.id)
        if label is not None:
            return label
        parts = (
            f"{self.predictor(name)}: {self.numbered(instruction)} and {self.numbered(demo_set)}"
            for name, instruction, demo_set in zip(
                candidate.choices, candidate.refs[::2], candidate.refs[1::2], strict=True
            )
        )
        return "; ".join(parts)

    @cached_property
    def _numbers(self) -> dict[tuple[str, Part, str], int]:
        found: dict[tuple[str, Part, str], int] = {}
        for name, own in self.instructions.items():
            found |= {(name, "instruction", each.id): each.number for each in own}
        for name, sets in self.demo_sets.items():
            found |= {(name, "demo_set", each.id): place for place, each in enumerate(sets)}
        return found
