"""The paper's HoVer: three searches for the passages that decide a claim, four predictors."""

import dspy

from core.programs.retrieval import PassageIndex
from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField

PASSAGES_PER_HOP = 7
"""Three hops make the 21 passages of the paper's Recall@21."""


class ClaimSearch(dspy.Module):
    """Search with the claim, sum up, search on with a written query, twice."""

    def __init__(self, index: PassageIndex, k: int = PASSAGES_PER_HOP) -> None:
        """Search `index` for `k` passages per hop."""
        super().__init__()
        self.index = index
        self.k = k
        self.summarize_first = dspy.ChainOfThought("claim, passages: list[str] -> summary")
        self.query_second = dspy.ChainOfThought("claim, summary_1 -> query")
        self.summarize_second = dspy.ChainOfThought(
            "claim, context, passages: list[str] -> summary"
        )
        self.query_third = dspy.ChainOfThought("claim, summary_1, summary_2 -> query")

    def forward(self, claim: str) -> dspy.Prediction:
        """The prediction with `titles`: all that was found, the first hop's passages first."""
        first = self.index.search(claim, self.k)
        summary_1 = self.summarize_first(claim=claim, passages=first).summary
        query = self.query_second(claim=claim, summary_1=summary_1).query
        second = self.index.search(query, self.k)
        summary_2 = self.summarize_second(claim=claim, context=summary_1, passages=second).summary
        query = self.query_third(claim=claim, summary_1=summary_1, summary_2=summary_2).query
        third = self.index.search(query, self.k)
        titles = [passage.split(" | ")[0] for passage in (*first, *second, *third)]
        return dspy.Prediction(titles=list(dict.fromkeys(titles)))


def _build(setup: ProgramSetup) -> dspy.Module:
    return ClaimSearch(PassageIndex(setup.passages))


TEMPLATE = ProgramTemplate(
    name="hover",
    title="HoVer",
    description=(
        "Finds the passages that decide a claim in three searches, each led by a summary of what "
        "was found, as in the MIPRO paper. Scored by which passages it finds."
    ),
    inputs=(TemplateField(name="claim", description="What is said to be true"),),
    outputs=(
        TemplateField(name="titles", description="Passages to find, separated by semicolons"),
    ),
    metric="recall",
    dataset="three_passage_claims",
    passages="multi_hop_passages",
    stages=(
        Stage(name="First search", kind="retrieve"),
        Stage(
            name="First summary",
            kind="predictor",
            predictor="summarize_first.predict",
            after=("First search",),
        ),
        Stage(
            name="Second query",
            kind="predictor",
            predictor="query_second.predict",
            after=("First summary",),
        ),
        Stage(name="Second search", kind="retrieve", after=("Second query",)),
        Stage(
            name="Second summary",
            kind="predictor",
            predictor="summarize_second.predict",
            after=("First summary", "Second search"),
        ),
        Stage(
            name="Third query",
            kind="predictor",
            predictor="query_third.predict",
            after=("First summary", "Second summary"),
        ),
        Stage(name="Third search", kind="retrieve", after=("Third query",)),
    ),
    build=_build,
)
