"""Two predictors in a row, for benchmarks of the machinery around them."""

import dspy

from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField


class TwoStep(dspy.Module):
    """Writes notes, then answers."""

    def __init__(self) -> None:
        super().__init__()
        self.think = dspy.Predict("question -> notes")
        self.answer = dspy.Predict("question, notes -> answer")

    def forward(self, question: str) -> dspy.Prediction:
        """The answer to the question."""
        notes = self.think(question=question).notes
        return self.answer(question=question, notes=notes)


def _build(setup: ProgramSetup) -> dspy.Module:
    return TwoStep()


TEMPLATE = ProgramTemplate(
    name="two_step",
    title="Two steps",
    description="Writes notes, then answers.",
    inputs=(TemplateField(name="question", description="What is asked"),),
    outputs=(TemplateField(name="answer", description="yes or no"),),
    metric="exact_match",
    dataset="iris",
    stages=(
        Stage(name="Think", kind="predictor", predictor="think"),
        Stage(name="Answer", kind="predictor", predictor="answer", after=("Think",)),
    ),
    build=_build,
)
