"""The figures and the table of the Compare page say what they were given; Plotly takes them."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.evaluation.evaluator import StageRun, Trace
from core.evaluation.statistics import mean, paired_difference
from core.results.noise import Noise
from dashboard.charts.comparison_intervals import differences_figure, scores_figure
from dashboard.charts.confusion import confusion_figure
from dashboard.charts.slice_scores import slices_figure
from dashboard.components.comparison_heads import noise_in_words
from dashboard.components.comparison_table import LONGEST, table_rows
from dashboard.components.comparison_trace import calls_in_order, partings, stage_of
from dashboard.components.measures import price_text

LONG = "A long name of a run with <b>marks</b>: C7"


def checked(figure):
    """The figure once more, with Plotly looking at every value."""
    return go.Figure(figure.to_dict())


def stage(name, **outputs):
    return StageRun(predictor=name, inputs={"x": 1}, outputs=outputs)


def trace(*stages):
    return Trace(outputs={}, stages=list(stages), prompts=[])


def test_scores_stand_in_percent_beside_their_short_names():
    figure = checked(scores_figure(["C0", "C1"], [mean([0, 0, 1, 1]), None], run="r"))
    (mark,) = figure.data
    assert (mark.x, mark.y) == ((50.0,), (0,))
    assert figure.layout.yaxis.ticktext == ("C0", "C1")
    assert not figure.layout.annotations


def test_long_names_stand_above_their_row_as_text():
    found = paired_difference([0.0] * 10, [1.0] * 10)
    figure = checked(differences_figure(["C0", LONG], [None, found], 0, run="r"))
    assert [each.x for each in figure.data] == [(100.0,), (0.0,)]
    names = [each.text for each in figure.layout.annotations]
    assert names[0] == "C0"
    assert "<b>" not in names[1]


def test_confusions_are_counts_coloured_by_their_share_of_the_row():
    counts = pd.DataFrame([[3, 1], [0, 0]], index=["cat", "dog"], columns=["cat", "dog"])
    (cells,) = checked(confusion_figure(counts, run="r")).data
    assert [list(row) for row in cells.z] == [[75.0, 25.0], [0.0, 0.0]]
    assert [list(row) for row in cells.text] == [["3", "1"], ["", ""]]


def test_slices_have_a_row_and_entrants_a_mark_in_it():
    frame = pd.DataFrame(
        [("a", "C0", 0.5, 0.2, 0.8, 9), ("a", "C1", 1.0, 0.7, 1.0, 9), ("b", "C0", 0, 0, 0.4, 4)],
        columns=["slice", "entrant", "mean", "low", "high", "n"],
    )
    figure = checked(slices_figure(frame, run="r"))
    assert [each.name for each in figure.data] == ["C0", "C1"]
    assert figure.layout.yaxis.ticktext == ("a (9)", "b (4)")
    assert list(slices_figure(frame, run="r").data[0].x) == [50.0, 0.0]


def test_rows_of_the_table_say_score_change_answer_failure_and_rating():
    frame = pd.DataFrame(
        {
            "example": ["7", "8"],
            "input": ["one", "x" * 1000],
            "expected": ["cat", ""],
            "C0 score": [0.0, np.nan],
            "C0 output": ["dog", None],
            "C0 failure": [None, "Timeout: slow"],
            "C0 rating": ["", "up"],
            "C1 score": [2 / 3, 1.0],
            "C1 change": [2 / 3, np.nan],
            "C1 output": ["cat", "cat"],
            "C1 failure": [None, None],
            "C1 rating": ["", ""],
        }
    )
    first, second = table_rows(frame, ["C0", "C1"])
    assert first["cells"] == [
        {"score": "0 %", "text": "dog", "failure": None, "rating": None},
        {"score": "66.7 %", "text": "cat", "failure": None, "rating": None,
         "change": "+67", "way": "up"},
    ]  # fmt: skip
    assert second["cells"][0] == {
        "score": "–", "text": "", "failure": "Timeout: slow", "rating": "up",
    }  # fmt: skip
    assert "change" not in second["cells"][1]
    assert len(second["input"]) == LONGEST


def test_calls_of_several_traces_are_put_into_one_order():
    left = trace(stage("ask", q=1), stage("answer", a=1))
    right = trace(stage("ask", q=1), stage("ask", q=2), stage("answer", a=2))
    assert calls_in_order([left, None, right]) == [("ask", 1), ("ask", 2), ("answer", 1)]
    assert stage_of(left, ("ask", 2)) is None
    assert stage_of(right, ("ask", 2)).outputs == {"q": 2}
    assert calls_in_order([None, trace()]) == []


def test_each_parts_from_the_reference_where_it_first_differs():
    same = trace(stage("ask", q=1), stage("answer", a=1))
    late = trace(stage("ask", q=1), stage("answer", a=2))
    found = partings([same, same, late, None], 0)
    assert list(found) == [2]
    assert (found[2].pair.predictor, found[2].pair.outputs) == ("answer", ("a",))
    assert partings([None, same], 0) == {}


def test_noise_is_said_in_points_with_its_n():
    noise = Noise(
        candidate="c", part="test", sd=0.3, examples=9, runs=27, mean=mean([0.5, 0.6]), mean_sd=0.1
    )
    assert noise_in_words(noise) == (
        "Model's own noise: ±10.0 points from run to run over 9 examples (27 runs); "
        "±30.0 on one example"
    )


def test_prices_of_every_size_are_readable():
    assert [price_text(each) for each in (1234.5, 0.00213, 0.00001)] == [
        "\\$1,234.50", "\\$0.0021", "under \\$0.0001",
    ]  # fmt: skip
