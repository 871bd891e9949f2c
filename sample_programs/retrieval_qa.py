"""Retrieve passages for a question, then answer from them."""

import dspy

from core.programs.retrieval import PassageIndex
from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField

PASSAGES_PER_QUESTION = 5


class RetrievalQA(dspy.Module):
    """Searches once with the question itself; one predictor answers."""

    def __init__(self, index: PassageIndex, k: int = PASSAGES_PER_QUESTION) -> None:
        """Search `index` for `k` passages per question."""
        super().__init__()
        self.index = index
        self.k = k
        self.generate_answer = dspy.ChainOfThought("context: list[str], question -> answer")

    def forward(self, question: str) -> dspy.Prediction:
        """The prediction with `reasoning` and `answer`."""
        context = self.index.search(question, self.k)
        return self.generate_answer(context=context, question=question)


def _build(setup: ProgramSetup) -> dspy.Module:
    return RetrievalQA(PassageIndex(setup.passages))


TEMPLATE = ProgramTemplate(
    name="retrieval_qa",
    title="Retrieval and answer",
    description="Finds passages for a question in a corpus, then answers from them.",
    inputs=(TemplateField(name="question", description="What is asked"),),
    outputs=(TemplateField(name="answer", description="The answer"),),
    metric="exact_match",
    dataset="passage_questions",
    passages="multi_hop_passages",
    stages=(
        Stage(name="Retrieve", kind="retrieve"),
        Stage(
            name="Answer",
            kind="predictor",
            predictor="generate_answer.predict",
            after=("Retrieve",),
        ),
    ),
    build=_build,
)
