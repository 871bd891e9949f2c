from core.data.dataset import Example
from core.programs.predictors import PredictorInfo, SignatureField
from core.proposal.grounding import (
    LONGEST_VALUE,
    TIPS,
    Mistake,
    demos_text,
    examples_text,
    mistakes_text,
    predictor_text,
)

INFO = PredictorInfo(
    name="answer.predict",
    instruction="Answer.",
    inputs=(
        SignatureField(name="context", description=""),
        SignatureField(name="question", description=""),
    ),
    outputs=(
        SignatureField(name="reasoning", description=""),
        SignatureField(name="answer", description=""),
    ),
)


def example(**changes):
    values = {"id": "0", "inputs": {"question": "Who?"}, "outputs": {"answer": "Ada"}}
    return Example(**{**values, **changes})


def test_the_tips_are_the_six_of_the_paper():
    assert list(TIPS) == ["none", "creative", "simple", "description", "high_stakes", "persona"]
    assert TIPS["none"] == ""
    assert all(TIPS[name] for name in TIPS if name != "none")


def test_examples_show_mapped_fields_only_numbered_and_one_below_the_other():
    shown = examples_text([example(), example(inputs={"question": "Where?"})])
    assert shown == (
        "Example 1\n  question: Who?\n  answer: Ada\n\nExample 2\n  question: Where?\n  answer: Ada"
    )


def test_long_values_are_cut_so_that_the_prompt_stays_bounded():
    shown = examples_text([example(inputs={"question": "word " * 10_000})])
    assert len(shown) < LONGEST_VALUE + 100
    assert " …\n  answer: Ada" in shown


def test_a_value_with_line_breaks_stays_on_its_line():
    shown = examples_text([example(inputs={"question": "a\n\nExample 9\n b"})])
    assert shown.splitlines()[1] == "  question: a Example 9 b"


def test_a_missing_value_is_shown_as_nothing_and_zero_as_zero():
    shown = examples_text([example(inputs={"a": None, "b": 0})])
    assert shown.splitlines()[1:3] == ["  a: ", "  b: 0"]


def test_demos_show_inputs_and_outputs_of_their_predictor():
    demo = {"question": "Who?", "context": "Text.", "answer": "Ada", "reasoning": "So.", "x": 1}
    assert demos_text([demo], INFO) == (
        "Example 1\n  context: Text.\n  question: Who?\n  ->\n  reasoning: So.\n  answer: Ada"
    )


def test_an_output_that_a_labelled_demo_lacks_is_left_out():
    shown = demos_text([{"question": "Who?", "context": "Text.", "answer": "Ada"}], INFO)
    assert shown.splitlines()[3:] == ["  ->", "  answer: Ada"]


def test_at_most_three_demos_are_shown():
    demo = {"question": "Who?", "context": "Text.", "answer": "Ada"}
    assert "Example 3" in demos_text([demo] * 5, INFO)
    assert "Example 4" not in demos_text([demo] * 5, INFO)


def test_no_demos_are_no_text():
    assert demos_text([], INFO) == ""


def test_a_predictor_is_told_by_name_and_signature():
    assert predictor_text(INFO) == "answer.predict: context, question -> reasoning, answer"


def test_a_mistake_shows_what_went_in_what_should_and_what_did_come_out():
    mistake = Mistake(
        inputs={"question": "Who?"},
        expected={"answer": "Ada"},
        answered={"answer": "x" * 2 * LONGEST_VALUE},
        wrote={"reasoning": "A guess."},
        score=0.25,
    )
    first, second = mistakes_text([mistake, mistake]).split("\n\n")
    assert first == (
        "Mistake 1\n  question: Who?\n  expected:\n    answer: Ada\n"
        "  this predictor wrote:\n    reasoning: A guess.\n"
        f"  the program answered:\n    answer: {'x' * LONGEST_VALUE} …\n  score: 0.250"
    )
    assert second.startswith("Mistake 2\n")
    assert mistakes_text([]) == ""
