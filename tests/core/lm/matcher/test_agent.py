import json

import dspy
import pytest

from core.lm.matcher.prompt import read_prompt
from tests.core.lm.offline_prompts import answer_of, offline_lm

PEOPLE = {"Ashby": "1,200", "Corwen": "345"}


def lookup(query: str) -> list[str]:
    """Finds passages about a town."""
    return [f"{n} | {n} has {c} inhabitants." for n, c in PEOPLE.items() if n in query]


def add_up(expression: str) -> str:
    """Works out a sum."""
    return str(sum(int(part) for part in expression.split("+")))


def asked(question, tools=(lookup, add_up), told="Look up one name at a time, each name. " * 4):
    agent = dspy.ReAct(dspy.Signature("question -> answer", told), tools=list(tools), max_iters=4)
    with dspy.context(lm=offline_lm(), adapter=dspy.ChatAdapter(), trace=[]):
        return agent(question=question)


def test_names_are_looked_up_one_by_one_and_their_numbers_added():
    found = asked("How many people live in Ashby and Corwen together?")
    steps = [found.trajectory[f"tool_name_{place}"] for place in range(4)]
    assert steps == ["lookup", "lookup", "add_up", "finish"]
    assert found.trajectory["tool_args_2"] == {"expression": "1200 + 345"}
    assert found.answer == "1545"


def test_a_question_without_a_sum_is_answered_from_what_was_found():
    found = asked("How many inhabitants has Ashby?")
    assert found.trajectory["tool_name_1"] == "finish"
    assert "1,200" in found.answer


def test_without_a_tool_to_look_things_up_the_agent_stops():
    found = asked("How many people live in Ashby?", tools=[add_up])
    assert found.trajectory["tool_name_0"] == "finish"


def test_an_agents_steps_stay_a_part_of_its_trajectory():
    signature = dspy.Signature("question, trajectory -> answer")
    trajectory = "[[ ## tool_name_0 ## ]]\nlookup\n\n[[ ## observation_0 ## ]]\n42"
    messages = dspy.ChatAdapter().format(signature, [], {"question": "?", "trajectory": trajectory})
    prompt = read_prompt(messages[0]["content"], [("user", messages[1]["content"])])
    assert prompt.values["trajectory"] == trajectory
    assert answer_of(signature, question="What is it?", trajectory=trajectory)["answer"] == "42"


@pytest.mark.parametrize("trajectory", ["", "nothing of the kind"])
def test_a_trajectory_without_steps_is_read_like_any_text(trajectory):
    found = answer_of(
        "question, trajectory -> answer", question="Who is it?", trajectory=trajectory
    )
    assert isinstance(found["answer"], str)


def test_arguments_are_always_an_object():
    signature = dspy.ReAct("question -> answer", tools=[lookup]).react.signature
    found = answer_of(signature, question="How big is Ashby?", trajectory="")
    assert isinstance(json.loads(found["next_tool_args"]), dict)
