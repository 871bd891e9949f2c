import json
import time

import pytest
from pydantic import BaseModel

from core.errors import MetricError
from core.evaluation.field_scores import (
    json_fields,
    number,
    pattern_match,
    recall,
    rouge_l,
    same_label,
)


class Order(BaseModel):
    item: str
    pieces: int
    price: float = 1.0


@pytest.mark.parametrize(
    ("expected", "given", "score"),
    [
        # the example of the rouge-score package: 5 common words of 9 and 8
        (
            "The quick brown fox jumps over the lazy dog",
            "The quick brown dog jumps on the log.",
            10 / 17,
        ),
        ("one two three", "one two three", 1.0),
        ("one two three", "three two one", 1 / 3),
        ("one two three", "", 0.0),
        ("one two three", None, 0.0),
        ("", "", 1.0),
        ("a b a b", "b a b a", 3 / 4),
        ("кошка спит", "кошка не спит", 4 / 5),
    ],
)
def test_rouge_l_is_the_f_measure_of_the_longest_common_subsequence(expected, given, score):
    assert rouge_l(expected, given) == pytest.approx(score)


def test_rouge_l_agrees_with_the_textbook_table():
    def longest(one, other):
        row = [0] * (len(other) + 1)
        for word in one:
            diagonal = 0
            for place, mate in enumerate(other, start=1):
                best = diagonal + 1 if word == mate else max(row[place], row[place - 1])
                diagonal, row[place] = row[place], best
        return row[-1]

    for seed in range(40):
        one = [str((seed * 7 + place * place) % 5) for place in range(seed + 1)]
        other = [str((seed * 3 + place * 11) % 4) for place in range(2 * seed + 1)]
        score = 2 * longest(one, other) / (len(one) + len(other))
        assert rouge_l(" ".join(one), " ".join(other)) == pytest.approx(score)


def test_rouge_l_of_long_texts_takes_no_time():
    text = " ".join(str(each % 997) for each in range(20_000))
    started = time.perf_counter()
    assert rouge_l(text, text[::-1]) < 1.0
    assert time.perf_counter() - started < 5.0


@pytest.mark.parametrize(
    ("tolerances", "score"),
    [({}, 0.0), ({"relative": 0.01}, 1.0), ({"absolute": 0.5}, 1.0), ({"absolute": 0.4}, 0.0)],
)
def test_a_number_may_be_off_by_either_tolerance(tolerances, score):
    assert number("100", "about 100.5", **tolerances) == score


@pytest.mark.parametrize(
    ("expected", "given", "pattern", "score"),
    [
        (r"\d{4}", "born in 1822", None, 1.0),
        (r"^\d{4}$", "born in 1822", None, 0.0),
        ("42", "2 + 40 #### 42", r"#### (\d+)", 1.0),
        ("42", "#### 41", r"#### (\d+)", 0.0),
        ("42", "#### 41 no, #### 42", r"#### (\d+)", 1.0),
        ("The Cat", "<cat>", "<(.*)>", 1.0),
        ("anything", "is polite, please", "(?i)PLEASE", 1.0),
        ("anything", None, "please", 0.0),
    ],
)
def test_a_pattern_occurs_or_finds_the_expected_answer(expected, given, pattern, score):
    assert pattern_match(expected, given, pattern=pattern) == score


def test_an_expected_value_that_is_no_pattern_is_named():
    with pytest.raises(MetricError, match=r"'\(' is no regular expression"):
        pattern_match("(", "x")


def test_a_pattern_that_would_backtrack_for_ever_is_given_up():
    with pytest.raises(MetricError, match="took longer than 1 s"):
        pattern_match("", "a" * 60 + "b", pattern=r"(?:a|aa)+$|(x+x+)+y" + r"|^(a|a|aa)*c")


@pytest.mark.parametrize(
    ("expected", "given", "settings", "score"),
    [
        ("account_access", "Account access.", {}, 1.0),
        ("spam", "It is spam", {}, 0.0),
        ("spam", "It is spam", {"labels": ("spam", "ham")}, 1.0),
        ("spam", "spam or ham", {"labels": ("spam", "ham")}, 0.0),
        ("spam", "This is not spam.", {"labels": ("spam", "not spam")}, 0.0),
        ("not spam", "This is not spam.", {"labels": ("spam", "not spam")}, 1.0),
        ("spam", "junk", {"aliases": {"junk": "spam"}}, 1.0),
        ("spam", "clearly junk", {"labels": ("spam", "ham"), "aliases": {"junk": "spam"}}, 1.0),
        ("spam", None, {"labels": ("spam", "ham")}, 0.0),
        ("spam", "", {}, 0.0),
    ],
)
def test_a_label_counts_when_it_is_the_only_one_that_is_named(expected, given, settings, score):
    assert same_label(expected, given, **settings) == score


@pytest.mark.parametrize(
    ("given", "score"),
    [
        (Order(item="Pans.", pieces=3, price=2.5), 1.0),
        ({"item": "pans", "pieces": "3", "price": 2.5000001, "more": 1}, 1.0),
        ('```json\n{"item": "pans", "pieces": 3, "price": 2.5}\n```', 1.0),
        ({"item": "pots", "pieces": 3}, 1 / 3),
        ("three pans", 0.0),
        ([1, 2], 0.0),
        (None, 0.0),
    ],
)
def test_the_share_of_right_fields_is_the_score_of_an_object(given, score):
    expected = {"item": "pans", "pieces": 3, "price": 2.5}
    assert json_fields(expected, given) == pytest.approx(score)
    assert json_fields(json.dumps(expected), given) == pytest.approx(score)


def test_nested_values_count_by_their_place():
    expected = {"who": {"name": "Ada"}, "tags": ["a", "b"], "paid": True, "note": None}
    given = {"who": {"name": "ada"}, "tags": ["a", "c"], "paid": "true", "note": None}
    assert json_fields(expected, given) == pytest.approx(4 / 5)
    assert json_fields(expected, given, fields=("who", "paid")) == 1.0
    assert json_fields(expected, {}, fields=("no such field",)) == 1.0


@pytest.mark.parametrize(
    ("expected", "given", "settings", "score"),
    [
        ("The Tower; Iron Bridge", ["Tower | It stands.", "River | It flows."], {}, 0.5),
        (["Tower", "Iron Bridge"], ["iron bridge", "tower"], {}, 1.0),
        ('["Tower", "Bridge"]', ["x", "Tower"], {"first": 1}, 0.0),
        ("Tower; Bridge", ["Tower"], {"all_or_nothing": True}, 0.0),
        ("Tower; Bridge", ["Tower", "Bridge"], {"all_or_nothing": True}, 1.0),
        ("Tower", None, {}, 0.0),
        ("Tower", "[broken", {}, 0.0),
        ([], ["Tower"], {}, 1.0),
    ],
)
def test_recall_is_the_share_of_expected_titles_that_were_found(expected, given, settings, score):
    assert recall(expected, given, **settings) == score
