"""A router sends each question to one of three specialists, each with its own instruction."""

from typing import Literal

import dspy

from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField

SPECIALISTS = {
    "people": "Name the person that the question asks for.",
    "places": "Name the place, building or institution that the question asks for.",
    "figures": "Give the year, date or number that the question asks for.",
}
ROUTE = (
    "Choose who should answer the question. "
    "People: questions for a who. Places: questions for a where, such as a town, a river, a region "
    "or a school. Figures: questions for a when, a year or a number."
)


class Routing(dspy.Module):
    """One call decides who answers, one answers."""

    def __init__(self) -> None:
        super().__init__()
        deciding = dspy.Signature("question -> specialist", ROUTE)
        names = tuple(SPECIALISTS)
        self.route = dspy.Predict(deciding.with_updated_fields("specialist", type_=Literal[names]))
        self.people = _specialist("people")
        self.places = _specialist("places")
        self.figures = _specialist("figures")

    def forward(self, context: str, question: str) -> dspy.Prediction:
        """The prediction with `reasoning`, `answer` and the `specialist` who gave it."""
        chosen = self.route(question=question).specialist
        known = {"people": self.people, "places": self.places, "figures": self.figures}
        answered = known[chosen](context=context, question=question)
        return dspy.Prediction(
            reasoning=answered.reasoning, answer=answered.answer, specialist=chosen
        )


def _specialist(name: str) -> dspy.ChainOfThought:
    return dspy.ChainOfThought(dspy.Signature("context, question -> answer", SPECIALISTS[name]))


def _build(setup: ProgramSetup) -> dspy.Module:
    return Routing()


TEMPLATE = ProgramTemplate(
    name="routing",
    title="Routing",
    description=(
        "Sends a question to one of three specialists and gives back what that one answers. For "
        "mixed requests that need different instructions."
    ),
    inputs=(
        TemplateField(name="context", description="Text that holds the answer"),
        TemplateField(name="question", description="What is asked"),
    ),
    outputs=(TemplateField(name="answer", description="The answer"),),
    metric="exact_match",
    dataset="passage_questions",
    stages=(
        Stage(name="Route", kind="predictor", predictor="route"),
        Stage(name="People", kind="predictor", predictor="people.predict", after=("Route",)),
        Stage(
            name="Places",
            kind="predictor",
            predictor="places.predict",
            after=("Route",),
            instead_of="People",
        ),
        Stage(
            name="Figures",
            kind="predictor",
            predictor="figures.predict",
            after=("Route",),
            instead_of="People",
        ),
    ),
    build=_build,
)
