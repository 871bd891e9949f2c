import math

import numpy as np
import pytest

from core.errors import ConfigError, MetricError
from core.evaluation.field_scores import normalised
from core.evaluation.metrics import METRIC_KINDS, METRICS, Metric, metric


def one(name, expected, given):
    return metric(name).score({"answer": expected}, {"answer": given})


def giving(value):
    return Metric(name="made_up", title="", description="", field_score=lambda *_: value)


@pytest.mark.parametrize(
    ("name", "expected", "given", "score"),
    [
        ("exact_match", "Paris", " the paris. ", 1.0),
        ("exact_match", "Paris", "Paris, France", 0.0),
        ("exact_match", "yes", None, 0.0),
        ("exact_match", 7, "7", 1.0),
        ("exact_match", True, "True", 1.0),
        ("identical", "Paris", "Paris\n", 1.0),
        ("identical", "Paris", "paris", 0.0),
        ("identical", "Paris", None, 0.0),
        ("contains", "Paris", "It is Paris, France", 1.0),
        ("contains", "art", "a party", 0.0),
        ("contains", "Paris", None, 0.0),
        ("f1", "the old red house", "red house", 0.8),
        ("f1", "red house", "blue car", 0.0),
        ("f1", "red red", "red", 2 / 3),
        ("f1", "red", "", 0.0),
    ],
)
def test_scores_are_what_the_description_says(name, expected, given, score):
    assert one(name, expected, given) == pytest.approx(score)


@pytest.mark.parametrize(
    ("expected", "given", "score"),
    [
        ("12", "3 + 9 = 12.", 1.0),
        ("1000", "1,000 dollars", 1.0),
        (1000.5, "$1,000.50", 1.0),
        (0.5, "the half, .5", 1.0),
        (1e-07, "1e-07", 1.0),
        (1e16, "10000000000000000", 1.0),
        ("-5", "x = -5", 1.0),
        ("5", "the range 3-5", 1.0),
        ("3", "1,2,3", 1.0),
        ("12", "no number", 0.0),
        ("none", "none", 0.0),
        ("12", None, 0.0),
    ],
)
def test_the_last_number_decides(expected, given, score):
    assert one("number", expected, given) == score


def test_several_fields_count_equally():
    scored = metric("exact_match").score({"a": "x", "b": "y"}, {"a": "x", "b": "z", "c": "y"})
    assert scored == 0.5


def test_normalising_drops_case_articles_punctuation_and_space():
    assert normalised(" An  Apple, the RED one! ") == "apple red one"


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1, 1.1, None, "1", [1.0]])
def test_a_metric_that_gives_no_score_is_an_error_that_says_where(value):
    with pytest.raises(MetricError) as caught:
        giving(value).score({"answer": "x"}, {"answer": "x"})
    assert str(caught.value) == (
        f"metric 'made_up' gave {value!r} for the field 'answer'; a score is a number from 0 to 1."
    )


@pytest.mark.parametrize("value", [0, 1, True, 0.25, np.float64(0.25)])
def test_any_number_from_0_to_1_is_a_score(value):
    scored = giving(value).score({"answer": "x"}, {})
    assert scored == float(value)
    assert isinstance(scored, float)


def test_an_unknown_metric_is_answered_with_those_there_are():
    with pytest.raises(ConfigError) as caught:
        metric("accuracy")
    assert str(caught.value) == (
        "no metric is called 'accuracy'. "
        "Known metrics: exact_match, identical, contains, f1, rouge_l, number, label, regex, "
        "json_fields, recall, conditional, judge, weighted, own."
    )


def test_metrics_are_listed_under_their_own_names():
    assert {name: found.name for name, found in METRICS.items()} == {name: name for name in METRICS}
    assert list(METRIC_KINDS)[:5] == list(METRICS)[:5]


def test_metrics_that_need_settings_are_not_among_those_that_can_be_used_as_they_are():
    assert METRIC_KINDS.keys() - METRICS.keys() == {"judge", "weighted", "own"}
