"""One chain-of-thought step from a document to its summary."""

import dspy

from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField


class Summarization(dspy.Module):
    """Sums a document up."""

    def __init__(self) -> None:
        super().__init__()
        self.summarize = dspy.ChainOfThought("document -> summary")

    def forward(self, document: str) -> dspy.Prediction:
        """The prediction with `reasoning` and `summary`."""
        return self.summarize(document=document)


def _build(setup: ProgramSetup) -> dspy.Module:
    return Summarization()


TEMPLATE = ProgramTemplate(
    name="summarization",
    title="Summarization",
    description=(
        "Sums a document up. Scored by common wording with a good summary, or by a judge with a "
        "rubric of your own."
    ),
    inputs=(TemplateField(name="document", description="What to sum up"),),
    outputs=(TemplateField(name="summary", description="A good summary"),),
    metric="rouge_l",
    dataset="notices",
    stages=(Stage(name="Summarize", kind="predictor", predictor="summarize.predict"),),
    build=_build,
)
