"""The paper's ScoNe: does a sentence with negations entail another one?"""

import dspy

from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField


class Entailment(dspy.Module):
    """One chain-of-thought step; its seed instruction is only its signature, as in the paper."""

    def __init__(self) -> None:
        super().__init__()
        signature = dspy.Signature("context, question -> answer", "context, question -> answer")
        self.decide = dspy.ChainOfThought(signature.with_updated_fields("answer", desc="Yes or No"))

    def forward(self, context: str, question: str) -> dspy.Prediction:
        """The prediction with `reasoning` and `answer`."""
        return self.decide(context=context, question=question)


def _build(setup: ProgramSetup) -> dspy.Module:
    return Entailment()


TEMPLATE = ProgramTemplate(
    name="scone",
    title="ScoNe",
    description=(
        "Says whether one sentence follows from another that may hold negations, as in the MIPRO "
        "paper."
    ),
    inputs=(
        TemplateField(name="context", description="What is known"),
        TemplateField(name="question", description="Whether something follows for sure"),
    ),
    outputs=(TemplateField(name="answer", description="Yes or No"),),
    metric="exact_match",
    dataset="negated_sentences",
    stages=(Stage(name="Decide", kind="predictor", predictor="decide.predict"),),
    build=_build,
)
