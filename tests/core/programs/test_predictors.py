from typing import Literal

import dspy

from core.programs.predictors import PredictorInfo, SignatureField, predictors, structure


class Answer(dspy.Signature):
    """Answer briefly."""

    question: str = dspy.InputField(desc="what is asked")
    passages: list[str] = dspy.InputField()
    mood: Literal["good", "bad"] = dspy.OutputField()
    answer: str = dspy.OutputField(desc="one word")


class Program(dspy.Module):
    def __init__(self):
        super().__init__()
        self.find = dspy.ChainOfThought("question -> words")
        self.answer = dspy.Predict(Answer)
        self.again = [dspy.Predict("answer -> check")]


def test_every_predictor_is_told_in_the_programs_order():
    assert [info.name for info in predictors(Program())] == [
        "find.predict",
        "answer",
        "again[0]",
    ]


def test_a_predictor_has_its_instruction_fields_and_types():
    answer = predictors(Program())[1]
    assert answer == PredictorInfo(
        name="answer",
        instruction="Answer briefly.",
        inputs=(
            SignatureField(name="question", description="what is asked", type="str"),
            SignatureField(name="passages", description="", type="list"),
        ),
        outputs=(
            SignatureField(name="mood", description="", type="Literal"),
            SignatureField(name="answer", description="one word", type="str"),
        ),
    )
    assert answer.signature == "question, passages -> mood, answer"
    assert answer.fields == ("question", "passages", "mood", "answer")


def test_the_reasoning_of_a_chain_of_thought_is_an_output_without_a_placeholder_description():
    find = predictors(Program())[0]
    assert [(each.name, each.description) for each in find.outputs] == [
        ("reasoning", ""),
        ("words", ""),
    ]


def test_the_structure_needs_no_source_code_so_any_program_is_grounded():
    made = type("Made", (dspy.Module,), {})()
    made.step = dspy.Predict(Answer)
    text = structure(predictors(made), "Answers questions.")
    assert text == (
        "Answers questions.\n\n"
        "Predictor step: question, passages -> mood, answer\n"
        "  instruction: Answer briefly.\n"
        "  question: what is asked\n"
        "  answer: one word"
    )
