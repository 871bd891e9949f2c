"""What the proposer is told: examples as text, tips, earlier instructions with their scores."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.data.dataset import Example
from core.programs.candidate import Demo
from core.programs.predictors import PredictorInfo

TIPS: dict[str, str] = {
    "none": "",
    "creative": "Be creative: find a fresh way to put the task.",
    "simple": "Keep the instruction short and plain.",
    "description": "Be informative: say in detail what to look at and how to decide.",
    "high_stakes": "Set the task in a situation in which a wrong answer has grave consequences.",
    "persona": "Begin by giving the model a role that fits the task.",
}
"""Key → advice, as in the paper (appendix C.2), in our own words."""

LONGEST_VALUE = 1500
"""Characters of one field shown to the prompt model; the rest is cut, to bound the prompt."""

SHOWN_DEMOS = 3
"""Demos of its predictor that the proposer sees, as in DSPy."""


def examples_text(examples: Sequence[Example]) -> str:
    """Training examples for the prompt model: mapped fields only, long values cut."""
    return _blocks({**example.inputs, **example.outputs} for example in examples)


def demos_text(demos: Sequence[Demo], info: PredictorInfo) -> str:
    """Demos of one predictor: inputs, an arrow, outputs."""
    blocks = []
    for number, demo in enumerate(demos[:SHOWN_DEMOS], start=1):
        inputs = _lines({f.name: demo.get(f.name) for f in info.inputs})
        outputs = _lines({f.name: demo[f.name] for f in info.outputs if f.name in demo})
        blocks.append("\n".join([f"Example {number}", *inputs, "  ->", *outputs]))
    return "\n\n".join(blocks)


@dataclass(frozen=True, kw_only=True)
class ScoredText:
    """An instruction, or one for every predictor, and its mean score over `n` examples."""

    texts: tuple[str, ...]
    mean: float
    n: int


def history_text(tried: Sequence[ScoredText]) -> str:
    """Earlier instructions, one a paragraph: `<instruction> | Score: <mean>`, as in the paper."""
    return "\n\n".join(_scored(_paragraph(each.texts[0]), each.mean) for each in tried)


def set_history_text(tried: Sequence[ScoredText]) -> str:
    """The same for whole sets, each written as a JSON list with one instruction per predictor."""
    return "\n\n".join(_scored(list_text(each.texts), each.mean) for each in tried)


def list_text(texts: Sequence[str]) -> str:
    """Several texts as a JSON list in one line."""
    return json.dumps(list(texts), ensure_ascii=False)


def _scored(text: str, mean: float) -> str:
    return f"{text} | Score: {mean:.3f}"


def _paragraph(text: str) -> str:
    return re.sub(r"\n\s*\n", "\n", text.strip())


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A validation example that a candidate gets wrong, at least in part."""

    inputs: Mapping[str, object]
    expected: Mapping[str, object]
    answered: Mapping[str, object]
    """What the program gave back."""
    wrote: Mapping[str, object]
    """What the predictor in question wrote on the way; empty where that is the answer itself."""
    score: float


def mistakes_text(mistakes: Sequence[Mistake]) -> str:
    """What was put in, what should have come out, what came out; long values cut."""
    blocks = []
    for number, each in enumerate(mistakes, start=1):
        lines = [f"Mistake {number}", *_lines(each.inputs), "  expected:"]
        lines += _lines(each.expected, indent=4)
        if each.wrote:
            lines += ["  this predictor wrote:", *_lines(each.wrote, indent=4)]
        lines += ["  the program answered:", *_lines(each.answered, indent=4)]
        blocks.append("\n".join([*lines, f"  score: {each.score:.3f}"]))
    return "\n\n".join(blocks)


def predictor_text(info: PredictorInfo) -> str:
    """One predictor in a line: name and signature."""
    return f"{info.name}: {info.signature}"


def _blocks(rows: Iterable[Mapping[str, object]]) -> str:
    return "\n\n".join(
        "\n".join([f"Example {number}", *_lines(row)]) for number, row in enumerate(rows, start=1)
    )


def _lines(fields: Mapping[str, object], indent: int = 2) -> list[str]:
    return [f"{' ' * indent}{name}: {_short(value)}" for name, value in fields.items()]


def _short(value: object) -> str:
    text = " ".join(str("" if value is None else value).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]} …"
