import numpy as np
import pytest

from core.search.crossed_effects import evidence
from core.search.local_effects import LocalEffects
from core.search.results import Results

SPREADS = {"noise": 0.3, "example": 0.2}


def observed(weights=None, times=1):
    results = Results(2, weights or {})
    for candidate, example, score in (
        ((0, 0), "a", 1.0),
        ((0, 1), "a", 0.5),
        ((0, 1), "b", 0.0),
        ((1, 1), "a", 0.0),
        ((1, 1), "a", 1.0),
    ):
        for _ in range(times if example == "a" else 1):
            results.add(candidate, example, score)
    return results


def test_without_spread_they_say_what_the_results_say_without_them():
    found = LocalEffects(observed(), **SPREADS, local=(0.0, 0.0)).evidence()
    known = evidence(observed(), **SPREADS)

    np.testing.assert_allclose(found.precision, known.precision, atol=1e-12)
    np.testing.assert_allclose(found.pull, known.pull, atol=1e-12)
    assert found.quadratic == pytest.approx(known.quadratic)
    assert found.log_det == pytest.approx(known.log_det)
    assert found.total == known.total == 5


def test_a_weight_of_two_says_what_two_equal_results_say():
    weighted = LocalEffects(observed({"a": 2.0}), **SPREADS, local=(0.3, 0.1)).evidence()
    twice = LocalEffects(observed(times=2), **SPREADS, local=(0.3, 0.1)).evidence()

    np.testing.assert_allclose(weighted.precision, twice.precision, atol=1e-12)
    np.testing.assert_allclose(weighted.pull, twice.pull, atol=1e-12)
    assert weighted.quadratic == pytest.approx(twice.quadratic)


def test_on_one_example_a_second_candidate_with_the_level_says_little_about_the_level():
    def about_the_level(*examples):
        results = Results(2, {})
        for place, example in enumerate(examples):
            results.add((0, place), example, 1.0)
        data = LocalEffects(results, noise=0.05, example=0.1, local=(0.4, 0.0)).evidence()
        return data.precision.sum()

    assert about_the_level("a", "b") == pytest.approx(2 * about_the_level("a"))
    assert about_the_level("a", "a") < 1.05 * about_the_level("a")
