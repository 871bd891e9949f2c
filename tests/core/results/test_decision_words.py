"""Every decision has words, whoever took it."""

from typing import get_args

import pytest

from core.programs.candidate import NO_DEMOS, Candidate, Choice, ChoiceRef
from core.results.decision_words import LONGEST, in_words
from core.results.names import Names
from core.runs import decisions as de
from core.runs.events import PersonEvent
from core.runs.parts import DemoSet, Instruction

INSTRUCTION = ChoiceRef(predictor="answer.predict", part="instruction", id="i1")
DEMOS = ChoiceRef(predictor="answer.predict", part="demo_set", id="d1")
TRIED = Candidate(choices={"answer.predict": Choice(instruction="i0", demo_set=NO_DEMOS)})
NEW = Candidate(choices={"answer.predict": Choice(instruction="i1", demo_set="d1")})
NAMES = Names(
    instructions={
        "answer.predict": tuple(
            Instruction(predictor="answer.predict", number=number, id=f"i{number}", text="t", at=0)
            for number in range(3)
        )
    },
    demo_sets={
        "answer.predict": (
            DemoSet(id=NO_DEMOS, demos=(), source="none"),
            DemoSet(id="d1", demos=({},), source="labelled"),
        )
    },
    labels={TRIED.id: "C0 (baseline)"},
)
SAID = [
    (de.PauseRequested(by="Ada"), "Ada asked for a pause."),
    (de.ResumeRequested(by="Ada"), "Ada asked to go on."),
    (
        de.ResumeRequested(by="Ada", max_calls=1200),
        "Ada asked to go on, with at most 1,200 LM calls.",
    ),
    (de.StopRequested(by="Ada"), "Ada stopped the run, keeping the best."),
    (de.Reopened(by="Ada"), "Ada asked the ended run to go on."),
    (de.ReviewApproved(by="Ada"), "Ada approved the proposals; the search may begin."),
    (
        de.InstructionAdded(by="Ada", predictor="answer.predict", id="i2", text="t", parent="i1"),
        "Ada wrote instruction 2 of answer, from instruction 1.",
    ),
    (
        de.InstructionAdded(by="Ada", predictor="answer.predict", id="i2", text="t"),
        "Ada wrote instruction 2 of answer.",
    ),
    (
        de.DemoSetAdded(by="Ada", predictor="answer.predict", id="d1", demos=({},)),
        "Ada made demo set 1 of answer.",
    ),
    (
        de.EvaluationRequested(by="Ada", candidates=(TRIED,), part="test"),
        "Ada asked to evaluate C0 on all test examples.",
    ),
    (
        de.EvaluationRequested(
            by="Ada", candidates=(TRIED, NEW, TRIED), part="validation", examples=1200, repeats=3,
            max_calls=4000,
        ),
        "Ada asked to evaluate C0 and answer: instruction 1 and demo set 1 on 1,200 validation "
        "examples, 3 times each, with at most 4,000 LM calls.",
    ),
    (
        de.EvaluationCancelled(by="Ada", request=1),
        "Ada took request 2 to evaluate candidates back.",
    ),
    (
        de.AnswerRated(
            by="Ada", candidate=TRIED.id, example="11", part="test", thumbs="down", score=0.25,
            comment="Wrong\nyear",
        ),
        "Ada rated the answer of C0 on row 12, thumbs down and score 0.25: Wrong year.",
    ),
    (
        de.AnswerRated(by="Ada", candidate=TRIED.id, example="0", part="test", comment="Good!"),
        "Ada rated the answer of C0 on row 1: Good!",
    ),
    (
        de.AnswerRated(by="Ada", candidate="unknown", example="0", part="test"),
        "Ada took back what was said of the answer of a candidate on row 1.",
    ),
    (de.ChoiceApproved(by="Ada", choice=INSTRUCTION), "Ada approved instruction 1 of answer."),
    (
        de.ChoiceRejected(by="Ada", choice=INSTRUCTION, reason="too long"),
        "Ada rejected instruction 1 of answer: too long.",
    ),
    (de.ChoiceRejected(by="Ada", choice=DEMOS), "Ada rejected demo set 1 of answer."),
    (
        de.ChoiceRestored(by="Ada", choice=DEMOS),
        "Ada took back what was said about demo set 1 of answer.",
    ),
    (
        de.ChoicePinned(by="Ada", choice=INSTRUCTION),
        "Ada pinned instruction 1 of answer: it must be tried.",
    ),
    (de.ChoiceUnpinned(by="Ada", choice=INSTRUCTION), "Ada unpinned instruction 1 of answer."),
    (de.ChoiceFrozen(by="Ada", choice=DEMOS), "Ada froze answer at demo set 1."),
    (
        de.ChoiceReleased(by="Ada", predictor="answer.predict", part="demo_set"),
        "Ada let the search choose the demo set of answer again.",
    ),
    (de.CandidateQueued(by="Ada", candidate=TRIED), "Ada queued C0."),
    (
        de.CandidateQueued(by="Ada", candidate=NEW, examples=50),
        "Ada queued answer: instruction 1 and demo set 1 on 50 examples.",
    ),
    (de.CandidateUnqueued(by="Ada", candidate=TRIED.id), "Ada took C0 out of the queue."),
    (
        de.CombinationBanned(by="Ada", choices=(INSTRUCTION, DEMOS)),
        "Ada banned instruction 1 of answer together with demo set 1 of answer.",
    ),
    (
        de.CombinationAllowed(by="Ada", choices=(INSTRUCTION, DEMOS)),
        "Ada allowed instruction 1 of answer together with demo set 1 of answer again.",
    ),
    (
        de.SpansLocked(by="Ada", predictor="answer.predict", spans=("Be kind.",)),
        "Ada locked in answer: “Be kind.”",
    ),
    (
        de.SpansLocked(by="Ada", predictor="answer.predict", spans=()),
        "Ada unlocked all texts of answer.",
    ),
    (
        de.ProposalsRequested(by="Ada", predictor="answer.predict", count=3, hint="be short"),
        "Ada asked for 3 more instructions for answer: be short.",
    ),
    (
        de.ProposalsRequested(by="Ada", predictor="answer.predict", learn=True),
        "Ada asked for one more instruction for answer, from what was learnt.",
    ),
    (
        de.BudgetChanged(by="Ada", trials=40, concurrency=16, max_calls=500),
        "Ada set the budget to 40 trials, 16 in flight together, at most 500 LM calls.",
    ),
    (de.BudgetChanged(by="Ada", uncapped=True), "Ada set the budget to any number of LM calls."),
    (
        de.BudgetChanged(by="Ada", trials=9, as_configured=("concurrency", "max_calls")),
        "Ada set the budget to 9 trials and set what is in flight together and the cap on LM calls "
        "back to the run's settings.",
    ),
    (de.NoteAdded(by="Ada", text="odd!"), "Ada noted: odd!"),
]  # fmt: skip


@pytest.mark.parametrize(("decision", "words"), SAID, ids=[each[0].kind for each in SAID])
def test_a_decision_is_said_in_plain_words(decision, words):
    assert in_words(decision, NAMES) == words


def test_every_kind_of_decision_has_words():
    assert {type(decision) for decision, _ in SAID} == set(get_args(PersonEvent))


def test_nobody_in_particular_is_somebody():
    assert in_words(de.PauseRequested(by=""), NAMES) == "Somebody asked for a pause."


def test_long_words_of_people_are_cut():
    said = in_words(de.NoteAdded(by="Ada", text="why " * 200), NAMES)
    assert len(said) <= LONGEST + len("Ada noted: ")
    assert said.endswith("…")


def test_a_choice_that_is_not_known_is_called_by_its_id():
    ref = ChoiceRef(predictor="p", part="instruction", id="i9")
    assert in_words(de.ChoicePinned(by="Ada", choice=ref), NAMES).startswith(
        "Ada pinned instruction i9 of p"
    )
