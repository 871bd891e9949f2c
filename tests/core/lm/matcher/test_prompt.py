from typing import Literal

import dspy

from core.lm.matcher.prompt import Demo, Field, read_prompt
from tests.core.lm.offline_prompts import prompt_of


class Question(dspy.Signature):
    """Answer briefly.

    Second line.
    """

    question: str = dspy.InputField(desc="what is asked")
    context: list[str] = dspy.InputField()
    answer: Literal["a b", "c"] = dspy.OutputField(desc="the choice")


def test_a_prompt_is_taken_apart_into_its_parts():
    prompt = prompt_of(Question, question="Which?", context=["One | text", "Two | text"])
    assert prompt.instruction == "Answer briefly.\n\nSecond line."
    assert prompt.inputs == (
        Field(name="question", type="str", description="what is asked"),
        Field(name="context", type="list[str]"),
    )
    (answer,) = prompt.outputs
    assert (answer.description, answer.options) == ("the choice", ("a b", "c"))
    assert prompt.values == {"question": "Which?", "context": '["One | text", "Two | text"]'}


def test_incomplete_demos_are_read_without_the_fields_that_are_not_supplied():
    complete = {"question": "A?", "context": ["x"], "answer": "c", "augmented": True}
    partial = {"question": "B?", "answer": "a b"}
    prompt = prompt_of(Question, [complete, partial], question="C?", context=[])
    assert prompt.demos == (
        Demo(inputs={"question": "B?"}, outputs={"answer": "a b"}),
        Demo(inputs={"question": "A?", "context": '["x"]'}, outputs={"answer": "c"}),
    )


def test_other_prompts_are_not_read():
    assert read_prompt("You are helpful.", [("user", "Hello")]) is None


def test_a_json_prompt_is_read_like_a_chat_prompt():
    demo = dspy.Example(question="A?", context=["x"], answer="c")
    values = {"question": "B?", "context": ["y"]}
    messages = dspy.JSONAdapter().format(Question, [demo], values)
    turns = [(each["role"], each["content"]) for each in messages[1:]]
    prompt = read_prompt(messages[0]["content"], turns)
    assert prompt.as_json
    assert prompt.values == {"question": "B?", "context": '["y"]'}
    assert prompt.demos[0].outputs == {"answer": "c"}
