"""The figures of a run's course and cost: timeline, credit, calls."""

import numpy as np
import plotly.graph_objects as go
import pytest

from core.results.credit import Share
from core.results.money import money
from core.results.run_results import run_results
from core.results.timeline import timeline
from core.runs import decisions as de
from core.runs.config import RunConfig
from core.storage.memory import MemoryStore
from dashboard.charts.credit import credit_figure
from dashboard.charts.effects_forest import effects_figure
from dashboard.charts.layout import live_figure
from dashboard.charts.money import money_figure
from dashboard.charts.timeline import lanes, timeline_figure
from tests import run_log
from tests.dashboard.test_search_charts import effects

EVIL = "<b>no</b> ![x](http://127.0.0.1/leak.png)"


@pytest.fixture(scope="module")
def config() -> RunConfig:
    return run_log.iris_config(MemoryStore())


@pytest.fixture(scope="module")
def results(config):
    events = run_log.events(run_log.Plan(failing=0.2), "search")
    note = de.NoteAdded(by="Ada", text=EVIL, at=events[-1].at)
    return run_results(run_log.state_of([*events, note]), config)


def test_work_that_overlaps_stands_in_different_rows_and_what_comes_later_moves_nothing():
    starts, ends = np.array([0.0, 1.0, 2.0, 3.0]), np.array([2.0, 4.0, 3.0, 5.0])
    assert lanes(starts, ends).tolist() == [0, 1, 0, 0]
    for count in range(5):
        assert lanes(starts[:count], ends[:count]).tolist() == [0, 1, 0, 0][:count]


def test_the_timeline_has_every_trial_decision_and_failure_and_says_which(results):
    shown = timeline(results)
    figure = timeline_figure(shown, run="r")
    traces = {each.name: each for each in figure.data}
    bars = [each for each in figure.data if each.type == "bar"]
    numbers = sorted(int(row[0]) for each in bars for row in each.customdata)
    assert numbers == sorted(shown.trials["number"].tolist())
    assert [row[0] for row in traces["Decision"].customdata] == [results.steering.decisions[0].seq]
    assert len(traces["Failure"].x) == len(shown.failures) > 0
    assert "<b>" not in traces["Decision"].text[0]


def test_the_timelines_traces_are_always_the_same(results, config):
    empty = timeline_figure(timeline(run_results(run_log.state_of([]), config)), run="r")
    full = timeline_figure(timeline(results), run="r")
    assert [each.name for each in empty.data] == [each.name for each in full.data]


def test_credit_is_stacked_per_predictor_and_what_belongs_to_none_stands_below():
    shares = (
        Share(name="instructions of answer", predictor="answer", part="instruction", share=0.5),
        Share(name="demo sets of answer", predictor="answer", part="demo_set", share=0.1),
        Share(name="interactions", predictor=None, part=None, share=0.3),
        Share(name="instructions of ask", predictor="ask", part="instruction", share=0.1),
    )
    figure = credit_figure(shares, {"answer": "answer", "ask": "ask"}, run="r")
    assert list(figure.layout.yaxis.ticktext) == ["answer", "ask", "Interactions"]
    instructions, demo_sets, neither = figure.data
    assert (list(instructions.x), list(instructions.y)) == ([0.5, 0.1], [0, 1])
    assert (list(demo_sets.x), list(demo_sets.y)) == ([0.1], [0])
    assert (list(neither.x), list(neither.y)) == ([0.3], [2])


def test_calls_are_made_in_flight_and_to_come_beside_the_cap(results, config):
    found = money(results, None)
    made, flight, later, cap = money_figure(found, run="r").data
    assert list(made.x) == [found.task.calls, found.prompt.calls, found.total.calls]
    assert list(flight.x) == list(later.x) == [0, 0, 0]
    assert list(cap.x) == []


def test_plotly_finds_nothing_wrong_with_the_figures_that_it_does_not_check(results):
    drawn = [
        timeline_figure(timeline(results), run="r"),
        money_figure(money(results, None), run="r"),
        effects_figure(effects(6), run="r"),
        live_figure([], {"height": 100, "margin": {"t": 0, "b": 0}}, run="r"),
    ]
    for figure in drawn:
        assert go.Figure(figure.to_dict()).layout.uirevision == "r"
