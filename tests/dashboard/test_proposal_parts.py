"""Pieces of the Proposals page that decide something: what is open, where demos come from."""

import pytest
from streamlit.testing.v1 import AppTest

from core.data.dataset import Example
from core.errors import ConfigError
from core.programs.candidate import NO_DEMOS, ChoiceRef, instruction_id
from core.programs.predictors import PredictorInfo, SignatureField
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.parts import Instruction
from core.runs.snapshot import LevelEffect
from dashboard.components.choice_card import standing_text
from dashboard.components.locked_spans import checked_spans, marked_spans
from dashboard.components.proposal_cards import length_text
from dashboard.components.review_settings import locks_that_hold
from dashboard.components.text_diff import in_one
from dashboard.demo_list import (
    demo_line,
    demos_at_hand,
    field_text,
    field_value,
    source_text,
    sourced,
)
from dashboard.proposal_list import Counts, Marks, board, compared_with, gate
from tests import run_log

ANSWER = run_log.ANSWER.name
INFO = PredictorInfo(
    name="p",
    instruction="Answer in one word. Never guess.",
    inputs=(SignatureField(name="question", description=""),),
    outputs=(SignatureField(name="answer", description=""),),
)


def reviewed(*more: ev.Event):
    """The state of a run with two predictors at its review, after these events."""
    log = [*run_log.events(run_log.Plan(), "propose"), ev.PhaseChanged(phase="review"), *more]
    return run_log.state_of(log)


def instructions(state) -> list[ChoiceRef]:
    own = state.instructions[ANSWER]
    return [ChoiceRef(predictor=ANSWER, part="instruction", id=each) for each in own]


def added(text: str, **said: object) -> de.InstructionAdded:
    return de.InstructionAdded(
        by="Ada", predictor=ANSWER, id=instruction_id(text), text=text, **said
    )


def test_what_the_program_has_itself_needs_no_look():
    state = reviewed()
    assert gate(state).waits
    assert gate(state).counts == Counts(to_look_at=12)
    marks = board(state, ANSWER).marks
    empty = ChoiceRef(predictor=ANSWER, part="demo_set", id=NO_DEMOS)
    assert [ref for ref, mark in marks.items() if not mark.to_look_at] == [
        instructions(state)[0],
        empty,
    ]


def test_what_a_person_wrote_needs_no_look_and_is_not_rejected_with_the_rest():
    own = instructions(reviewed())
    state = reviewed(added("Mine."), de.ChoiceApproved(by="Ada", choice=own[1]))
    assert gate(state).counts == Counts(approved=1, to_look_at=11)
    assert set(gate(state).rest) == {own[0], *own[2:]}


def test_where_nothing_is_approved_nothing_would_be_rejected():
    own = instructions(reviewed())
    assert gate(reviewed(de.ChoiceRejected(by="Ada", choice=own[1]))).rest == ()


def test_the_gate_is_open_in_every_other_phase():
    assert not gate(run_log.state_of(run_log.events(run_log.Plan(), "search"))).waits
    assert not gate(reviewed(ev.RunStopped())).waits


def test_a_frozen_choice_leaves_the_others_of_its_part_out():
    own = instructions(reviewed())
    marks = board(reviewed(de.ChoiceFrozen(by="Ada", choice=own[2])), ANSWER).marks
    assert marks[own[2]].frozen
    assert [marks[ref].left_out for ref in own] == [True, True, False, True]
    assert not any(mark.left_out for ref, mark in marks.items() if ref.part == "demo_set")


def test_an_instruction_without_a_locked_text_is_marked():
    lock = de.SpansLocked(by="Ada", predictor=ANSWER, spans=("one word only",))
    state = reviewed(lock)
    marks, own = board(state, ANSWER).marks, instructions(state)
    assert marks[own[0]].lacks == ("one word only",)
    assert marks[own[1]].lacks == ()


def test_results_of_a_choice_are_counted_over_all_candidates_that_use_it():
    state = run_log.state_of(run_log.events(run_log.Plan(), "search"))
    marks = board(state, ANSWER).marks
    scored = sum(len(own) for own in state.results.values())
    assert sum(mark.results for ref, mark in marks.items() if ref.part == "instruction") == scored
    assert sum(mark.results for ref, mark in marks.items() if ref.part == "demo_set") == scored


def test_a_request_waits_until_all_of_it_came_in():
    asked = de.ProposalsRequested(by="Ada", predictor=ANSWER, count=2)
    answered = ev.InstructionProposed(
        predictor=ANSWER, index=100_000, id="i9", text="New.", request=0
    )
    (waiting,) = board(reviewed(asked, answered), ANSWER).waiting
    assert (waiting.arrived, waiting.request.count) == (1, 2)
    same = answered.model_copy(update={"index": 100_001})
    assert board(reviewed(asked, answered, same), ANSWER).waiting == ()


def test_changes_are_shown_against_the_parent_else_against_the_programs_own():
    def made(number: int, parent: str | None = None) -> Instruction:
        return Instruction(
            predictor="p", number=number, id=f"i{number}", text="t", at=0.0, parent=parent
        )

    known = [made(0), made(1), made(2, parent="i1")]
    found = [compared_with(each, known) for each in known]
    assert [each and each.number for each in found] == [None, 0, 1]


@pytest.mark.parametrize(
    ("chosen", "passing"),
    [
        ("All", ["open", "approved", "rejected", "own"]),
        ("To look at", ["open"]),
        ("Approved", ["approved"]),
        ("Rejected", ["rejected"]),
    ],
)
def test_a_filter_lets_through_what_its_name_says(chosen, passing):
    own = instructions(reviewed())
    state = reviewed(
        de.ChoiceApproved(by="Ada", choice=own[1]), de.ChoiceRejected(by="Ada", choice=own[2])
    )
    marks = board(state, ANSWER).marks
    named = dict(zip(("own", "approved", "rejected", "open"), own, strict=True))
    assert {name for name, ref in named.items() if marks[ref].passes(chosen)} == set(passing)


def test_the_standing_tells_an_effect_from_a_prediction():
    effect = LevelEffect(predictor="p", part="instruction", id="i", mean=-0.0002, sd=0.01)
    tried, untried = Marks(results=45), Marks()
    assert standing_text(tried, effect, searching=False) == ""
    assert standing_text(tried, effect, searching=True) == (
        "Effect +0.0 points (90 %: -1.7 to +1.6), n = 45 results"
    )
    assert standing_text(untried, effect, searching=True).startswith("Predicted effect +0.0")
    assert standing_text(untried, None, searching=True) == "No effect estimated yet, not tried yet"


def test_changes_in_one_text_are_marked_and_escaped():
    assert in_one("say <b>now</b>", "say <b>then</b> & go") == (
        "say &lt;b&gt;<del>now&lt;/b&gt;</del><ins>then&lt;/b&gt; &amp; go</ins>"
    )


def test_the_length_of_a_text_is_said_in_words_and_characters():
    assert length_text("one two") == "2 words, 7 characters"
    assert length_text("one") == "1 word, 3 characters"


def traced(example: str, score: float, *, accepted: bool = True) -> ev.TraceBootstrapped:
    demos = {"p": ({"question": f"q{example}", "reasoning": "so", "answer": "a"},)}
    return ev.TraceBootstrapped(
        example=example,
        attempt=0,
        score=score,
        accepted=accepted,
        demos=demos if accepted else {},
        seconds=1.0,
        usage=ev.Usage(),
    )


def test_a_demo_is_traced_back_to_the_example_it_came_from():
    train = [
        Example(id=id_, inputs={"question": f"q{id_}"}, outputs={"answer": "a"}) for id_ in "12"
    ]
    traces = {"1": traced("1", 0.5), "2": traced("2", 0.0, accepted=False)}
    at_hand = demos_at_hand(INFO, traces, train)
    assert [(each.source.kind, each.source.example) for each in at_hand] == [
        ("trace", "1"),
        ("labels", "1"),
        ("labels", "2"),
    ]
    corrected = {"question": "q1", "answer": "b"}
    found = sourced([at_hand[2].demo, at_hand[0].demo, corrected], at_hand)
    assert [source_text(each.source) for each in found] == [
        "row 3, as labelled",
        "row 2, as the teacher answered, score 50.0 %",
        "not from the run's own examples as they are",
    ]


def test_examples_that_do_not_show_the_predictors_fields_cannot_become_demos():
    elsewhere = Example(id="1", inputs={"document": "d"}, outputs={"answer": "a"})
    assert demos_at_hand(INFO, {}, [elsewhere]) == []


def test_a_demo_in_one_line_has_an_arrow_and_cuts_what_is_long():
    demo = {"question": "q\n" * 50, "n": 3, "answer": ["a", "b"]}
    assert demo_line(demo, ("answer",)) == f'{"q " * 29}q… · 3 → ["a", "b"]'


def test_a_value_keeps_its_kind_when_it_is_edited_as_text():
    assert field_text(None) == ""
    assert field_value("7", 7, where="Demo 1, n") == 7
    assert field_value('["a"]', ["b"], where="Demo 1, n") == ["a"]
    assert field_value("8", "7", where="Demo 1, n") == "8"
    with pytest.raises(ConfigError, match="Demo 1, n is a list, written as JSON; 'a, b' is not"):
        field_value("a, b", ["b"], where="Demo 1, n")


def test_locked_text_is_typed_alone_or_marked_within_more():
    assert marked_spans(" one word ") == ("one word",)
    assert marked_spans("Answer in <keep>one word</keep>. <keep>Never</keep>") == (
        "one word",
        "Never",
    )
    with pytest.raises(ConfigError, match="not closed"):
        marked_spans("<keep>one word")


def test_only_text_of_the_own_instruction_can_be_locked():
    assert checked_spans(INFO.instruction, [" one word", "one word", ""]) == ("one word",)
    with pytest.raises(ConfigError, match="'two words' is not in the program's own instruction"):
        checked_spans(INFO.instruction, ["two words"])


def test_locks_of_another_program_are_let_go():
    locks = {"p": ("one word", "gone"), "other": ("x",)}
    assert locks_that_hold([INFO], locks) == {"p": ("one word",)}


def test_other_pages_call_for_the_review_only_while_it_is_due(store):
    def page() -> None:
        import streamlit as st

        from dashboard.components.review_gate import render_review_call

        with st.container():
            render_review_call(False, "r1", start=lambda: None, key="review")

    assert not AppTest.from_function(page).run().markdown


def test_what_a_person_wrote_of_the_program_is_shown_where_the_structure_was_read():
    def page() -> None:
        from core.results.run_results import Grounding
        from core.runs.parts import Instruction
        from dashboard.components.grounding_shown import render_grounded_in

        read = ("program_structure", "tip")
        made = Instruction(
            id="i", predictor="p", number=1, text="t", at=0.0, grounding=read, tip="simple"
        )
        said = Grounding(
            observations=(), dataset_summary=None, program_description=None,
            predictor_descriptions={}, purpose="Sorts *reports*.",
        )  # fmt: skip
        render_grounded_in(made, said, None, "")

    shown = AppTest.from_function(page).run()
    assert not shown.exception
    assert shown.code[0].value == "Sorts *reports*."
