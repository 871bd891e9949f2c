"""Instruction by demo set: what is expected of each pair, and how often it was tried."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.columns import label
from dashboard.charts.layout import live_figure
from dashboard.theme import BEST

_LOW, _HIGH = "#DCE9F5", "#0B4F86"
"""One hue from light to dark: the darker, the higher. Reads the same on both backgrounds."""
_LARGEST_WITH_TEXT = 200
"""Cells beyond which numbers inside them could not be read."""


def heatmap_height(rows: int) -> int:
    """Pixels for this many rows; in steps, so that the page does not move with every new one."""
    return 170 + 30 * max(4, 4 * -(-min(rows, 24) // 4))


def choice_heatmap_figure(cells: pd.DataFrame, *, run: str) -> go.Figure:
    """One cell per pair, coloured by the predicted score.

    `cells` has `row` and `column` (places), `instruction` and `demo_set` (names), `predicted`,
    `low`, `high` (90 %), `n` and `observed`, fractions; `observed` is missing where `n` is 0. A
    cell that was tried shows what was observed and its n; one that was not shows the prediction in
    italics and is marked with a ring. A cell's `customdata` is its [row, column].
    """
    rows = cells.drop_duplicates("row").sort_values("row")["instruction"].tolist()
    columns = cells.drop_duplicates("column").sort_values("column")["demo_set"].tolist()
    by_place = cells.sort_values(["row", "column"])
    shape = len(rows), len(columns)
    written = len(cells) <= _LARGEST_WITH_TEXT
    traces = [_cells(by_place, shape, written), _untried(cells[cells["n"] == 0]), _best(cells)]
    layout = {
        "height": heatmap_height(len(rows)),
        "margin": {"l": 56, "r": 8, "t": 16, "b": 84},
        "xaxis": {**_axis(columns), "title": {"text": "Demo set", "standoff": 2}},
        "yaxis": {**_axis(rows), "title": {"text": "Instruction"}, "autorange": "reversed"},
    }
    return live_figure(traces, layout, run=run)


def _cells(cells: pd.DataFrame, shape: tuple[int, int], written: bool) -> dict[str, Any]:
    rows, columns = shape
    z = (100 * cells["predicted"]).to_numpy().reshape(rows, columns)
    texts = [_text(each) for each in cells.itertuples()]
    hovers = [_hover(each) for each in cells.itertuples()]
    return {
        "type": "heatmap",
        "name": "Predicted score",
        "z": z.tolist(),
        "text": _grid(texts, columns),
        "texttemplate": "%{text}" if written else "",
        "textfont": {"size": 11},
        "hovertext": _grid(hovers, columns),
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [[[row, column] for column in range(columns)] for row in range(rows)],
        "colorscale": [[0, _LOW], [1, _HIGH]],
        "colorbar": {"title": {"text": "Predicted, %", "side": "right"}, "thickness": 12},
        "xgap": 2,
        "ygap": 2,
    }


def _untried(cells: pd.DataFrame) -> dict[str, Any]:
    """Beside the number in the cell's corner, so that neither hides the other."""
    return {
        "type": "scatter",
        "name": "Not tried: the number is the prediction",
        "mode": "markers",
        "x": (cells["column"] - 0.36).tolist(),
        "y": (cells["row"] - 0.3).tolist(),
        "marker": {
            "symbol": "circle",
            "size": 8,
            "color": "#FFFFFF",
            "line": {"width": 2, "color": BEST},
        },
        "customdata": cells[["row", "column"]].to_numpy().tolist(),
        "hoverinfo": "skip",
        "showlegend": True,
    }


def _best(cells: pd.DataFrame) -> dict[str, Any]:
    """A star on the recommended pair."""
    own = cells[cells["recommended"]]
    return {
        "type": "scatter",
        "name": "Recommended",
        "mode": "markers",
        "x": (own["column"] + 0.36).tolist(),
        "y": (own["row"] - 0.3).tolist(),
        "marker": {
            "symbol": "star",
            "size": 14,
            "color": BEST,
            "line": {"width": 1, "color": "#FFFFFF"},
        },
        "customdata": own[["row", "column"]].to_numpy().tolist(),
        "hoverinfo": "skip",
        "showlegend": True,
    }


def _text(cell: Any) -> str:
    if cell.n:
        return f"{100 * cell.observed:.0f}<br>n={cell.n}"
    return f"<i>{100 * cell.predicted:.0f}</i>"


def _hover(cell: Any) -> str:
    seen = f"Observed: {cell.observed:.1%} (n = {cell.n})" if cell.n else "Not tried"
    return (
        f"{label(cell.instruction)}, {label(cell.demo_set)}<br>{seen}<br>"
        f"Predicted: {cell.predicted:.1%}, 90 %: {cell.low:.1%} to {cell.high:.1%}"
    )


def _grid(values: list[str], columns: int) -> list[list[str]]:
    return [values[first : first + columns] for first in range(0, len(values), columns)]


def _axis(names: list[str]) -> dict[str, Any]:
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [label(name.split()[-1]) for name in names],
        "showgrid": False,
        "zeroline": False,
    }
