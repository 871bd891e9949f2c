import re

import numpy as np
import pytest

from core.evaluation.statistics import Mean, PairedDifference, mean, paired_difference


def test_a_share_of_right_answers_has_wilsons_interval():
    result = mean([1, 1, 1, 1, 1, 1, 1, 0, 0, 0])

    assert result.value == pytest.approx(0.7)
    assert result.n == 10
    assert result.stderr == pytest.approx((0.7 * 0.3 / 10) ** 0.5)
    assert (result.low, result.high) == pytest.approx((0.3967781, 0.8922087))


def test_all_right_answers_still_leave_room_for_a_wrong_one():
    result = mean([1.0] * 20)

    assert (result.value, result.stderr, result.high) == (1.0, 0.0, 1.0)
    assert result.low == pytest.approx(0.8388749)


def test_graded_scores_have_students_interval_kept_between_0_and_1():
    result = mean([0.2, 0.4, 0.6])

    assert result.value == pytest.approx(0.4)
    assert result.stderr == pytest.approx(0.1154701)
    assert (result.low, result.high) == pytest.approx((0.0, 0.8968276))


def test_a_single_graded_score_says_nothing_about_the_mean():
    assert mean([0.3]) == Mean(value=0.3, n=1, stderr=0.5, low=0.0, high=1.0)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([], "scores has no scores. Pass the score of at least one example."),
        ([0.5, 1.5], "scores has 1.5, which is not a score in [0, 1]."),
        ([float("nan")], "scores has nan, which is not a score in [0, 1]."),
    ],
    ids=["none", "too large", "not a number"],
)
def test_what_is_not_a_score_is_refused(scores, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        mean(scores)


def test_intervals_of_the_mean_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(0)
    right = [mean((rng.random(40) < 0.7).astype(float)) for _ in range(1000)]
    graded = [mean(rng.beta(3, 2, size=15)) for _ in range(1000)]

    assert 0.93 < np.mean([m.low <= 0.7 <= m.high for m in right]) < 0.97
    assert 0.93 < np.mean([m.low <= 0.6 <= m.high for m in graded]) < 0.97


def test_identical_scores_show_no_difference():
    assert paired_difference([1, 0, 0.5], [1, 0, 0.5]) == PairedDifference(
        value=0.0, n=3, low=0.0, high=0.0, p_value=1.0, method="identical scores, no test"
    )


def test_right_and_wrong_answers_are_compared_by_the_exact_mcnemar_test():
    reference = [0] * 8 + [1] + [1] * 6 + [0] * 5
    other = [1] * 8 + [0] + [1] * 6 + [0] * 5

    result = paired_difference(reference, other)

    assert result.value == pytest.approx(7 / 20)
    assert result.n == 20
    assert result.p_value == pytest.approx(2 * 10 / 2**9)
    assert 0 < result.low < 7 / 20 < result.high < 0.7
    assert result.method == "exact McNemar test; BCa bootstrap interval"


def test_graded_scores_are_compared_by_flipping_signs():
    reference = [0.1, 0.2, 0.3, 0.4, 0.5, 0.9]
    other = [0.2, 0.4, 0.4, 0.7, 0.6, 0.9]

    result = paired_difference(reference, other)

    # Five examples differ, all in one direction: 2 of the 2^5 sign patterns are as extreme.
    assert result.p_value == pytest.approx(2 / 32)
    assert result.method == "paired permutation test; BCa bootstrap interval"


@pytest.mark.parametrize(
    ("low", "high", "p_value", "shown"),
    [
        (0.1, 0.5, 0.01, "better"),
        (-0.5, -0.1, 0.01, "worse"),
        (0.1, 0.5, 0.06, None),
        (-0.1, 0.5, 0.01, None),
        (0.0, 0.5, 0.01, None),
    ],
    ids=["both, up", "both, down", "only the interval", "only the test", "interval from zero"],
)
def test_a_difference_is_shown_when_interval_and_test_agree(low, high, p_value, shown):
    value = (low + high) / 2
    found = PairedDifference(value=value, n=9, low=low, high=high, p_value=p_value, method="")
    assert found.shown == shown


def test_a_few_equal_graded_differences_show_nothing():
    assert paired_difference([0.1, 0.2, 0.3], [0.2, 0.3, 0.4]).shown is None


def test_swapping_the_sides_swaps_the_sign():
    rng = np.random.default_rng(1)
    one, two = rng.random(30), rng.random(30)

    there, back = paired_difference(one, two), paired_difference(two, one)

    assert there.value == pytest.approx(-back.value)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=0.01)


def test_equal_differences_say_why_the_interval_has_no_width():
    result = paired_difference([0.1, 0.2, 0.3], [0.2, 0.3, 0.4])

    assert (result.low, result.value, result.high) == pytest.approx((0.1, 0.1, 0.1))
    assert result.p_value == pytest.approx(2 / 8)
    assert result.method == (
        "paired permutation test; "
        "percentile bootstrap, since BCa is undefined for equal differences"
    )


def test_a_single_differing_example_shows_nothing():
    result = paired_difference([0.0], [1.0])

    assert (result.low, result.high, result.p_value) == (-1.0, 1.0, 1.0)


def test_the_same_seed_gives_the_same_interval():
    rng = np.random.default_rng(2)
    one, two = rng.random(25), rng.random(25)

    assert paired_difference(one, two, seed=3) == paired_difference(one, two, seed=3)
    assert paired_difference(one, two, seed=3) != paired_difference(one, two, seed=4)


def test_scores_of_different_examples_are_refused():
    message = "reference has 2 scores and other has 1. Pass the scores of the same examples"

    with pytest.raises(ValueError, match=message):
        paired_difference([1, 0], [1])
