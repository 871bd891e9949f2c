import re

import numpy as np
import pytest
from scipy import stats

from core.evaluation.statistics import (
    Mean,
    PairedDifference,
    mean,
    paired_difference,
    paired_differences,
)


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


@pytest.mark.parametrize("scores", [[1, 0] * 15, [1, 0.5] * 15], ids=["0/1", "graded"])
def test_identical_scores_show_no_difference_and_leave_room_for_what_was_not_seen(scores):
    result = paired_difference(scores, scores)

    assert (result.value, result.n, result.p_value, result.shown) == (0.0, 30, 1.0, None)
    assert -0.13 < result.low < -0.05
    assert result.high == pytest.approx(-result.low)
    assert result.needed is None


def test_right_and_wrong_answers_are_compared_by_the_exact_mcnemar_test():
    reference = [0] * 8 + [1] + [1] * 6 + [0] * 5
    other = [1] * 8 + [0] + [1] * 6 + [0] * 5

    result = paired_difference(reference, other)

    assert result.value == pytest.approx(7 / 20)
    assert result.n == 20
    assert result.p_value == pytest.approx(2 * 10 / 2**9)
    # by hand, after one more win and loss: 7/22 and the root of (11/22 - (7/22)^2) / 22
    assert (result.low, result.high) == pytest.approx((0.05431, 0.58205), abs=1e-5)
    assert result.method == "exact McNemar test; Bonett-Price interval"


def test_graded_scores_are_compared_by_bootstrap_and_by_flipping_signs():
    reference = [0.1, 0.2, 0.3, 0.4, 0.5, 0.9]
    other = [0.2, 0.4, 0.4, 0.7, 0.6, 0.9]

    result = paired_difference(reference, other)

    # Five examples differ, all in one direction: 2 of the 2^5 sign patterns are as extreme.
    assert result.p_value == pytest.approx(2 / 32)
    assert result.method == "paired bootstrap and sign-flip test; studentized bootstrap interval"


def test_graded_scores_of_many_examples_have_students_interval():
    rng = np.random.default_rng(4)
    one, two = rng.random(1500), rng.random(1500)

    result = paired_difference(one, two)
    known = stats.ttest_rel(two, one)

    ends = known.confidence_interval()
    assert (result.low, result.high) == pytest.approx((ends.low, ends.high))
    assert result.p_value == pytest.approx(known.pvalue)
    assert result.method == "paired t test; t interval"


def test_the_bootstrap_comes_near_students_interval_where_that_is_right():
    rng = np.random.default_rng(5)
    one, two = rng.random(200), rng.random(200)

    result, known = paired_difference(one, two), stats.ttest_rel(two, one)

    ends = known.confidence_interval()
    assert result.low == pytest.approx(ends.low, abs=0.006)
    assert result.high == pytest.approx(ends.high, abs=0.006)
    assert result.p_value == pytest.approx(known.pvalue, abs=0.03)


def test_graded_scores_that_rarely_differ_keep_a_finite_interval():
    one, two = [0.5] * 40, [0.5] * 40
    two[0], one[1] = 0.9, 0.7

    result = paired_difference(one, two)

    assert -0.1 < result.low < 0 < result.high < 0.1


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


def test_equal_differences_keep_an_interval_that_narrows_with_their_number():
    few, many = paired_difference([0.1] * 4, [0.6] * 4), paired_difference([0.1] * 80, [0.6] * 80)

    assert few.shown is None
    assert many.shown == "better"
    assert few.low < 0 < 0.4 < many.low < many.value < many.high


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


def test_comparisons_taken_together_are_each_less_certain():
    rng = np.random.default_rng(6)
    drawn = (rng.random((100, 6)) < [0.5, 0.7, 0.5, 0.5, 0.5, 0.5]).astype(float)

    alone = paired_difference(drawn[:, 0], drawn[:, 1])
    together = paired_differences(drawn[:, 0], drawn[:, 1:])[0]
    counted = paired_difference(drawn[:, 0], drawn[:, 1], looked_at=5)

    assert alone.value == together.value == counted.value
    assert counted.low < together.low < alone.low
    assert counted.p_value > together.p_value > alone.p_value
    # of comparisons that are only counted, each holds with the fifth root of 95 % (Šidák)
    assert counted.p_value == pytest.approx(1 - (1 - alone.p_value) ** 5)
    assert counted.method.endswith("; corrected for 5 comparisons (max-|t|, Westfall and Young)")


def test_copies_of_one_candidate_need_no_correction():
    rng = np.random.default_rng(7)
    for one, two in ((rng.random(50), rng.random(50)), (np.arange(50) % 2, np.arange(50) % 3 > 0)):
        alone = paired_difference(one, two)
        copies = np.column_stack([two] * 4).astype(float)
        together = paired_differences(np.array(one, dtype=float), copies)
        assert {each.value for each in together} == {alone.value}
        assert together[0].low == pytest.approx(alone.low, abs=0.01)


def test_each_pair_is_compared_on_the_examples_that_it_shares():
    reference = np.array([0.0, 0.0, 0.0, 0.0, np.nan])
    others = np.array([[1.0, np.nan], [1.0, 0.0], [np.nan, 0.0], [np.nan, 0.0], [1.0, 1.0]])

    first, second = paired_differences(reference, others)

    assert (first.value, first.n) == (1.0, 2)
    assert (second.value, second.n) == (0.0, 3)


def test_a_pair_without_a_common_example_is_refused():
    with pytest.raises(ValueError, match="share an example"):
        paired_differences(np.array([1.0, np.nan]), np.array([[np.nan], [1.0]]))


def test_intervals_and_claims_keep_their_word_for_many_candidates():
    rng = np.random.default_rng(8)
    held = claimed = 0
    for _ in range(300):
        hard = rng.normal(0, 1, (40, 1))
        drawn = (rng.random((40, 10)) < 1 / (1 + np.exp(-hard))).astype(float)
        found = paired_differences(drawn[:, 0], drawn[:, 1:])
        held += all(each.low <= 0 <= each.high for each in found)
        claimed += any(each.shown for each in found)

    assert 0.92 < held / 300 < 0.99
    assert claimed / 300 <= 0.05


def test_the_needed_number_of_examples_is_that_of_the_usual_formula():
    one, two = [1.0] * 30 + [0.0] * 30, [1.0] * 25 + [0.0] * 5 + [1.0] * 10 + [0.0] * 20
    result = paired_difference(one, two)

    spread = np.std(np.subtract(two, one), ddof=1)
    wanted = ((1.959964 + 0.841621) * spread / (5 / 60)) ** 2
    assert result.needed == int(np.ceil(wanted))
    assert paired_difference([0] * 30, [1] * 30).needed is None
