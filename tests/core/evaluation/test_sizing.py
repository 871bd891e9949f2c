import numpy as np
import pytest

from core.evaluation.sizing import Reach, examples_needed, reach
from core.evaluation.statistics import paired_difference


@pytest.mark.parametrize(("n", "difference"), [(50, 0.1647), (200, 0.0869), (1_000, 0.0395)])
def test_more_examples_show_smaller_differences(n, difference):
    assert reach(n).difference == pytest.approx(difference, abs=1e-4)


def test_a_handful_of_examples_shows_nothing_when_few_of_them_differ():
    assert reach(20, disagreement=0.1).difference is None
    assert reach(5, disagreement=1.0).difference is not None


def test_needed_and_reach_are_each_others_inverse():
    for n in (40, 150, 900):
        assert abs(examples_needed(reach(n).difference) - n) <= 1


def test_a_single_score_has_its_margin():
    assert reach(100) == Reach(n=100, difference=reach(100).difference, margin=reach(100).margin)
    assert reach(100).margin == pytest.approx(0.088, abs=0.003)


@pytest.mark.parametrize("n", [100, 300])
def test_a_difference_of_that_size_is_shown_about_four_times_in_five(n):
    rng, difference = np.random.default_rng(0), reach(n).difference
    better, worse = (0.2 + difference) / 2, (0.2 - difference) / 2
    shown = 0
    for _ in range(200):
        draws = rng.choice([1, -1, 0], size=n, p=[better, worse, 0.8])
        found = paired_difference((draws < 0).astype(float), (draws > 0).astype(float))
        shown += found.p_value <= 0.05
    assert 0.65 <= shown / 200 <= 0.9


@pytest.mark.parametrize("arguments", [{"n": 0}, {"n": 5, "disagreement": 0.0}])
def test_what_makes_no_sense_is_refused(arguments):
    with pytest.raises(ValueError, match="examples that disagree"):
        reach(**arguments)
    with pytest.raises(ValueError, match="a difference of"):
        examples_needed(0.3, disagreement=0.2)
