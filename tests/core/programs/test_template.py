import dspy
import pytest

from core.errors import ProgramError
from core.programs.template import (
    Passage,
    ProgramSetup,
    ProgramTemplate,
    Stage,
    TemplateField,
)


def template(**changes):
    settings = {
        "name": "lookup",
        "title": "Lookup",
        "description": "Looks things up.",
        "inputs": (TemplateField(name="question", description="What is asked"),),
        "outputs": (TemplateField(name="answer", description="The answer"),),
        "metric": "exact_match",
        "dataset": "iris",
        "stages": (
            Stage(name="Ask", kind="predictor", predictor="ask"),
            Stage(name="Search", kind="retrieve", after=("Ask",)),
            Stage(name="Ask again", kind="predictor", predictor="ask", after=("Search",)),
        ),
        "build": lambda setup: dspy.Predict("question -> answer"),
    }
    return ProgramTemplate(**{**settings, **changes})


def test_calls_per_run_count_every_predictor_stage_and_no_retrieval():
    assert template().calls_per_run == 2


def test_fields_that_fit_give_the_setup_for_the_program():
    passage = Passage(title="Sky", text="Blue.")
    setup = template(passages="corpus").checked_setup(["question"], ["answer"], ["a"], [passage])
    assert setup == ProgramSetup(
        inputs=("question",), outputs=("answer",), labels=("a",), passages=(passage,)
    )


def test_a_template_without_fields_takes_whatever_columns_are_chosen():
    free = template(inputs=(), outputs=())
    assert free.checked_setup(["a", "b"], ["y"]).inputs == ("a", "b")


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ([], ["answer"], "program 'lookup' has no input field. Map a column to one."),
        (["question"], [], "program 'lookup' has no output field. Map a column to one."),
        (
            ["context"],
            ["answer"],
            "program 'lookup' needs the input field 'question'. Map a column to it.",
        ),
        (
            ["question", "context"],
            ["answer"],
            "program 'lookup' has no input field 'context'; it has ['question'].",
        ),
        (
            ["question"],
            ["label"],
            "program 'lookup' needs the output field 'answer'. Map a column to it.",
        ),
    ],
)
def test_fields_that_do_not_fit_are_named(inputs, outputs, message):
    with pytest.raises(ProgramError) as caught:
        template().checked_setup(inputs, outputs)
    assert str(caught.value) == message


def test_a_program_that_retrieves_needs_a_corpus():
    with pytest.raises(ProgramError, match="no corpus was given"):
        template(passages="corpus").checked_setup(["question"], ["answer"])
