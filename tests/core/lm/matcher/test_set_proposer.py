import json

from core.proposal import signatures
from tests.core.lm.offline_prompts import answer_of

FIRST = "Example 1\n  question: Who wrote Emma?\n  ->\n  query: author of Emma"
SECOND = "Example 1\n  question: Who wrote Emma?\n  found: Jane Austen\n  ->\n  answer: Jane Austen"


def proposed(temperature=0.0, count=2, **changes):
    given = {
        "predictors": "search: question -> query\nreply: question, found -> answer",
        "task_demos": f"Predictor search\n{FIRST}\n\nPredictor reply\n{SECOND}",
        "basic_instructions": json.dumps(["Search for it.", "Answer it."][:count]),
        **changes,
    }
    signature = signatures.ProposeInstructionSet
    for name in set(signature.input_fields) - set(given):
        signature = signature.delete(name)
    return json.loads(answer_of(signature, None, temperature, **given)["proposed_instructions"])


def test_every_predictor_gets_an_instruction_in_the_order_of_the_basic_ones():
    search, reply = proposed()
    assert search.startswith("Search for it.")
    assert reply.startswith("Answer it.")
    assert "only the name" in reply
    assert "only the name" not in search


def test_one_predictor_is_a_list_of_one():
    assert len(proposed(count=1)) == 1


def test_another_prompt_gives_other_instructions():
    tip = {"tip": "Begin by giving the model a role that fits the task."}
    assert proposed(temperature=1.0) != proposed(temperature=1.0, **tip)


def test_what_the_best_earlier_list_says_is_taken_over_by_its_predictor():
    tried = (
        '["Search for it. Use no verbs.", "Answer it."] | Score: 0.900\n\n'
        '["Search for it. Shout.", "Answer it."] | Score: 0.100'
    )
    search, reply = proposed(previous_instructions=tried)
    assert "Use no verbs." in search
    assert "Shout." not in search
    assert "Use no verbs." not in reply


def test_locked_text_goes_to_the_predictor_it_belongs_to():
    locked = "Predictor reply\n<keep>Cite your source.</keep>"
    for temperature in (0.0, 0.7, 1.3):
        search, reply = proposed(temperature, locked_text=locked)
        assert "Cite your source." in reply
        assert "Cite your source." not in search
