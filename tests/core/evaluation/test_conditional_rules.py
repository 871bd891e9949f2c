import pytest

from core.errors import MetricError
from core.evaluation.metrics import metric
from core.evaluation.rules import conditional_score


@pytest.mark.parametrize(
    ("category", "expected", "given", "score"),
    [
        ("person", "Bill Murray", "bill murray", 1.0),
        ("person", "Bill Murray", "Bill Murray", 0.0),
        ("person", "Bill Murray", "bill paxton", 0.0),
        ("place", "Brooklyn, New York", "Brooklyn New York", 1.0),
        ("place", "Brooklyn, New York", "Brooklyn, New York", 0.0),
        ("date", "June 27", "June 27 Peace!", 1.0),
        ("date", "June 27", "June 27. Peace!", 1.0),
        ("date", "June 27", "June 27", 0.0),
        ("date", "June 27", "June 28 Peace!", 0.0),
        ("date", "June 27", "june 27 peace!", 0.0),
        ("film", "Jaws", "JAWS", 1.0),
        ("film", "Jaws", "Jaws", 0.0),
        ("film", "Jaws", "JAWS Peace!", 0.0),
        ("year", "1902", "1902", 1.0),
        ("year", "1902", None, 0.0),
        ("boolean", "no", "NO", 1.0),
    ],
)
def test_an_answer_scores_when_it_is_right_and_in_the_form_of_its_category(
    category, expected, given, score
):
    example = {"answer": expected, "category": category}
    assert metric("conditional").score(example, {"answer": given, "category": None}) == score


def test_the_date_rule_works_as_it_is_written_and_not_as_in_the_published_script():
    """That one drops punctuation first, so its search for "peace!" never finds any."""
    given = {"answer": "25 May 1982 Peace!"}
    assert metric("conditional").score({"answer": "25 May 1982", "category": "date"}, given) == 1.0


def test_an_example_without_a_category_cannot_be_scored():
    with pytest.raises(MetricError, match="no value for 'kind'"):
        conditional_score({"answer": "x", "kind": None}, {"answer": "x"}, category="kind")
