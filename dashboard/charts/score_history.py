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
from dashboard.charts.layout import live_figure
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
    trials: pd.DataFrame,
    full: pd.DataFrame,
    labels: dict[str, str],
    baseline: Mean | None,
    *,
    run: str,
) -> go.Figure:
    """Scores over trial numbers: minibatches from `trial_frame`, the rest from `full_frame`.

    Only what is finished, and no test trials. A minibatch that completes a full evaluation has both
    marks: its own mean, and the candidate's over all examples.

    The list of traces is always the same, empty ones included, so that a legend or a zoom survives
    new data; `run` is the `uirevision`.
    """
    done = trials["finished"].notna() & trials["mean"].notna()
    known = trials[_USED]
    minibatches = thinned(known[done & (trials["purpose"] == "minibatch")], MOST_MINIBATCHES)
    last = int(trials["number"].max()) if len(trials) else 0
    traces = [
        _marks(minibatches, labels, "Minibatch", MINIBATCH, "circle-open", 7),
        _reference(baseline, last),
        _steps(leads(full), last),
        _marks(thinned(full, MOST_FULL), labels, "Full evaluation", FULL, "diamond", 10),
        _star(full[full["best"].astype(bool)], labels),
    ]
    return live_figure(traces, _LAYOUT, run=run)


def thinned(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most `most` rows, evenly spread, the last one among them.

    Counted from the first row, so that the same rows are kept when more are added.
    """
    if len(frame) <= most:
        return frame
    step = math.ceil(len(frame) / (most - 1))
    places = list(range(0, len(frame), step))
    return frame.iloc[sorted({*places, len(frame) - 1})]


def leads(full: pd.DataFrame) -> pd.DataFrame:
    """`number` and `mean` for each time that another candidate took the lead, from `full_frame`."""
    means = dict(zip(full["candidate"], full["mean"], strict=True))
    changed = full[full["leader"] != full["leader"].shift()]
    return pd.DataFrame({"number": changed["number"], "mean": changed["leader"].map(means)})


def _marks(
    frame: pd.DataFrame, labels: dict[str, str], name: str, color: str, symbol: str, size: int
) -> dict[str, Any]:
    numbers = {candidate: number for number, candidate in enumerate(labels)}
    # single precision: a fifteenth digit is never seen, but sent with every new score
    columns = ("number", "mean", "low", "high")
    number, mean, low, high = (frame[column].to_numpy(dtype=np.float32) for column in columns)
    heavy = symbol == "diamond"
    return {
        "type": "scatter",
        "name": name,
        "mode": "markers",
        "x": number,
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
        ).astype(np.float32),
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


def _steps(leads: pd.DataFrame, last: int) -> dict[str, Any]:
    """The line runs on to the newest trial."""
    x, y = leads["number"].tolist(), leads["mean"].tolist()
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
    texts = [
        f"{labels[candidate].split()[0]}: {mean:.1%}"
        for candidate, mean in zip(best["candidate"], best["mean"], strict=True)
    ]
    return {
        "type": "scatter",
        "name": "Best",
        "mode": "markers+text",
        "x": best["number"].tolist(),
        "y": best["mean"].tolist(),
        "text": texts,
        "textposition": "top left",
        "marker": {"color": BEST, "symbol": "star", "size": 15},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
