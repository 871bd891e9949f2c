"""The paper's Iris: a flower's species from four measures, in one chain-of-thought step."""

import dspy

from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField


class Iris(dspy.Module):
    """Reasons about the measures and names a species."""

    def __init__(self, species: str = "setosa, versicolor, or virginica") -> None:
        """`species` describes what may be answered."""
        super().__init__()
        self.classify = dspy.ChainOfThought(
            dspy.Signature(
                "petal_length, petal_width, sepal_length, sepal_width -> answer",
                "Given the petal and sepal dimensions in cm, predict the iris species.",
            ).with_updated_fields("answer", desc=species)
        )

    def forward(
        self, petal_length: str, petal_width: str, sepal_length: str, sepal_width: str
    ) -> dspy.Prediction:
        """The prediction with `reasoning` and `answer`."""
        return self.classify(
            petal_length=petal_length,
            petal_width=petal_width,
            sepal_length=sepal_length,
            sepal_width=sepal_width,
        )


def _build(setup: ProgramSetup) -> dspy.Module:
    return Iris()


TEMPLATE = ProgramTemplate(
    name="iris",
    title="Iris",
    description="Names the species of an iris from its measures, as in the MIPRO paper.",
    inputs=(
        TemplateField(name="petal_length", description="In cm"),
        TemplateField(name="petal_width", description="In cm"),
        TemplateField(name="sepal_length", description="In cm"),
        TemplateField(name="sepal_width", description="In cm"),
    ),
    outputs=(TemplateField(name="answer", description="The species"),),
    metric="exact_match",
    dataset="iris",
    stages=(Stage(name="Classify", kind="predictor", predictor="classify.predict"),),
    build=_build,
)
