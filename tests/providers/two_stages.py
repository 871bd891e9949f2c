"""A program of two stages with typed answers, small and quick, for runs that meet faults."""

from typing import Literal

import dspy

from core.programs.template import ProgramSetup, ProgramTemplate, Stage


class Weigh(dspy.Signature):
    """Note what speaks for and against it."""

    question: str = dspy.InputField()
    note: str = dspy.OutputField()
    doubts: int = dspy.OutputField()


class Decide(dspy.Signature):
    """Decide."""

    question: str = dspy.InputField()
    note: str = dspy.InputField()
    answer: Literal["yes", "no"] = dspy.OutputField()


class TwoStages(dspy.Module):
    """Weighs, then decides."""

    def __init__(self) -> None:
        """Ready to run."""
        super().__init__()
        self.weigh = dspy.Predict(Weigh)
        self.decide = dspy.Predict(Decide)

    def forward(self, question: str) -> dspy.Prediction:
        """The decision."""
        weighed = self.weigh(question=question)
        return self.decide(question=question, note=weighed.note)


def _build(setup: ProgramSetup) -> dspy.Module:
    return TwoStages()


TEMPLATE = ProgramTemplate(
    name="two_stages",
    title="Two stages",
    description="Weighs a question and decides it.",
    metric="exact_match",
    dataset="sums",
    stages=(
        Stage(name="Weigh", kind="predictor", predictor="weigh"),
        Stage(name="Decide", kind="predictor", predictor="decide"),
    ),
    build=_build,
)
