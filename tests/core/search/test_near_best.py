import numpy as np
import pytest
from scipy.special import ndtr

from core.search.joint import Joint
from core.search.near_best import FIRST, at_most, within

RNG = np.random.default_rng


def joint(mean, covariance):
    return Joint.of(np.array(mean), np.array(covariance))


def test_against_one_other_it_is_the_normal_probability():
    belief = joint([0.60, 0.58], [[0.002, 0.001], [0.001, 0.002]])
    expected = ndtr((0.02 + 0.01) / 0.002**0.5)

    assert within(belief, 0, 0.01, RNG(0)) == pytest.approx(expected, abs=0.04)
    assert at_most(belief, 0, 0.01) == pytest.approx(expected)


def test_more_rivals_make_it_less_probable_and_the_bound_stays_above():
    few, many = joint([0.5] * 3, np.eye(3) * 0.001), joint([0.5] * 12, np.eye(12) * 0.001)

    assert within(many, 0, 0.01, RNG(0)) < within(few, 0, 0.01, RNG(0))
    assert within(many, 0, 0.01, RNG(0)) <= at_most(many, 0, 0.01)


def test_what_is_far_behind_or_the_same_is_no_rival():
    assert within(joint([0.9, 0.1], np.eye(2) * 1e-4), 0, 0.01, RNG(0)) == 1.0
    assert within(joint([0.5, 0.5], np.full((2, 2), 0.01)), 0, 0.01, RNG(0)) == 1.0
    assert within(joint([0.5], [[0.1]]), 0, 0.01, RNG(0)) == 1.0


def test_what_is_not_enough_by_far_is_told_from_fewer_draws():
    many = joint([0.5] * 12, np.eye(12) * 0.001)
    rng, reference = RNG(0), RNG(0)

    assert within(many, 0, 0.01, rng, 0.95) < 0.95
    reference.standard_normal((FIRST, 11))
    assert rng.random() == reference.random()
