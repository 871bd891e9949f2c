"""One chain-of-thought step from any input fields to an answer in free text."""

from collections.abc import Sequence

import dspy

from core.programs.template import ProgramSetup, ProgramTemplate, Stage


class FreeAnswer(dspy.Module):
    """Reads the inputs, reasons, and writes the outputs."""

    def __init__(self, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        """The program for these fields."""
        super().__init__()
        fields: dict[str, tuple[type, object]] = {name: (str, dspy.InputField()) for name in inputs}
        fields |= {name: (str, dspy.OutputField()) for name in outputs}
        self.answer = dspy.ChainOfThought(dspy.make_signature(fields))

    def forward(self, **inputs: str) -> dspy.Prediction:
        """The prediction with `reasoning` and the outputs."""
        return self.answer(**inputs)


def _build(setup: ProgramSetup) -> dspy.Module:
    return FreeAnswer(setup.inputs, setup.outputs)


TEMPLATE = ProgramTemplate(
    name="free_answer",
    title="Free answer",
    description=(
        "Reads any columns and writes the answer in its own words, with a line of reasoning "
        "first. For questions that come without a text to read, rewriting, translation."
    ),
    metric="f1",
    dataset="sums",
    stages=(Stage(name="Answer", kind="predictor", predictor="answer.predict"),),
    build=_build,
)
