"""One chain-of-thought step from any input fields to a label."""

from collections.abc import Sequence

import dspy

from core.programs.template import ProgramSetup, ProgramTemplate, Stage


class Classification(dspy.Module):
    """Reads the inputs, reasons, and names one of the labels."""

    def __init__(self, inputs: Sequence[str], output: str, labels: Sequence[str] = ()) -> None:
        """The program for these fields; `labels` are stated in the output's description."""
        super().__init__()
        fields: dict[str, tuple[type, object]] = {name: (str, dspy.InputField()) for name in inputs}
        description = f"one of: {', '.join(labels)}" if labels else None
        fields[output] = (str, dspy.OutputField(desc=description))
        self.classify = dspy.ChainOfThought(dspy.make_signature(fields))

    def forward(self, **inputs: str) -> dspy.Prediction:
        """The prediction with `reasoning` and the label."""
        return self.classify(**inputs)


def _build(setup: ProgramSetup) -> dspy.Module:
    return Classification(setup.inputs, setup.outputs[0], setup.labels)


TEMPLATE = ProgramTemplate(
    name="classification",
    title="Classification",
    description=(
        "Reads any columns and names one label, with a line of reasoning first. "
        "For routing, tagging and any answer out of a short list."
    ),
    metric="exact_match",
    dataset="iris",
    stages=(Stage(name="Classify", kind="predictor", predictor="classify.predict"),),
    build=_build,
)
