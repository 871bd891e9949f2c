"""The model's own noise, from runs of the same examples."""

import math

import pytest

from core.evaluation.statistics import mean
from core.results.noise import noises, own_noise
from core.runs import events as ev
from core.runs.parts import Result
from core.runs.state import RunState


def result(score):
    failure = None if score is not None else ev.Failure(kind="KeyError", message="x")
    return Result(score=score, failure=failure, attempt=2, seconds=1.0)


def state(ordinary, repeats):
    """Of candidate c on the test examples: example → score, and example → scores of its repeats."""
    made = RunState()
    made.test_results["c"] = {example: result(score) for example, score in ordinary.items()}
    made.repeats["c", "test"] = {
        example: {place: result(score) for place, score in enumerate(scores, start=1)}
        for example, scores in repeats.items()
    }
    return made


def test_noise_is_the_pooled_spread_within_examples_not_between_them():
    found = own_noise(state({"1": 1.0, "2": 0.0}, {"1": [0.0, 1.0], "2": [0.0, 0.0]}), "c", "test")
    assert found.sd == pytest.approx(math.sqrt((4 / 9 + 1 / 9 + 1 / 9) / 4))
    assert (found.examples, found.runs) == (2, 6)
    assert found.mean == mean([2 / 3, 0.0])
    assert found.mean_sd == pytest.approx(found.sd / math.sqrt(2))


def test_answers_that_never_change_have_no_noise():
    found = own_noise(state({"1": 1.0, "2": 0.0}, {"1": [1.0], "2": [0.0]}), "c", "test")
    assert (found.sd, found.mean_sd, found.mean.value) == (0.0, 0.0, 0.5)


def test_failed_runs_are_left_out_and_an_example_with_one_score_tells_nothing():
    made = state({"1": None, "2": 0.5}, {"1": [0.25, 0.75], "2": [None]})
    found = own_noise(made, "c", "test")
    assert (found.examples, found.runs) == (1, 2)
    assert found.mean.value == 0.5
    made = state({"1": 1.0}, {"1": [None]})
    assert own_noise(made, "c", "test") is None


def test_noise_is_told_for_each_part_by_itself():
    made = state({"1": 1.0}, {"1": [0.0]})
    assert set(noises(made, "test")) == {"c"}
    assert noises(made, "validation") == {}
    assert own_noise(made, "c", "validation") is None


def test_a_third_of_right_answers_is_a_score_though_it_is_no_binary_fraction():
    made = state({"1": 0.1}, {"1": [0.1] * 9})
    assert own_noise(made, "c", "test").mean.value == pytest.approx(0.1)
