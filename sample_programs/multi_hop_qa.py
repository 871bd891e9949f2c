"""Two searches, each with a written query, then an answer: two predictors, one used twice."""

import dspy

from core.programs.retrieval import PassageIndex
from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField

HOPS = 2
PASSAGES_PER_HOP = 3


class MultiHopQA(dspy.Module):
    """Query → retrieve → query → retrieve → answer."""

    def __init__(self, index: PassageIndex, k: int = PASSAGES_PER_HOP) -> None:
        """Search `index` for `k` passages per hop."""
        super().__init__()
        self.index = index
        self.k = k
        self.generate_query = dspy.ChainOfThought("context: list[str], question -> search_query")
        self.generate_answer = dspy.ChainOfThought("context: list[str], question -> answer")

    def forward(self, question: str) -> dspy.Prediction:
        """The prediction with `reasoning` and `answer`."""
        context: list[str] = []
        for _ in range(HOPS):
            query = self.generate_query(context=context, question=question).search_query
            found = self.index.search(query, self.k)
            context = list(dict.fromkeys([*context, *found]))
        return self.generate_answer(context=context, question=question)


def _build(setup: ProgramSetup) -> dspy.Module:
    return MultiHopQA(PassageIndex(setup.passages))


TEMPLATE = ProgramTemplate(
    name="multi_hop_qa",
    title="Multi-hop questions",
    description=(
        "Searches twice, writing each query from what it has read so far, then answers. "
        "For questions whose answer hides behind a fact that must be found first."
    ),
    inputs=(TemplateField(name="question", description="What is asked"),),
    outputs=(TemplateField(name="answer", description="The answer"),),
    metric="exact_match",
    dataset="multi_hop_questions",
    passages="multi_hop_passages",
    stages=(
        Stage(name="First query", kind="predictor", predictor="generate_query.predict"),
        Stage(name="First search", kind="retrieve", after=("First query",)),
        Stage(
            name="Second query",
            kind="predictor",
            predictor="generate_query.predict",
            after=("First search",),
        ),
        Stage(name="Second search", kind="retrieve", after=("Second query",)),
        Stage(
            name="Answer",
            kind="predictor",
            predictor="generate_answer.predict",
            after=("First search", "Second search"),
        ),
    ),
    build=_build,
)
