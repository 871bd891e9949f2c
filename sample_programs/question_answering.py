"""One chain-of-thought step from a context and a question to an answer."""

import dspy

from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField


class QuestionAnswering(dspy.Module):
    """Reads the context that comes with the question."""

    def __init__(self) -> None:
        super().__init__()
        self.generate_answer = dspy.ChainOfThought("context, question -> answer")

    def forward(self, context: str, question: str) -> dspy.Prediction:
        """The prediction with `reasoning` and `answer`."""
        return self.generate_answer(context=context, question=question)


def _build(setup: ProgramSetup) -> dspy.Module:
    return QuestionAnswering()


TEMPLATE = ProgramTemplate(
    name="question_answering",
    title="Question answering",
    description="Answers a question from the text that comes with it.",
    inputs=(
        TemplateField(name="context", description="Text that holds the answer"),
        TemplateField(name="question", description="What is asked"),
    ),
    outputs=(TemplateField(name="answer", description="The answer"),),
    metric="exact_match",
    dataset="passage_questions",
    stages=(Stage(name="Answer", kind="predictor", predictor="generate_answer.predict"),),
    build=_build,
)
