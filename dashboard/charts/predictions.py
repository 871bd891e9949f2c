"""What the surrogate expects of the candidates, beside what was measured."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.colour import faint
from dashboard.theme import BASELINE, FULL, MINIBATCH

MOST_SHOWN = 15
HEIGHT = 460
_APART = 0.17
"""How far the two marks of a candidate stand from its row."""

_PREDICTED = ("predicted", "predicted_low", "predicted_high")
_LAYOUT: dict[str, Any] = {
    "height": HEIGHT,
    "margin": {"l": 96, "r": 16, "t": 16, "b": 48},
    "xaxis": {"title": {"text": "Score"}, "tickformat": ".0%", "zeroline": False},
    "legend": {"orientation": "h", "x": 0, "y": -0.15, "yanchor": "top"},
    "hovermode": "closest",
}


def predictions_figure(candidates: pd.DataFrame, *, run: str) -> go.Figure:
    """The candidates with the highest predicted means, best first; from `candidate_frame`.

    Observed means stand above their candidate's row with a 95 % interval, predicted ones below it
    with 90 %. The list of traces is always the same; `run` is the `uirevision`.
    """
    known = candidates[candidates["predicted"].notna()]
    top = known.sort_values("predicted", ascending=False, kind="stable").head(MOST_SHOWN)
    rows = np.arange(len(top))
    baseline = candidates.loc[candidates["baseline"] & candidates["mean"].notna(), "mean"]
    drawn = len(baseline) > 0 and len(rows) > 0
    traces = [
        _marks(top, "Observed, 95 %", ("mean", "low", "high"), rows - _APART, FULL, "diamond"),
        _marks(top, "Predicted, 90 %", _PREDICTED, rows + _APART, MINIBATCH, "line-ns-open"),
        {
            "type": "scatter",
            "name": "Baseline",
            "mode": "lines",
            "x": [baseline.iloc[0]] * 2 if drawn else [],
            "y": [-0.5, len(rows) - 0.5] if drawn else [],
            "line": {"color": BASELINE, "width": 2, "dash": "dash"},
            "hovertemplate": "Baseline: %{x:.1%}<extra></extra>",
        },
    ]
    names = {
        "tickvals": rows.tolist(),
        "ticktext": top["label"].tolist(),
        "range": [max(len(rows), 4) - 0.5, -0.5],
        "zeroline": False,
        "showgrid": False,
    }
    figure = go.Figure({"data": traces, "layout": {**_LAYOUT, "yaxis": names, "uirevision": run}})
    return figure.update_layout(template=None)


def _marks(
    top: pd.DataFrame,
    name: str,
    columns: tuple[str, str, str],
    y: npt.NDArray[np.float64],
    color: str,
    symbol: str,
) -> dict[str, Any]:
    means, low, high = (top[column].to_numpy() for column in columns)
    return {
        "type": "scatter",
        "name": name,
        "mode": "markers",
        "x": means,
        "y": y,
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": high - means,
            "arrayminus": means - low,
            "color": faint(color, 0.6),
            "thickness": 2,
            "width": 0,
        },
        "marker": {
            "color": color,
            "symbol": symbol,
            "size": 9,
            "line": {"width": 2, "color": color},
        },
        "text": top["label"].tolist(),
        "customdata": np.column_stack([low, high, top["n"].to_numpy()]),
        "hovertemplate": (
            "%{text}: %{x:.1%}<br>%{customdata[0]:.1%} to %{customdata[1]:.1%}"
            "<br>n = %{customdata[2]}<extra>%{fullData.name}</extra>"
        ),
    }
