"""Every score of the search over its trials: what was measured, and how sure it is.

Minibatch means and full evaluations are different marks and never one line: a minibatch mean
scatters far more, and the best of many looks better than it is.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.evaluation.statistics import Mean
from dashboard.charts.colour import faint
from dashboard.theme import BASELINE, BEST, FULL, MINIBATCH

MOST_MINIBATCHES = 1_200
MOST_FULL = 350
"""With the lines, the chart stays below 2,000 points."""

HEIGHT = 380

_HOVER = (
    "C%{customdata[0]}, trial %{x}<br>%{y:.1%} (n = %{customdata[1]})"
    "<br>95 %: %{customdata[2]:.1%} to %{customdata[3]:.1%}<extra>%{fullData.name}</extra>"
)
_USED = ["number", "candidate", "mean", "low", "high", "n"]
_LAYOUT: dict[str, Any] = {
    "height": HEIGHT,
    "margin": {"l": 56, "r": 16, "t": 16, "b": 48},
    "xaxis": {"title": {"text": "Trial"}, "zeroline": False},
    "yaxis": {
        "title": {"text": "Score"},
        "tickformat": ".0%",
        "zeroline": False,
        "autorangeoptions": {"clipmin": 0, "clipmax": 1.05},
    },
    "legend": {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
    "hovermode": "closest",
}


def score_history_figure(
    trials: pd.DataFrame, labels: dict[str, str], baseline: Mean | None, *, run: str
) -> go.Figure:
    """Scores over trial numbers, from `trial_frame`; finished trials only, test trials left out.

    The list of traces is always the same, empty ones included, so that a legend or a zoom survives
    new data; `run` is the `uirevision`.
    """
    done = trials["finished"].notna() & trials["mean"].notna()
    known = trials[_USED]
    full = known[done & trials["purpose"].isin(["baseline", "full"])]
    minibatches = thinned(known[done & (trials["purpose"] == "minibatch")], MOST_MINIBATCHES)
    best = best_so_far(full)
    last = int(trials["number"].max()) if len(trials) else 0
    traces = [
        _marks(minibatches, labels, "Minibatch", MINIBATCH, "circle-open", 7),
        _reference(baseline, last),
        _steps(best, last),
        _marks(thinned(full, MOST_FULL), labels, "Full evaluation", FULL, "diamond", 10),
        _star(best, labels),
    ]
    # One dict, because every graph object on the way is validated and copied again.
    figure = go.Figure({"data": traces, "layout": {**_LAYOUT, "uirevision": run}})
    return figure.update_layout(template=None)


def thinned(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most `most` rows, evenly spread, the last one among them.

    Counted from the first row, so that the same rows are kept when more are added.
    """
    if len(frame) <= most:
        return frame
    step = math.ceil(len(frame) / (most - 1))
    places = list(range(0, len(frame), step))
    return frame.iloc[sorted({*places, len(frame) - 1})]


def best_so_far(full: pd.DataFrame) -> pd.DataFrame:
    """Those full evaluations that were better than all before them, in order of trial numbers."""
    ordered = full.sort_values("number")
    before = ordered["mean"].cummax().shift(fill_value=-1.0)
    return ordered[ordered["mean"] > before]


def _marks(
    frame: pd.DataFrame, labels: dict[str, str], name: str, color: str, symbol: str, size: int
) -> dict[str, Any]:
    numbers = {candidate: number for number, candidate in enumerate(labels)}
    mean, low, high = (frame[column].to_numpy() for column in ("mean", "low", "high"))
    heavy = symbol == "diamond"
    return {
        "type": "scatter",
        "name": name,
        "mode": "markers",
        "x": frame["number"].to_numpy(),
        "y": mean,
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": high - mean,
            "arrayminus": mean - low,
            "color": faint(color, 0.8 if heavy else 0.4),
            "thickness": 2 if heavy else 1,
            "width": 0,
        },
        "marker": {"color": color, "symbol": symbol, "size": size},
        "customdata": np.column_stack(
            [[numbers[each] for each in frame["candidate"].tolist()], frame["n"], low, high]
        ),
        "hovertemplate": _HOVER,
    }


def _reference(baseline: Mean | None, last: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": "Baseline",
        "mode": "lines",
        "x": [0, max(1, last)] if baseline else [],
        "y": [baseline.value] * 2 if baseline else [],
        "line": {"color": BASELINE, "width": 2, "dash": "dash"},
        "hovertemplate": "Baseline: %{y:.1%}<extra></extra>",
    }


def _steps(best: pd.DataFrame, last: int) -> dict[str, Any]:
    """The line runs on to the newest trial."""
    x, y = best["number"].tolist(), best["mean"].tolist()
    return {
        "type": "scatter",
        "name": "Best fully evaluated so far",
        "mode": "lines",
        "x": [*x, last] if x else [],
        "y": [*y, y[-1]] if y else [],
        "line": {"color": BEST, "width": 2, "shape": "hv"},
        "hoverinfo": "skip",
    }


def _star(best: pd.DataFrame, labels: dict[str, str]) -> dict[str, Any]:
    newest = best.tail(1)
    texts = [
        f"{labels[candidate].split()[0]}: {mean:.1%}"
        for candidate, mean in zip(newest["candidate"], newest["mean"], strict=True)
    ]
    return {
        "type": "scatter",
        "name": "Best",
        "mode": "markers+text",
        "x": newest["number"].tolist(),
        "y": newest["mean"].tolist(),
        "text": texts,
        "textposition": "top left",
        "marker": {"color": BEST, "symbol": "star", "size": 15},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
