import dspy
import pytest

from core.errors import ProgramError
from core.programs.candidate import (
    NO_DEMOS,
    Candidate,
    Choice,
    demo_set_id,
    instruction_id,
    program_with,
)
from tests.scripted_lm import scripted_lm


class TwoStages(dspy.Module):
    def __init__(self):
        super().__init__()
        self.ask = dspy.Predict("question -> words")
        self.answer = dspy.ChainOfThought("question, words -> answer")

    def forward(self, question):
        return self.answer(question=question, words=self.ask(question=question).words)


OWN = {"ask": "Search.", "answer.predict": "Answer."}
DEMO = {"question": "2+2?", "words": "sum"}


def candidate(**choices):
    return Candidate(
        choices={
            name: Choice(instruction=instruction, demo_set=demo_set)
            for name, (instruction, demo_set) in choices.items()
        }
    )


def test_equal_choices_are_one_candidate_whatever_their_order():
    one = candidate(a=("i1", "d1"), b=("i2", "d2"))
    two = candidate(b=("i2", "d2"), a=("i1", "d1"))
    assert one.id == two.id
    assert len(one.id) == 10


def test_choices_of_other_predictors_or_other_parts_are_other_candidates():
    ids = {
        candidate(a=("x", "y"), b=("x", "z")).id,
        candidate(a=("x", "z"), b=("x", "y")).id,
        candidate(b=("x", "y"), c=("x", "z")).id,
        candidate(a=("y", "x"), b=("x", "z")).id,
    }
    assert len(ids) == 4


def test_ids_follow_the_content():
    assert instruction_id("Do it.") == instruction_id("Do it.")
    assert instruction_id("Do it.") != instruction_id("Do it")
    assert demo_set_id([{"a": 1, "b": "x"}]) == demo_set_id([{"b": "x", "a": 1}])
    assert demo_set_id([{"a": 1}, {"a": 2}]) != demo_set_id([{"a": 2}, {"a": 1}])
    assert demo_set_id([]) == NO_DEMOS
    assert instruction_id("x")[0] == "i"
    assert NO_DEMOS[0] == "d"


def test_ids_do_not_change_between_versions_since_logs_hold_them():
    assert instruction_id("Do it.") == "i82b872b098"
    assert NO_DEMOS == "d4f53cda18c"
    assert candidate(a=("i1", "d1")).id == "b661afcfc2"


def test_a_candidate_survives_json():
    one = candidate(a=("i1", "d1"))
    assert Candidate.model_validate_json(one.model_dump_json()) == one


def test_instructions_and_demos_reach_the_model_and_the_original_stays_as_it_was():
    program = TwoStages()
    before = program.ask.signature.instructions
    changed = program_with(program, OWN, {"ask": [DEMO], "answer.predict": []})
    script = [{"words": "sky"}, {"reasoning": "r", "answer": "blue"}]
    with scripted_lm(script) as (lm, engine), dspy.context(lm=lm):
        assert changed(question="colour?").answer == "blue"
    asked, answered = engine.prompts
    assert (asked.instruction, asked.demos) == ("Search.", 1)
    assert asked.turns[0][1].startswith("[[ ## question ## ]]\n2+2?")
    assert (answered.instruction, answered.demos) == ("Answer.", 0)
    assert (program.ask.signature.instructions, program.ask.demos) == (before, [])


def test_two_candidates_of_one_program_share_nothing():
    program = TwoStages()
    one = program_with(program, OWN, {"ask": [DEMO], "answer.predict": []})
    two = program_with(program, {**OWN, "ask": "Other."}, {"ask": [], "answer.predict": []})
    assert one.ask.signature.instructions == "Search."
    assert (two.ask.signature.instructions, two.ask.demos) == ("Other.", [])


@pytest.mark.parametrize("missing", ["instructions", "demos"])
def test_a_candidate_that_leaves_a_predictor_out_is_refused(missing):
    whole = {"instructions": OWN, "demos": {"ask": [], "answer.predict": []}}
    part = {**whole, missing: {"ask": whole[missing]["ask"]}}
    with pytest.raises(ProgramError, match=r"says nothing about predictor 'answer\.predict'"):
        program_with(TwoStages(), part["instructions"], part["demos"])
