import numpy as np
import pytest
from scipy.stats import norm

from core.search.joint import Joint
from core.search.knowledge_gradient import joint_gains, pair_gains


def gains(mean, covariance, noise):
    """Over all together when there are few, else over pairs; all look-aheads worth the same."""
    belief, worth = Joint.of(mean, covariance), np.isfinite(noise).astype(float)
    work_out = joint_gains if len(mean) <= 40 else pair_gains
    return np.array(work_out(belief, list(noise), list(worth)))


def simulated_gain(mean, covariance, chosen, noise):
    """How much the best predicted score rises on average when the result is in."""
    rng = np.random.default_rng(0)
    shift = covariance[:, chosen] / np.sqrt(covariance[chosen, chosen] + noise)
    drawn = mean + rng.standard_normal((200_000, 1)) * shift
    return float((drawn.max(axis=1) - drawn[:, mean.argmax()]).mean())


def test_between_two_candidates_the_gain_is_that_of_a_simulation():
    mean = np.array([0.5, 0.47])
    covariance = np.array([[0.002, 0.001], [0.001, 0.004]])
    noise = np.array([[0.01, 0.01], [0.001, 0.001]])

    found = gains(mean, covariance, noise)

    for step in range(2):
        for chosen in range(2):
            expected = simulated_gain(mean, covariance, chosen, noise[step, chosen])
            assert found[step, chosen] == pytest.approx(expected, rel=0.03, abs=1e-5)


@pytest.mark.parametrize(("others", "least"), [(0, 0.93), (60, 0.3)], ids=["few", "many"])
def test_among_few_the_gain_is_that_of_a_simulation_and_among_many_a_bound(others, least):
    """The others are far behind, so that they change nothing but how many there are."""
    rng = np.random.default_rng(1)
    root = rng.normal(0, 0.02, (8, 8))
    mean = np.concatenate([rng.normal(0.5, 0.03, 8), np.full(others, 0.1)])
    covariance = np.eye(8 + others) * 1e-6
    covariance[:8, :8] = root @ root.T
    found = gains(mean, covariance, np.full((1, 8 + others), 0.005))[0]

    expected = [simulated_gain(mean, covariance, chosen, 0.005) for chosen in range(8)]
    assert all(found[:8] <= np.array(expected) * 1.03 + 1e-5)
    best = int(found.argmax())
    assert found[best] >= expected[best] * least - 1e-5


def test_among_many_the_highest_gain_is_that_over_all_pairs():
    rng = np.random.default_rng(2)
    kept = []
    for _ in range(40):
        root = rng.normal(0, 0.02, (120, 12))
        mean, covariance = rng.normal(0.5, 0.03, 120), root @ root.T + np.eye(120) * 1e-4
        noise = np.stack([np.full(120, 0.01), rng.uniform(0.0005, 0.002, 120)])
        worth = np.stack([np.full(120, 0.1), rng.uniform(0.01, 0.02, 120)])
        lead = covariance - covariance[mean.argmax()]
        spread = np.abs(lead) / np.sqrt(np.diag(covariance) + noise)[:, None, :]
        behind = (mean.max() - mean)[:, None]
        z = behind / np.maximum(spread, 1e-9)
        won = (spread * (norm.pdf(z) - z * norm.sf(z))).max(axis=1) * worth
        found = np.array(pair_gains(Joint.of(mean, covariance), list(noise), list(worth))) * worth
        assert (found <= won * 1.002 + 1e-12).all()
        kept.append(found.max() / won.max())
    assert np.mean(np.array(kept) > 0.998) >= 0.9


def test_more_results_gain_more_and_no_results_gain_nothing():
    mean, covariance = np.array([0.5, 0.48, 0.1]), np.eye(3) * 0.002
    few, more, none = gains(mean, covariance, np.array([[0.02] * 3, [0.002] * 3, [np.inf] * 3]))

    assert (more >= few).all()
    assert more[1] > few[1] > 0
    assert none.tolist() == [0, 0, 0]


def test_a_candidate_that_nothing_can_make_the_best_is_worth_nothing():
    found = gains(np.array([0.9, 0.1]), np.eye(2) * 1e-4, np.full((1, 2), 0.01))
    assert found.tolist() == [[0.0, 0.0]]


def test_one_candidate_has_nothing_to_gain():
    assert gains(np.array([0.4]), np.eye(1), np.ones((3, 1))).tolist() == [[0.0]] * 3
