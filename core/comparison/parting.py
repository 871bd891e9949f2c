"""Where two runs of the program on one example part: the first call in which they differ.

Calls are put side by side by predictor: its first call beside its first, its second beside its
second. A call that only one side made is a difference, too.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from core.evaluation.evaluator import StageRun, Trace

Where = Literal["inputs", "outputs", "only left", "only right"]


@dataclass(frozen=True, kw_only=True)
class StagePair:
    """One call of one predictor on both sides; None on the side that did not make it."""

    predictor: str
    call: int
    """Counted from 1 for each predictor."""
    left: StageRun | None
    right: StageRun | None

    @property
    def where(self) -> Where | None:
        """In what the two differ first; None when they are equal."""
        if self.left is None:
            return "only right"
        if self.right is None:
            return "only left"
        if self.left.inputs != self.right.inputs:
            return "inputs"
        return "outputs" if self.left.outputs != self.right.outputs else None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs that differ; empty where a side is missing."""
        return _differing(self.left.inputs, self.right.inputs) if self.left and self.right else ()

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs that differ; empty where a side is missing."""
        return _differing(self.left.outputs, self.right.outputs) if self.left and self.right else ()


@dataclass(frozen=True, kw_only=True)
class Parting:
    """The first difference of two runs."""

    stage: int
    """Its place in the alignment, from 0."""
    pair: StagePair
    where: Where

    @property
    def sentence(self) -> str:
        """Where the two part, in words."""
        name = self.pair.predictor.removesuffix(".predict") or self.pair.predictor
        call = name if self.pair.call == 1 else f"{name} (call {self.pair.call})"
        match self.where:
            case "only left" | "only right":
                return f"They part at {call}, which only one of them called."
            case "inputs":
                return f"They part at what {call} was given: {', '.join(self.pair.inputs)}."
            case "outputs":
                return f"They part at what {call} answered: {', '.join(self.pair.outputs)}."


def aligned(left: Trace, right: Trace) -> tuple[StagePair, ...]:
    """All calls of both runs in order, side by side."""
    ours, theirs = _calls(left.stages), _calls(right.stages)
    matcher = SequenceMatcher(a=ours, b=theirs, autojunk=False)
    pairs: list[StagePair] = []
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind == "equal":
            steps = zip(range(first, last), range(start, end), strict=True)
            pairs += [_pair(ours[i], left.stages[i], right.stages[j]) for i, j in steps]
        else:
            pairs += [_pair(ours[i], left.stages[i], None) for i in range(first, last)]
            pairs += [_pair(theirs[j], None, right.stages[j]) for j in range(start, end)]
    return tuple(pairs)


def parting(left: Trace, right: Trace) -> Parting | None:
    """Where the two part; None when all calls are equal."""
    for stage, pair in enumerate(aligned(left, right)):
        if (where := pair.where) is not None:
            return Parting(stage=stage, pair=pair, where=where)
    return None


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        name
        for name in dict.fromkeys([*one, *other])
        if name not in one or name not in other or one[name] != other[name]
    )


def _calls(stages: Sequence[StageRun]) -> list[tuple[str, int]]:
    """(predictor, how many times it has been called by then) of each call."""
    counts: Counter[str] = Counter()
    found = []
    for stage in stages:
        counts[stage.predictor] += 1
        found.append((stage.predictor, counts[stage.predictor]))
    return found


def _pair(call: tuple[str, int], left: StageRun | None, right: StageRun | None) -> StagePair:
    return StagePair(predictor=call[0], call=call[1], left=left, right=right)
