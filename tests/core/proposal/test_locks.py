import random
import time

import pytest

from core.errors import ConfigError
from core.proposal.locks import (
    SYNTAX,
    missing_spans,
    refusal,
    repaired,
    split_marks,
    told,
    unmarked,
)

SPAN = "Answer in French only."
WORDS = "answer in one word never guess the name of a place or person please be short"

# Marks


def test_marked_texts_come_out_in_order_and_the_marks_go():
    text = "Read. <keep>Answer in French only.</keep> Think. <keep> Be\nbrief. </keep>"
    plain, spans = split_marks(text, where="answer")
    assert plain == "Read. Answer in French only. Think.  Be\nbrief. "
    assert spans == ("Answer in French only.", "Be\nbrief.")
    assert not missing_spans(plain, spans)


def test_a_text_marked_twice_is_one_span():
    assert split_marks("<keep>a</keep> <keep>a</keep>", where="x") == ("a a", ("a",))


@pytest.mark.parametrize(
    "text",
    [
        "<keep>open",
        "closed</keep>",
        "<keep></keep>",
        "<keep> </keep>",
        "<keep>a<keep>b</keep></keep>",
    ],
    ids=["not closed", "not opened", "empty", "blank", "nested"],
)
def test_marks_that_do_not_pair_are_an_error_that_names_the_place_and_the_syntax(text):
    with pytest.raises(ConfigError, match="answer: a <keep> mark") as caught:
        split_marks(text, where="answer")
    assert SYNTAX in str(caught.value)


def test_marks_that_a_model_copied_are_taken_out():
    assert unmarked(f"Read. {told([SPAN])} <keep>") == f"Read. {SPAN} "


def test_spans_are_told_one_a_line_and_no_spans_as_nothing():
    assert told([SPAN, " Be brief. "]) == f"<keep>{SPAN}</keep>\n<keep>Be brief.</keep>"
    assert told([]) == ""


# Checking


def test_a_span_must_be_there_letter_by_letter():
    assert missing_spans(f"Read. {SPAN}", (SPAN,)) == ()
    assert missing_spans("Read. answer in French only.", (SPAN,)) == (SPAN,)
    assert missing_spans("Read. Answer in  French only.", (SPAN,)) == (SPAN,)


def test_white_space_around_a_span_is_no_part_of_it():
    assert missing_spans(SPAN, (f" {SPAN}\n",)) == ()


def test_a_refusal_quotes_what_is_missing():
    assert refusal([SPAN]) == "Locked text is missing from the proposal: “Answer in French only.”."
    assert refusal(["a", "b"]) == "Locked text is missing from the proposal: “a”, “b”."


# Repairing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Read. {SPAN}", f"Read. {SPAN}"),
        ("Read. answer in french only. Go.", f"Read. {SPAN} Go."),
        ("Read. Answer in French only! Go.", f"Read. {SPAN} Go."),
        ("Read. Answer in French only, please.", f"Read. {SPAN} please."),
        ("Read. Answer\nin  French only. Go.", f"Read. {SPAN} Go."),
        ("Please reply in French only. Go.", f"Please {SPAN} Go."),
        ("Read the questions. In French only. Go.", f"Read the questions. {SPAN} Go."),
        ("Answer always in French only. Go.", f"{SPAN} Go."),
        ("Answer in French always. Go.", f"{SPAN} Go."),
    ],
    ids=[
        "unchanged",
        "other case",
        "other end of sentence",
        "comma",
        "line break",
        "first word changed",
        "first word dropped after a sentence",
        "word added",
        "last word changed",
    ],
)
def test_a_span_that_was_changed_a_little_is_put_back(text, expected):
    assert repaired(text, (SPAN,)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "Read the question.", "In English please.", "Réponds en français.", "Be brief. " * 50],
    ids=["empty", "dropped", "another", "translated", "long"],
)
def test_a_span_that_is_nowhere_to_be_found_is_not_made_up(text):
    assert repaired(text, (SPAN,)) is None


def test_a_span_without_words_is_there_or_not():
    assert repaired("a --- b", ("---",)) == "a --- b"
    assert repaired("a -- b", ("---",)) is None


def test_a_repair_never_takes_the_place_of_another_span():
    other = "Answer in English at all times."
    wanted = "Answer in German at all times."
    assert repaired(f"{other} Be kind.", (other, wanted)) is None
    both = repaired(f"{other} Answer in german at all times, too.", (other, wanted))
    assert both == f"{other} {wanted} too."


def test_signs_at_the_edges_of_a_span_are_not_doubled():
    assert repaired("Do this:\n- answer with one word!\nGo.", ("- Answer with one word.",)) == (
        "Do this:\n- Answer with one word.\nGo."
    )
    assert repaired('Say "i do not know" then.', ('"I do not know"',)) == (
        'Say "I do not know" then.'
    )


def test_apostrophes_of_either_kind_are_alike():
    span = "Don't name the customer's bank."
    assert repaired("Don’t name the customer’s bank.", (span,)) == span


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_repaired_has_every_span_word_for_word(seed):
    draw = random.Random(seed)
    words = WORDS.split()
    for _ in range(200):
        spans = tuple(
            " ".join(draw.choices(words, k=draw.randint(1, 8))).capitalize() + "."
            for _ in range(draw.randint(1, 3))
        )
        text = ". ".join(" ".join(draw.choices(words, k=9)) for _ in range(3))
        for span in spans:
            if draw.random() < 0.7:
                text += " " + " ".join(each for each in span.lower().split() if draw.random() < 0.9)
        result = repaired(text, spans)
        assert result is None or missing_spans(result, spans) == ()


def test_long_texts_are_searched_in_little_time():
    draw = random.Random(0)
    span = " ".join(f"word{draw.randrange(400)}" for _ in range(60))
    text = " ".join(f"word{draw.randrange(400)}" for _ in range(1500))
    started = time.process_time()
    assert repaired(text, (span,)) is None
    assert time.process_time() - started < 2
