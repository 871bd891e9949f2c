import random

import dspy
import pytest

from core.lm.matcher.labels import cues_of, listed_labels
from sample_programs.classification import Classification
from sample_programs.data.make_data import iris
from tests.core.lm.offline_prompts import answer_of

NAMES = ["petal_length", "petal_width", "sepal_length", "sepal_width"]
KINDS = ["setosa", "versicolor", "virginica"]
SIGNATURE = Classification(NAMES, "answer", KINDS).classify.predict.signature


@pytest.fixture(scope="module")
def flowers():
    rows = iris()
    random.Random(0).shuffle(rows)
    return rows[:75], rows[75:]


def accuracy(rows, signature=SIGNATURE, demos=None):
    right = [
        answer_of(signature, demos, **{name: row[name] for name in NAMES})["answer"]
        == row["answer"]
        for row in rows
    ]
    return sum(right) / len(right)


def test_without_demos_and_rules_it_is_near_chance(flowers):
    assert 0.2 < accuracy(flowers[1]) < 0.46


def test_eight_demos_of_each_kind_lead_to_more_than_nine_in_ten(flowers):
    train, test = flowers
    demos = [
        row for kind in KINDS for row in [each for each in train if each["answer"] == kind][:3]
    ]
    assert accuracy(test, demos=demos[:8]) > 0.9


def test_prototypes_in_the_instruction_are_read(flowers):
    told = SIGNATURE.with_instructions(
        "Name the kind.\n"
        "- setosa: petal_length about 1.5 (1.2 to 1.8), petal_width about 0.2\n"
        "- versicolor: petal_length about 4.3 (3.5 to 5), petal_width about 1.3\n"
        "- virginica: petal length about 5.5 (4.8 to 6.5), petal width about 2.0"
    )
    assert accuracy(flowers[1], told) > 0.9


def test_prototypes_in_plain_sentences_are_read(flowers):
    told = SIGNATURE.with_instructions(
        "A setosa has a petal_length near 1.5. For versicolor the petal_length is 4.3. "
        "Choose virginica when the petal_length is around 5.6."
    )
    assert accuracy(flowers[1], told) > 0.85


def test_a_label_misspelt_in_the_description_is_spelt_as_the_demos_show_it():
    signature = Classification(["size"], "answer", ["smal", "large"]).classify.predict.signature
    demos = [{"size": "1", "answer": "small"}, {"size": "9", "answer": "large"}]
    assert answer_of(signature, demos, size="2")["answer"] == "small"


def test_cue_words_decide_over_text():
    told = "Route it.\nfruit: apple, pear\nmetal: iron, copper, rusty"
    signature = Classification(["text"], "kind", ["fruit", "metal"]).classify.predict.signature
    answers = answer_of(
        signature.with_instructions(told), text="The rusty copper pipe of my neighbour leaks again."
    )
    assert answers["kind"] == "metal"
    assert "metal" in answers["reasoning"]


def test_the_wording_of_demos_decides_over_text():
    demos = [
        {"text": "The pears in this orchard taste sweet and ripe.", "kind": "fruit"},
        {"text": "The smith hammers iron until the bar is flat.", "kind": "metal"},
    ]
    signature = Classification(["text"], "kind", ["fruit", "metal"]).classify.predict.signature
    answers = answer_of(signature, demos, text="Which orchard has the sweetest pears of all?")
    assert answers["kind"] == "fruit"


def test_labels_shown_only_by_repeated_demos_are_used():
    demos = [
        {"size": str(size), "kind": kind}
        for size, kind in [(1, "tiny"), (2, "tiny"), (9, "huge"), (8, "huge")]
    ]
    assert answer_of("size -> kind", demos, size="7")["kind"] == "huge"


def test_far_from_everything_shown_a_label_that_was_not_shown_is_the_better_guess():
    signature = Classification(["size"], "kind", ["low", "mid", "top"]).classify.predict.signature
    demos = [
        {"size": str(size), "kind": kind}
        for size, kind in [(1, "low"), (2, "low"), (10, "mid"), (11, "mid")]
    ]
    assert answer_of(signature, demos, size="60")["kind"] == "top"


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("one of: red, green or blue", ("red", "green", "blue")),
        ("red, green, or blue", ("red", "green", "blue")),
        ("yes or no", ("yes", "no")),
        ("either `hot` or `cold`", ("hot", "cold")),
        ("Positive/negative/neutral", ("Positive", "negative", "neutral")),
        ("the answer in a few words", ()),
        ("a short name", ()),
    ],
)
def test_labels_are_read_from_a_description(text, labels):
    assert listed_labels(text, whole=True) == labels


def test_cues_are_read_per_label():
    told = "- hot: temperature 30 to 40, sunny\nWear a coat when it is cold."
    cues = cues_of(told, ["hot", "cold"], ["temperature"])
    assert (cues["hot"].numbers["temperature"].centre, cues["hot"].words) == (35.0, ("sunny",))
    assert "coat" in cues["cold"].words


def test_answers_copied_from_their_context_are_not_taken_for_labels():
    demos = [
        {"context": f"{name} won in {year}.", "question": "Who won?", "answer": name}
        for name, year in [("Ann", 1990), ("Ann", 1991), ("Bob", 1992), ("Bob", 1993)]
    ]
    signature = dspy.make_signature(
        "context, question -> answer", "Only the name, short, no sentence, one to two words."
    )
    values = {"context": "Cleo Hart won the race.", "question": "Who won?"}
    assert answer_of(signature, demos, **values)["answer"] == "Cleo Hart"
