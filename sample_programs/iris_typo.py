"""The paper's Iris-Typo: Iris with one species misspelled in the output's description.

Who follows the description never gets that species right: the optimizer has to find out.
"""

import dspy

from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField
from sample_programs.iris import Iris


def _build(setup: ProgramSetup) -> dspy.Module:
    return Iris("setosa, versicolour, or virginica")


TEMPLATE = ProgramTemplate(
    name="iris_typo",
    title="Iris-Typo",
    description=(
        "Iris with a misspelled species in its description, as in the MIPRO paper: shows whether "
        "an optimizer gets over a mistake in a program."
    ),
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
