"""What was answered for which expected label, as a matrix."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.columns import label
from dashboard.charts.layout import live_figure

_LOW, _HIGH = "#DCE9F5", "#0B4F86"
_LARGEST_WITH_TEXT = 260
"""Cells beyond which numbers inside them could not be read."""


def confusion_height(rows: int) -> int:
    """Pixels for this many expected labels."""
    return 190 + 30 * min(max(rows, 3), 20)


def confusion_figure(counts: pd.DataFrame, *, run: str) -> go.Figure:
    """`counts` has expected labels as rows and answers as columns; colour is the share of the row.

    Numbers in the cells are examples.
    """
    totals = counts.sum(axis=1).to_numpy().reshape(-1, 1)
    shares = 100 * counts.to_numpy() / totals.clip(min=1)
    expected, answered = ([label(each) for each in axis] for axis in (counts.index, counts.columns))
    hover = [
        [
            f"expected {row}<br>answered {column}<br>{count:,} of {total:,}"
            for column, count in zip(answered, numbers, strict=True)
        ]
        for row, numbers, total in zip(
            expected, counts.to_numpy().tolist(), totals[:, 0].tolist(), strict=True
        )
    ]
    cells = {
        "type": "heatmap",
        "z": shares.tolist(),
        "zmin": 0,
        "zmax": 100,
        "text": [[f"{each:,}" if each else "" for each in row] for row in counts.to_numpy()],
        "texttemplate": "%{text}" if counts.size <= _LARGEST_WITH_TEXT else "",
        "hovertext": hover,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "colorscale": [[0, _LOW], [1, _HIGH]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    layout = {
        "height": confusion_height(len(counts)),
        "margin": {"l": 110, "r": 8, "t": 8, "b": 96},
        "legend": {},
        "xaxis": {**_axis(answered), "title": {"text": "answered"}, "tickangle": -40},
        "yaxis": {**_axis(expected), "autorange": "reversed"},
    }
    return live_figure([cells], layout, run=run)


def _axis(names: list[str]) -> dict[str, object]:
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [name if len(name) <= 16 else f"{name[:15]}…" for name in names],
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
    }
