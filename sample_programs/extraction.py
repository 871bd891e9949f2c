"""One predictor from a text to a typed object."""

import dspy
from pydantic import BaseModel, Field

from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField


class Order(BaseModel):
    """What somebody orders."""

    customer: str = Field(description="full name of the person who orders")
    item: str = Field(description="what is ordered, without the number")
    quantity: int = Field(description="how many pieces")
    price: float = Field(description="euros for one piece")
    city: str = Field(description="where it is to be sent")
    urgent: bool = Field(description="whether there is a hurry")


class Extraction(dspy.Module):
    """Reads the order out of a text."""

    def __init__(self) -> None:
        super().__init__()
        signature = dspy.Signature("text -> order", "Read the order out of the text.")
        self.extract = dspy.Predict(signature.with_updated_fields("order", type_=Order))

    def forward(self, text: str) -> dspy.Prediction:
        """The prediction with `order`, an `Order`."""
        return self.extract(text=text)


def _build(setup: ProgramSetup) -> dspy.Module:
    return Extraction()


TEMPLATE = ProgramTemplate(
    name="extraction",
    title="Extraction",
    description=(
        "Reads a typed object out of a text, its fields checked by a data model. Scored by the "
        "share of fields that are right."
    ),
    inputs=(TemplateField(name="text", description="Text to read"),),
    outputs=(TemplateField(name="order", description="The object, or its JSON"),),
    metric="json_fields",
    dataset="orders",
    stages=(Stage(name="Extract", kind="predictor", predictor="extract"),),
    build=_build,
)
