"""The space a run searches: for each predictor an instruction and a demo set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.programs.candidate import Candidate, Choice, ChoiceRef

Levels = tuple[int, ...]
"""A candidate as level indices: per predictor its instruction, then its demo set."""


@dataclass(frozen=True, kw_only=True)
class SearchSpace:
    """What may be chosen, in the order in which it was made. Index 0 is the program's own."""

    predictors: tuple[str, ...]
    instructions: Mapping[str, tuple[str, ...]]
    """Predictor → ids."""
    demo_sets: Mapping[str, tuple[str, ...]]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of levels of each variable."""
        return tuple(len(ids) for name in self.predictors for ids in self._ids(name))

    def candidate(self, levels: Sequence[int]) -> Candidate:
        """The candidate with these level indices."""
        pairs = zip(levels[::2], levels[1::2], strict=True)
        return Candidate(
            choices={
                name: Choice(
                    instruction=self.instructions[name][instruction],
                    demo_set=self.demo_sets[name][demo_set],
                )
                for name, (instruction, demo_set) in zip(self.predictors, pairs, strict=True)
            }
        )

    def levels(self, candidate: Candidate) -> Levels:
        """The level indices of a candidate.

        Raises:
            ValueError: it uses something that is not in the space.
        """
        found: list[int] = []
        for name in self.predictors:
            choice = candidate.choices[name]
            found.append(self.instructions[name].index(choice.instruction))
            found.append(self.demo_sets[name].index(choice.demo_set))
        return tuple(found)

    def has(self, ref: ChoiceRef) -> bool:
        """Whether the choice is in the space."""
        return ref.predictor in self.predictors and ref.id in self._part(ref)

    def level_of(self, ref: ChoiceRef) -> tuple[int, int]:
        """(variable, level) of one choice.

        Raises:
            ValueError: it is not in the space.
        """
        variable = 2 * self.predictors.index(ref.predictor) + (ref.part == "demo_set")
        return variable, self._part(ref).index(ref.id)

    def _part(self, ref: ChoiceRef) -> tuple[str, ...]:
        ids = self.demo_sets if ref.part == "demo_set" else self.instructions
        return ids[ref.predictor]

    def _ids(self, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.instructions[name], self.demo_sets[name]
