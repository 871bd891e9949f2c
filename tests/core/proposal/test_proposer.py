import gzip
import json
from pathlib import Path

import pytest
from dspy.lm15 import AuthError

from core.proposal.proposer import (
    OPTIONAL,
    PromptCallError,
    cleaned,
    describe_predictor,
    describe_program,
    observe,
    propose_instruction,
    summarise,
)
from tests.scripted_lm import scripted_lm

REPLAY = Path(__file__).parents[4] / "shared" / "data" / "proposer_replay" / "proposals_70.jsonl.gz"

EVERYTHING = {
    "dataset_summary": "Short questions.",
    "program_structure": "One predictor.",
    "program_description": "It answers.",
    "predictor": "answer: question -> answer",
    "predictor_description": "It answers.",
    "task_demos": "Example 1\n  question: Who?\n  ->\n  answer: Ada",
    "previous_instructions": "Answer it. | Score: 0.500",
    "mistakes": "Mistake 1\n  question: Who?\n  score: 0.000",
    "basic_instruction": "Answer.",
    "locked_text": "<keep>Be kind.</keep>",
    "tip": "Keep it short.",
    "hint": "Ask for names.",
}


# Cleaning


@pytest.mark.parametrize(
    "text",
    [
        "You are an expert: solve it",
        "Note: do X",
        "Classify as: a, b",
        "Think step by step: first read, then answer.",
        "Important: the new instruction: matters",
        'Answer with "yes" or "no"',
        '"Yes" or "no", nothing else, is what you say: "yes"',
        "Instructions are given: follow them",
        "Prompt answers win.",
        "Use ```code``` where needed",
        "```\nfirst\n```\nthen\n```\nsecond\n```",
        "'Tis a question; answer it.",
        "It's the writer's question that is the users'",
        "Given the fields `question`, produce the fields `answer`.",
        "Zwei Absätze.\n\nDer zweite: hier.",
    ],
)
def test_what_belongs_to_the_instruction_stays(text):
    assert cleaned(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Proposed Instruction: Do it.",
        "PROPOSED INSTRUCTION:\nDo it.",
        "instruction: Do it.",
        "New instructions: Do it.",
        "Improved prompt: Do it.",
        "**Proposed Instruction:** Do it.",
        "**Instruction**: Do it.",
        "## Instruction: Do it.",
        '"Do it."',
        "“Do it.”",
        "«Do it.»",
        "'Do it.'",
        'Proposed Instruction: "Do it."',
        '"Proposed Instruction: Do it."',
        "```\nDo it.\n```",
        "```text\nDo it.\n```",
        "```\nInstruction: Do it.\n```",
        "Proposed instruction:\n```\nDo it.\n```",
        "  Do it.\n\n",
    ],
)
def test_what_models_wrap_around_an_instruction_goes(text):
    assert cleaned(text) == "Do it."


@pytest.mark.parametrize("text", ["", "  ", "Instruction:", '""', "```\n```"])
def test_nothing_but_wrapping_is_nothing(text):
    assert cleaned(text) == ""


def test_cleaning_twice_changes_no_more():
    for text in ('"Prompt: a "b" c"', "Instruction: Prompt: x", '""Do it.""'):
        once = cleaned(text)
        assert cleaned(once) == once


@pytest.fixture
def replies():
    if not REPLAY.exists():
        pytest.skip(f"no recorded proposer replies at {REPLAY.parent.name}/{REPLAY.name}")
    with gzip.open(REPLAY, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_seventy_real_replies_lose_their_quotes_and_not_a_word(replies):
    assert len(replies) == 70
    for reply in replies:
        raw = reply["completion"].strip()
        quoted = raw[0] == raw[-1] == '"' and '"' not in raw[1:-1]
        assert cleaned(raw) == (raw[1:-1] if quoted else raw)


def test_real_replies_come_out_as_the_runs_that_got_them_used_them(replies):
    # some of those runs kept further fields behind the instruction, and one lost an inner quote
    used = [(cleaned(reply["completion"]).strip('"'), reply["instruction"]) for reply in replies]
    assert all(kept.startswith(text) for text, kept in used)


# Calls


def test_the_first_batch_is_observed_without_earlier_observations():
    with scripted_lm([{"observations": "Short."}]) as (lm, engine):
        reply = observe("Example 1", None, lm)
    assert reply.text == "Short."
    assert engine.prompts[0].inputs == {"examples": "Example 1"}


def test_a_later_batch_is_observed_with_earlier_observations_at_hand():
    with scripted_lm([{"observations": "COMPLETE"}]) as (lm, engine):
        reply = observe("Example 11", "Short.", lm)
    assert reply.text == "COMPLETE"
    assert engine.prompts[0].inputs == {"examples": "Example 11", "prior_observations": "Short."}


def test_a_reply_carries_its_cost_and_the_whole_exchange():
    with scripted_lm([{"summary": "Short questions."}]) as (lm, _):
        reply = summarise("They are short.", lm)
    assert reply.usage.calls == 1
    assert reply.usage.output_tokens > 0
    exchange = json.loads(reply.trace())
    assert "They are short." in exchange["messages"][-1]["content"]
    assert "Short questions." in exchange["completion"]


def test_program_and_predictor_are_described_from_their_structure():
    answers = [{"program_description": "It answers."}, {"predictor_description": "All of it."}]
    with scripted_lm(answers) as (lm, engine):
        describe_program("structure", "example", lm)
        reply = describe_predictor("structure", "It answers.", "answer: q -> a", lm)
    assert reply.text == "All of it."
    assert engine.prompts[1].inputs == {
        "program_structure": "structure",
        "program_description": "It answers.",
        "predictor": "answer: q -> a",
    }


def test_a_proposal_sees_all_its_grounding_and_comes_back_cleaned():
    answer = {"proposed_instruction": 'Proposed Instruction: "Be quick."'}
    with scripted_lm([answer]) as (lm, engine):
        reply = propose_instruction(EVERYTHING, lm)
    assert reply.text == "Be quick."
    assert engine.prompts[0].inputs == EVERYTHING


@pytest.mark.parametrize("missing", OPTIONAL)
def test_what_is_missing_is_taken_out_of_the_prompt_and_not_left_blank(missing):
    with scripted_lm([{"proposed_instruction": "Be quick."}]) as (lm, engine):
        propose_instruction({**EVERYTHING, missing: ""}, lm)
    assert f"`{missing}`" not in engine.prompts[0].system
    assert engine.prompts[0].inputs == {
        name: text for name, text in EVERYTHING.items() if name != missing
    }


def test_the_basic_instruction_alone_is_enough():
    with scripted_lm([{"proposed_instruction": "Be quick."}]) as (lm, engine):
        assert propose_instruction({"basic_instruction": "Answer."}, lm).text == "Be quick."
    assert engine.prompts[0].inputs == {"basic_instruction": "Answer."}


def test_the_same_prompt_with_another_repetition_is_another_proposal():
    answers = [{"proposed_instruction": "One."}, {"proposed_instruction": "Two."}]
    with scripted_lm(answers, temperature=0.7) as (lm, _):
        texts = [propose_instruction(EVERYTHING, lm, repetition=n).text for n in (1, 2, 1)]
    assert texts == ["One.", "Two.", "One."]


def test_a_reply_from_the_cache_costs_no_call():
    with scripted_lm([{"summary": "Short."}]) as (lm, _):
        summarise("x", lm)
        assert summarise("x", lm).usage.cached == 1


def test_an_empty_reply_is_an_error_that_was_paid_for():
    empty = pytest.raises(PromptCallError, match="left 'proposed_instruction' empty")
    with scripted_lm([{"proposed_instruction": '""'}]) as (lm, _), empty as caught:
        propose_instruction(EVERYTHING, lm)
    assert (caught.value.kind, caught.value.usage.calls) == ("ValueError", 1)


def test_a_reply_in_the_wrong_format_is_an_error_after_one_call():
    with scripted_lm(["no markers"]) as (lm, engine), pytest.raises(PromptCallError) as caught:
        propose_instruction(EVERYTHING, lm)
    assert caught.value.kind == "AdapterParseError"
    assert caught.value.usage.calls == len(engine.prompts) == 1


def test_a_refusal_is_an_error_in_the_providers_words():
    refused = pytest.raises(PromptCallError, match="Incorrect API key")
    with scripted_lm([AuthError("Incorrect API key provided")]) as (lm, _), refused as caught:
        summarise("x", lm)
    assert (caught.value.kind, caught.value.usage.calls) == ("LMAuthError", 1)


def test_half_a_character_in_a_reply_becomes_a_question_mark():
    with scripted_lm([{"summary": "bro\ud83dken"}]) as (lm, _):
        reply = summarise("x", lm)
    assert reply.text == "bro?ken"
    assert "bro?ken" in reply.trace()
