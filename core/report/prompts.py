"""What the best candidate tells and shows each predictor, beside what the program said itself."""

from collections.abc import Sequence

from core.programs.candidate import Demo
from core.report.data import PromptChange
from core.report.text import cut, fields
from core.report.word_diff import pieces
from core.results.run_results import RunResults
from core.runs.parts import DemoSet, Instruction

LONGEST_INSTRUCTION = 12_000
MOST_DEMOS = 6
"""Demos of a predictor that are listed."""
LONGEST_VALUE = 600
"""Characters of one value of a demo."""

_DEMOS_FROM = {
    "none": "",
    "labelled": "taken from the training examples as they are",
    "bootstrapped": "worked out by the program itself on training examples and kept because the "
    "answer was right",
    "person": "put together by a person",
}


def prompt_changes(results: RunResults) -> tuple[PromptChange, ...]:
    """One for each predictor; the program's own prompts twice while there is no better candidate.

    Empty before the baseline is known.
    """
    if results.baseline is None:
        return ()
    best = results.best or results.baseline
    return tuple(
        _change(results, info.name, results.baseline.candidate, best.candidate)
        for info in results.predictors
    )


def _change(results: RunResults, predictor: str, baseline: str, best: str) -> PromptChange:
    old, old_demos = _used(results, predictor, baseline)
    new, new_demos = _used(results, predictor, best)
    before, after = (cut(each.text, LONGEST_INSTRUCTION) for each in (old, new))
    return PromptChange(
        predictor=results.names.predictor(predictor),
        before=before,
        after=after,
        pieces=pieces(before, after),
        origin=_origin(new, results),
        demos=tuple(fields(demo, LONGEST_VALUE) for demo in new_demos.demos[:MOST_DEMOS]),
        demos_hidden=max(0, len(new_demos.demos) - MOST_DEMOS),
        demos_before=len(old_demos.demos),
        demos_origin=_DEMOS_FROM.get(new_demos.source, ""),
        lengths=(_length(old.text, old_demos.demos), _length(new.text, new_demos.demos)),
    )


def _used(results: RunResults, predictor: str, candidate: str) -> tuple[Instruction, DemoSet]:
    choice = results.choices[candidate].choices[predictor]
    instructions = {each.id: each for each in results.instructions[predictor]}
    demo_sets = {each.id: each for each in results.demo_sets[predictor]}
    return instructions[choice.instruction], demo_sets[choice.demo_set]


def _origin(instruction: Instruction, results: RunResults) -> str:
    if instruction.by is not None:
        return f"written by {instruction.by or 'a person'}"
    if instruction.number == 0:
        return "the program's own"
    return "written by the prompt model"


def _length(text: str, demos: Sequence[Demo]) -> int:
    shown = sum(len(str(value)) for demo in demos for value in demo.values() if value is not None)
    return len(text) + shown
