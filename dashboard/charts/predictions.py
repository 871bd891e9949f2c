"""What the surrogate expects of the candidates, beside what was measured."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.colour import faint
from dashboard.theme import BASELINE, FULL, MINIBATCH

MOST_SHOWN = 15
HEIGHT = 460
_APART = 0.17
"""How far the two marks of a candidate stand from its row."""


def predictions_figure(candidates: pd.DataFrame, *, run: str) -> go.Figure:
    """The candidates with the highest predicted means, best first; from `candidate_frame`.

    Observed means stand above their candidate's row with a 95 % interval, predicted ones below it
    with 90 %. The list of traces is always the same; `run` is the `uirevision`.
    """
    known = candidates[candidates["predicted"].notna()]
    top = known.sort_values("predicted", ascending=False, kind="stable").head(MOST_SHOWN)
    rows = list(range(len(top)))
    baseline = candidates.loc[candidates["baseline"] & candidates["mean"].notna(), "mean"]
    figure = go.Figure(
        [
            _marks(top, "Observed, 95 %", "", [row - _APART for row in rows], FULL, "diamond"),
            _marks(
                top,
                "Predicted, 90 %",
                "predicted_",
                [row + _APART for row in rows],
                MINIBATCH,
                "line-ns-open",
            ),
            go.Scatter(
                name="Baseline",
                mode="lines",
                x=[baseline.iloc[0]] * 2 if len(baseline) and rows else [],
                y=[-0.5, len(rows) - 0.5] if len(baseline) and rows else [],
                line={"color": BASELINE, "width": 2, "dash": "dash"},
                hovertemplate="Baseline: %{x:.1%}<extra></extra>",
            ),
        ]
    )
    figure.update_layout(
        template=None,
        uirevision=run,
        height=HEIGHT,
        margin={"l": 96, "r": 16, "t": 16, "b": 48},
        xaxis={"title": {"text": "Score"}, "tickformat": ".0%", "zeroline": False},
        yaxis={
            "tickvals": rows,
            "ticktext": top["label"].tolist(),
            "range": [max(len(rows), 4) - 0.5, -0.5],
            "zeroline": False,
            "showgrid": False,
        },
        legend={"orientation": "h", "x": 0, "y": -0.15, "yanchor": "top"},
        hovermode="closest",
    )
    return figure


def _marks(
    top: pd.DataFrame, name: str, prefix: str, y: list[float], color: str, symbol: str
) -> go.Scatter:
    centre = "predicted" if prefix else "mean"
    low, high, means = top[f"{prefix}low"], top[f"{prefix}high"], top[centre]
    return go.Scatter(
        name=name,
        mode="markers",
        x=means.to_numpy(),
        y=y,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": (high - means).to_numpy(),
            "arrayminus": (means - low).to_numpy(),
            "color": faint(color, 0.6),
            "thickness": 2,
            "width": 0,
        },
        marker={"color": color, "symbol": symbol, "size": 9, "line": {"width": 2, "color": color}},
        customdata=list(zip(top["label"], low, high, top["n"], strict=True)),
        hovertemplate=(
            "%{customdata[0]}: %{x:.1%}<br>%{customdata[1]:.1%} to %{customdata[2]:.1%}"
            "<br>n = %{customdata[3]}<extra>%{fullData.name}</extra>"
        ),
    )
