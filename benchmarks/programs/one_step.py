"""One predictor, for benchmarks of the machinery around it."""

import dspy

from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField


class OneStep(dspy.Module):
    """Answers."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = dspy.Predict("question -> answer")

    def forward(self, question: str) -> dspy.Prediction:
        """The answer to the question."""
        return self.answer(question=question)


def _build(setup: ProgramSetup) -> dspy.Module:
    return OneStep()


TEMPLATE = ProgramTemplate(
    name="one_step",
    title="One step",
    description="Answers.",
    inputs=(TemplateField(name="question", description="What is asked"),),
    outputs=(TemplateField(name="answer", description="yes or no"),),
    metric="exact_match",
    dataset="iris",
    stages=(Stage(name="Answer", kind="predictor", predictor="answer"),),
    build=_build,
)
