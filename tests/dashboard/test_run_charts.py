"""The figures of the Monitor page: names, coordinates, and what keeps them steady."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.statistics import mean
from core.results.frames import (
    TRIAL_COLUMNS,
    best_candidate,
    candidate_frame,
    candidate_labels,
    observed,
    trial_frame,
)
from core.results.full_evaluations import FULL_COLUMNS, full_frame
from core.runs.state import RunState
from dashboard.charts.predictions import MOST_SHOWN, predictions_figure
from dashboard.charts.score_history import (
    MOST_FULL,
    MOST_MINIBATCHES,
    leads,
    score_history_figure,
    thinned,
)
from tests import run_log

NAMES = ["Minibatch", "Baseline", "Best fully evaluated so far", "Full evaluation", "Best"]


def history(state: RunState):
    means = observed(state)
    full = full_frame(state, means, best_candidate(state, means))
    baseline, labels = means.get(state.baseline), candidate_labels(state)
    return score_history_figure(trial_frame(state), full, labels, baseline, run="r1")


@pytest.fixture(scope="module")
def state() -> RunState:
    return run_log.state_of(run_log.events(run_log.Plan()))


def test_minibatches_and_full_evaluations_are_different_marks_and_never_a_line(state):
    figure = history(state)
    assert [trace.name for trace in figure.data] == NAMES
    minibatch, _, _, full, _ = figure.data
    assert minibatch.mode == full.mode == "markers"
    assert minibatch.marker.symbol != full.marker.symbol
    frame = trial_frame(state)
    of = {name: group["number"].tolist() for name, group in frame.groupby("purpose")}
    assert list(minibatch.x) == of["minibatch"]
    assert list(full.x) == sorted(of["baseline"] + of["full"])


def test_every_mark_has_its_interval(state):
    frame = trial_frame(state).set_index("number")
    for trace in (history(state).data[0], history(state).data[3]):
        rows = frame.loc[list(trace.x)]
        assert np.allclose(trace.y + trace.error_y.array, rows["high"])
        assert np.allclose(trace.y - trace.error_y.arrayminus, rows["low"])


def test_the_best_so_far_is_a_line_of_its_own_with_a_label_on_the_best(state):
    steps, star = history(state).data[2], history(state).data[4]
    assert steps.line.shape == "hv"
    assert list(steps.y) == sorted(steps.y)
    assert star.text[0].startswith("C")
    assert star.y[0] == steps.y[-1]
    means = observed(state)
    best = best_candidate(state, means)
    assert star.y[0] == means[best].value
    assert star.text[0] == f"{candidate_labels(state)[best]}: {means[best].value:.1%}"


def test_the_baseline_is_a_reference_line_over_the_whole_chart(state):
    line = history(state).data[1]
    assert line.y[0] == line.y[1] == observed(state)[state.baseline].value
    assert list(line.x) == [0, max(state.trials)]


def test_held_out_scores_are_not_in_the_search_chart(state):
    tests = {number for number, trial in state.trials.items() if trial.purpose == "test"}
    assert tests
    assert not tests & {number for place in (0, 3) for number in history(state).data[place].x}


def test_a_chart_without_scores_has_all_its_traces():
    figure = history(RunState())
    assert [trace.name for trace in figure.data] == NAMES
    assert all(len(trace.x) == 0 for trace in figure.data)


def test_the_layout_keeps_zoom_and_takes_no_template(state):
    for figure in (history(state), predictions_figure(candidate_frame(state), run="r1")):
        assert figure.layout.uirevision == "r1"
        assert figure.layout.template.to_plotly_json() == {}
        assert figure.layout.transition.to_plotly_json() == {}


def trials(count: int) -> pd.DataFrame:
    known = mean([0.0, 1.0, 1.0])
    rows = [
        (n, "full" if n % 3 else "minibatch", "c", known.value, known.low, known.high, 3, 0, n, n)
        for n in range(count)
    ]
    return pd.DataFrame(rows, columns=TRIAL_COLUMNS)


def test_a_chart_of_many_trials_stays_below_2000_points():
    full = evaluations([0.5] * 6_000, "c" * 6_000, "c" * 6_000)
    figure = score_history_figure(trials(9_000), full, {"c": "C1"}, mean([1.0, 0.0]), run="r1")
    assert sum(len(trace.x) for trace in figure.data) < 2_000


@pytest.mark.parametrize("most", [MOST_MINIBATCHES, MOST_FULL, 10])
def test_thinned_rows_stay_the_same_when_more_come(most):
    frame = trials(5_000)
    some = thinned(frame, most)
    assert len(some) <= most
    assert some["number"].iloc[[0, -1]].tolist() == [0, 4_999]
    assert thinned(frame.iloc[:5], most).equals(frame.iloc[:5])


def evaluations(means: list[float], leaders: str, candidates: str) -> pd.DataFrame:
    """Full evaluations by trials 0, 2, 4, …, one letter each; the last one is the run's best."""
    rows = [
        (2 * place, candidate, mean, 0.0, 1.0, 9, leader, place == len(means) - 1)
        for place, (candidate, mean, leader) in enumerate(
            zip(candidates, means, leaders, strict=True)
        )
    ]
    return pd.DataFrame(rows, columns=FULL_COLUMNS)


def test_a_step_is_where_another_candidate_takes_the_lead_and_it_can_go_down():
    found = leads(evaluations([0.5, 1.0, 0.4, 0.7], "aacd", "abcd"))
    assert list(zip(found["number"], found["mean"], strict=True)) == [(0, 0.5), (4, 0.4), (6, 0.7)]


def test_the_star_is_the_runs_best_and_not_the_highest_mean():
    full = evaluations([0.5, 1.0, 0.7], "aac", "abc")
    labels = {"a": "C0 (baseline)", "b": "C1", "c": "C2"}
    star = score_history_figure(trials(9), full, labels, mean([1.0, 0.0]), run="r1").data[4]
    assert (list(star.x), list(star.y), list(star.text)) == ([4], [0.7], ["C2: 70.0%"])


def test_predictions_stand_beside_what_was_observed_best_first():
    store_state = run_log.state_of(run_log.events(run_log.Plan()))
    frame = candidate_frame(store_state, run_log.snapshot(store_state))
    figure = predictions_figure(frame, run="r1")
    assert [trace.name for trace in figure.data] == [
        "Observed, 95 %",
        "Predicted, 90 %",
        "Baseline",
    ]
    _, predicted, _ = figure.data
    assert list(predicted.x) == sorted(frame["predicted"], reverse=True)[:MOST_SHOWN]
    assert figure.layout.yaxis.ticktext[0] == frame.loc[frame["predicted"].idxmax(), "label"]


def test_predictions_without_a_snapshot_are_an_empty_chart(state):
    figure = predictions_figure(candidate_frame(state), run="r1")
    assert [len(trace.x) for trace in figure.data] == [0, 0, 0]
