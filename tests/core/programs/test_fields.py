import dspy
import pytest

from core.data.dataset import Example
from core.evaluation.evaluator import evaluate_example
from core.evaluation.metrics import METRICS
from core.programs.candidate import program_with
from core.programs.fields import field_names
from core.programs.registry import template
from tests.scripted_lm import scripted_lm

ODD = [
    "Ticket text",
    "petal length (cm)",
    "2nd",
    "!!",
    "Größe",
    "class",
    "_hidden",
    "instructions",
    "signature",
    "fields",
    "model_config",
    "config",
    "demos",
    "lm",
    "self",
    "base",
    "augmented",
    "reasoning",
    "labels",
    "items",
    "keys",
    "copy",
    "get",
    "completions",
]


def test_names_are_unique_words_that_lead_back_to_their_columns():
    named = field_names([*ODD, "Ticket-text", "ticket"])
    assert list(named.values()) == [*ODD, "Ticket-text", "ticket"]
    assert all(name.isidentifier() for name in named)
    assert named["Ticket_text_2"] == "Ticket-text"


def test_usual_names_stay_as_they_are():
    usual = ["text", "label", "petal_length", "Question", "answer", "score", "id"]
    assert field_names(usual) == {name: name for name in usual}


# some names shadow attributes of pydantic models, which is harmless and told once per build
@pytest.mark.filterwarnings("ignore:Field name:UserWarning")
@pytest.mark.parametrize("column", ODD)
def test_a_column_of_any_name_works_as_input_as_output_and_in_demos(column):
    (name,) = field_names([column])
    for inputs, output in ((name, "other"), ("other", name)):
        built = template("classification")
        program = built.build(built.checked_setup([inputs], [output], ["yes", "no"]))
        demo = {inputs: "before", "reasoning": "so", output: "no"}
        (predictor,) = [found for found, _ in program.named_predictors()]
        ready = program_with(program, {predictor: "Decide."}, {predictor: [demo]})
        example = Example(id="0", inputs={inputs: "now"}, outputs={output: "yes"})
        with scripted_lm([{"reasoning": "so", output: "yes"}]) as (lm, engine):
            result = evaluate_example(ready, example, metric=METRICS["exact_match"], lm=lm)
        assert (result.failure, result.score) == (None, 1.0)
        assert "now" in engine.prompts[0].turns[-1][1]
        assert engine.prompts[0].demos == 1


def test_an_output_that_is_called_like_a_method_of_dspys_is_read_all_the_same():
    example = Example(id="0", inputs={"text": "x"}, outputs={"labels": "red", "items": "two"})
    program = dspy.Predict("text -> labels, items")
    with scripted_lm([{"labels": "red", "items": "two"}]) as (lm, _):
        result = evaluate_example(program, example, metric=METRICS["exact_match"], lm=lm)
    assert result.score == 1.0
    assert result.trace.outputs == {"labels": "red", "items": "two"}
