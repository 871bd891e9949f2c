import math

import pytest

from core.search.hyperparameters import (
    STEP,
    CandidateSpreads,
    Hyperparameters,
    climb,
    log_prior,
    prior_medians,
)


def test_a_fit_starts_from_the_prior_medians():
    assert prior_medians(2) == Hyperparameters(
        noise=0.36,
        example=0.33,
        candidates=CandidateSpreads(main=(0.03, 0.03), pair=0.012, rest=0.012),
    )


def test_without_evidence_nothing_moves():
    assert climb(prior_medians(3), lambda spreads: 0.0) == prior_medians(3)


def test_a_sweep_moves_each_value_by_one_step_towards_the_evidence():
    def wants_less_noise_and_a_strong_second_variable(spreads):
        return -30 * spreads.noise + 1000 * spreads.candidates.main[1]

    moved = climb(prior_medians(2), wants_less_noise_and_a_strong_second_variable)

    assert moved.noise == pytest.approx(0.36 * math.exp(-STEP))
    assert moved.candidates.main == pytest.approx((0.03, 0.03 * math.exp(STEP)))
    assert moved.example == 0.33


def alike(spreads):
    """Evidence of answers that are alike: 20 for local effects, and no matter of what size."""
    return 20.0 if spreads.local else 0.0


def test_local_effects_come_in_with_the_noises_variance_when_the_results_speak_for_them():
    moved = climb(prior_medians(2), alike)

    assert moved.local_share == pytest.approx(0.5)
    assert moved.noise**2 + moved.local_variance == pytest.approx(0.36**2)
    assert not climb(moved, lambda spreads: 0.0).local


def test_local_effects_do_not_come_in_on_weak_evidence_or_with_one_variable():
    assert not climb(prior_medians(2), lambda spreads: alike(spreads) / 5).local
    assert not climb(prior_medians(1), alike).local


def test_weak_evidence_does_not_outweigh_the_prior():
    assert climb(prior_medians(1), lambda spreads: -0.1 * spreads.noise) == prior_medians(1)


def test_values_stay_in_a_sane_range_whatever_the_evidence():
    spreads = prior_medians(1)
    for _ in range(30):
        spreads = climb(spreads, lambda s: -1e6 * s.noise + 1e6 * s.candidates.rest)

    assert spreads.noise == 0.05
    assert spreads.candidates.rest == 0.5


def test_the_prior_is_highest_at_its_medians():
    assert log_prior(prior_medians(2)) == 0.0
    assert log_prior(climb(prior_medians(2), lambda s: 1e3 * s.example)) < 0.0
