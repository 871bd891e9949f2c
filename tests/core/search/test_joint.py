import numpy as np

from core.search.joint import Joint

RNG = np.random.default_rng(0)
ROOT = RNG.normal(size=(5, 5))
COVARIANCE = ROOT @ ROOT.T
BELIEF = Joint.of(RNG.normal(size=5), COVARIANCE)


def test_parts_of_the_belief_are_those_of_the_whole():
    np.testing.assert_array_equal(BELIEF.covariance, COVARIANCE)
    np.testing.assert_array_equal(BELIEF.beside(2), COVARIANCE[2])
    chosen = BELIEF.among(np.array([3, 1]))
    np.testing.assert_array_equal(chosen.mean, BELIEF.mean[[3, 1]])
    np.testing.assert_array_equal(chosen.covariance, COVARIANCE[[3, 1]][:, [3, 1]])


def test_the_variance_of_a_lead_is_that_of_a_difference():
    lead = np.eye(5)[4] - np.eye(5)[2]
    np.testing.assert_allclose(BELIEF.apart(2)[4], lead @ COVARIANCE @ lead)
    assert BELIEF.apart(2)[2] == 0.0


def test_an_expected_result_narrows_what_it_is_about_and_moves_no_mean():
    narrowed = BELIEF.given(1, 0.5)
    observed = np.linalg.inv(np.linalg.inv(COVARIANCE) + np.diag(np.eye(5)[1] / 0.5))

    np.testing.assert_allclose(narrowed.covariance, observed)
    np.testing.assert_allclose(narrowed.variance, np.diag(observed))
    np.testing.assert_array_equal(narrowed.mean, BELIEF.mean)
