"""The figures of what the surrogate believes: coordinates, and what a click on them tells."""

import numpy as np
import pandas as pd
import pytest

from dashboard.charts.best_chances import best_chances_figure, sureness_figure
from dashboard.charts.choice_heatmap import choice_heatmap_figure, heatmap_height
from dashboard.charts.effects_forest import MOST_SHOWN, effects_figure, forest_height
from dashboard.theme import BEST


def effects(count: int) -> pd.DataFrame:
    means = np.linspace(-0.05, 0.06, count)
    return pd.DataFrame(
        {
            "choice": [f"instruction {each}" for each in range(count)],
            "part": ["instruction" if each % 2 else "demo_set" for each in range(count)],
            "id": [f"i{each}" for each in range(count)],
            "mean": means,
            "low": means - 0.02,
            "high": means + 0.02,
        }
    )


def cells(rows: int, columns: int, tried: set[tuple[int, int]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "row": row,
                "column": column,
                "instruction": f"instruction {row}",
                "demo_set": f"demo set {column}",
                "predicted": 0.5 + 0.01 * row,
                "low": 0.4,
                "high": 0.6,
                "n": 20 if (row, column) in tried else 0,
                "observed": 0.75 if (row, column) in tried else float("nan"),
                "recommended": (row, column) == (1, 2),
            }
            for row in range(rows)
            for column in range(columns)
        ]
    )


def test_effects_are_points_with_intervals_best_first_and_each_kind_has_its_own_mark():
    figure = effects_figure(effects(4), run="r")
    instructions, demo_sets = figure.data
    assert [each.name for each in figure.data] == ["Instruction", "Demo set"]
    assert instructions.marker.symbol != demo_sets.marker.symbol
    assert list(instructions.x) == pytest.approx([6.0, -1.3333333])
    assert list(instructions.y) == [0, 2]
    assert list(instructions.error_x.array) == pytest.approx([2.0, 2.0])
    assert list(map(list, instructions.customdata)) == [
        ["instruction", "i3"],
        ["instruction", "i1"],
    ]
    assert figure.layout.uirevision == "r"


def test_of_many_effects_the_largest_are_shown_and_the_traces_stay_the_same():
    figure = effects_figure(effects(100), run="r")
    assert sum(len(each.x) for each in figure.data) == MOST_SHOWN
    assert len(effects_figure(effects(0), run="r").data) == len(figure.data)
    assert figure.layout.height == forest_height(100) == forest_height(MOST_SHOWN)


def test_names_of_choices_are_no_markup_in_a_chart():
    frame = effects(1).assign(choice="<b>x</b>")
    assert effects_figure(frame, run="r").layout.yaxis.ticktext[0] == "&lt;b&gt;x&lt;/b&gt;"


def test_a_cell_that_was_tried_shows_what_was_observed_and_another_one_the_prediction_marked():
    figure = choice_heatmap_figure(cells(2, 3, tried={(1, 2)}), run="r")
    heat, untried, best = figure.data
    assert heat.text[1][2] == "75<br>n=20"
    assert heat.text[0][0] == "<i>50</i>"
    assert len(untried.x) == 5
    assert [1, 2] not in np.asarray(untried.customdata).tolist()
    assert np.asarray(best.customdata).tolist() == [[1, 2]]
    assert heat.customdata[1][2] == [1, 2]
    assert "not tried" in untried.name.lower()


def test_a_large_heatmap_has_no_numbers_in_its_cells_but_still_says_them_on_hover():
    heat = choice_heatmap_figure(cells(20, 20, tried=set()), run="r").data[0]
    assert not heat.texttemplate
    assert "Not tried" in heat.hovertext[3][4]
    assert heatmap_height(20) == heatmap_height(18)


def test_the_probability_of_being_the_best_is_a_bar_per_candidate_largest_first():
    figure = best_chances_figure({"a": 0.2, "b": 0.7}, {"a": "C1", "b": "C2"}, "b", run="r")
    (bars,) = figure.data
    assert list(bars.x) == [0.7, 0.2]
    assert list(bars.customdata) == ["b", "a"]
    assert bars.marker.color[0] == BEST
    assert figure.layout.yaxis.ticktext[0] == "C2 ★"


@pytest.mark.parametrize(("threshold", "drawn"), [(0.95, [0.95, 0.95]), (None, [])])
def test_the_line_at_which_the_search_stops_is_there_when_it_stops_by_it(threshold, drawn):
    bar, line = sureness_figure(0.8, threshold, run="r").data
    assert list(bar.x) == [0.8]
    assert list(line.x) == drawn
