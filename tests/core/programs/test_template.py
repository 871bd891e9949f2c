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


def test_a_stage_may_make_several_calls_and_of_alternatives_the_dearest_counts():
    stages = (
        Stage(name="Route", kind="predictor", predictor="route"),
        Stage(name="Loop", kind="predictor", predictor="loop", calls=4, after=("Route",)),
        Stage(name="Quick", kind="predictor", predictor="quick", instead_of="Loop"),
        Stage(name="Tools", kind="tool", calls=9, after=("Loop",)),
    )
    assert template(stages=stages).calls_per_run == 5


def test_a_judge_is_a_last_stage_whose_calls_count():
    judged = template().judged(2)
    assert judged.calls_per_run == 4
    assert judged.stages[-1] == Stage(name="Judge", kind="judge", after=("Ask again",), calls=2)
    assert template().judged(0).stages == template().stages


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
