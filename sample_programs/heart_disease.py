"""The paper's Heart Disease: three opinions on a patient, then a vote that has read them."""

import dspy

from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField

ATTRIBUTES = {
    "age": "Age in years",
    "sex": "Sex (male or female)",
    "cp": "Chest pain type (typical angina, atypical angina, non-anginal pain, asymptomatic)",
    "trestbps": "Resting blood pressure (in mm Hg on admission to the hospital)",
    "chol": "Serum cholesterol in mg/dl",
    "fbs": "Fasting blood sugar > 120 mg/dl (true or false)",
    "restecg": "Resting electrocardiographic results (normal, ST-T wave abnormality, "
    "left ventricular hypertrophy)",
    "thalach": "Maximum heart rate achieved",
    "exang": "Exercise induced angina (yes or no)",
    "oldpeak": "ST depression induced by exercise relative to rest",
    "slope": "The slope of the peak exercise ST segment (upsloping, flat, downsloping)",
    "ca": "Number of major vessels (0-3) colored by fluoroscopy",
    "thal": "Thalassemia (normal, fixed defect, reversible defect)",
}
ANSWER = "Does this patient have heart disease? Just yes or no."
OPINION = "Given patient information, predict the presence of heart disease."
VOTE = f"{OPINION} I can critically assess the provided trainee opinions."
OPINIONS = 3


class HeartDisease(dspy.Module):
    """Trainees give opinions; the vote sees the patient and the opinions."""

    def __init__(self) -> None:
        super().__init__()
        # each a little warmer, so that no answer of one is taken from the cache for another
        self.trainees = [
            dspy.ChainOfThought(_signature(OPINION), temperature=0.7 + 0.01 * number)
            for number in range(OPINIONS)
        ]
        voting = _signature(VOTE).insert(
            -1,
            "context",
            dspy.InputField(desc="A list of opinions from trainee doctors."),
            type_=list[str],
        )
        self.vote = dspy.ChainOfThought(voting)

    def forward(self, **patient: str) -> dspy.Prediction:
        """The vote's prediction with `reasoning` and `answer`."""
        opinions = [trainee(**patient) for trainee in self.trainees]
        said = [
            f"I'm a trainee doctor, trying to {_one_line(each.reasoning)}. "
            f"Hence, my answer is {_one_line(each.answer)}."
            for each in opinions
        ]
        return self.vote(context=said, **patient)


def _signature(instruction: str) -> type[dspy.Signature]:
    fields: dict[str, tuple[type, object]] = {
        name: (str, dspy.InputField(desc=text)) for name, text in ATTRIBUTES.items()
    }
    fields["answer"] = (str, dspy.OutputField(desc=ANSWER))
    return dspy.make_signature(fields, instruction)


def _one_line(text: str) -> str:
    return " ".join(text.split()).strip(".")


def _build(setup: ProgramSetup) -> dspy.Module:
    return HeartDisease()


TEMPLATE = ProgramTemplate(
    name="heart_disease",
    title="Heart disease",
    description=(
        "Three opinions on a patient's attributes and a vote on them, as in the MIPRO paper: an "
        "ensemble of four predictors."
    ),
    inputs=tuple(TemplateField(name=name, description=text) for name, text in ATTRIBUTES.items()),
    outputs=(TemplateField(name="answer", description="yes or no"),),
    metric="exact_match",
    dataset="made_up_patients",
    stages=(
        Stage(name="First opinion", kind="predictor", predictor="trainees[0].predict"),
        Stage(name="Second opinion", kind="predictor", predictor="trainees[1].predict"),
        Stage(name="Third opinion", kind="predictor", predictor="trainees[2].predict"),
        Stage(
            name="Vote",
            kind="predictor",
            predictor="vote.predict",
            after=("First opinion", "Second opinion", "Third opinion"),
        ),
    ),
    build=_build,
)
