"""What the proposer is told: examples as text, tips, and which of the parts are at hand."""

from collections.abc import Iterable, Mapping, Sequence

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


def predictor_text(info: PredictorInfo) -> str:
    """One predictor in a line: name and signature."""
    return f"{info.name}: {info.signature}"


def _blocks(rows: Iterable[Mapping[str, object]]) -> str:
    return "\n\n".join(
        "\n".join([f"Example {number}", *_lines(row)]) for number, row in enumerate(rows, start=1)
    )


def _lines(fields: Mapping[str, object]) -> list[str]:
    return [f"  {name}: {_short(value)}" for name, value in fields.items()]


def _short(value: object) -> str:
    text = " ".join(str("" if value is None else value).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]} …"
