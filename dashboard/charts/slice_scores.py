"""Scores of several entrants by slice of a column, with 95 % intervals."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.colour import faint
from dashboard.charts.columns import label
from dashboard.charts.comparison_intervals import SYMBOLS
from dashboard.charts.layout import live_figure, whiskers
from dashboard.theme import CATEGORICAL

ROW = 14
"""Pixels for each entrant in a slice."""


def slices_height(slices: int, entrants: int) -> int:
    """Pixels."""
    return 130 + slices * (16 + ROW * entrants)


def slices_figure(frame: pd.DataFrame, *, run: str) -> go.Figure:
    """`frame` as of `core.comparison.slices.sliced`: one mark per entrant in each slice's row."""
    slices, entrants = (list(dict.fromkeys(frame[name])) for name in ("slice", "entrant"))
    counts = frame.groupby("slice", sort=False)["n"].max()
    layout = {
        "height": slices_height(len(slices), len(entrants)),
        "margin": {"l": 120, "r": 12, "t": 8, "b": 84},
        "xaxis": {
            "title": {"text": "Score in %, 95 % interval", "standoff": 2},
            "range": [-2, 102],
        },
        "yaxis": {
            "tickvals": list(range(len(slices))),
            "ticktext": [f"{label(name)} ({counts[name]:,})" for name in slices],
            "range": [len(slices) - 0.5, -0.5],
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
        },
    }
    gap = 0.7 / max(1, len(entrants))
    rows = {name: place - 0.35 for place, name in enumerate(slices)}
    traces = [
        _marks(frame[frame["entrant"] == entrant], entrant, place, rows, gap * (place + 0.5))
        for place, entrant in enumerate(entrants)
    ]
    return live_figure(traces, layout, run=run)


def _marks(
    own: pd.DataFrame, entrant: str, place: int, rows: Mapping[str, float], shift: float
) -> dict[str, Any]:
    low, middle, high = (100 * own[name].to_numpy() for name in ("low", "mean", "high"))
    color = CATEGORICAL[place % len(CATEGORICAL)]
    return {
        "type": "scatter",
        "name": label(entrant),
        "mode": "markers",
        "x": middle,
        "y": [rows[name] + shift for name in own["slice"]],
        "error_x": whiskers(low, middle, high, faint(color, 0.6)),
        "marker": {"color": color, "symbol": SYMBOLS[place % len(SYMBOLS)], "size": 8},
        "text": [
            f"{label(entrant)}, {label(name)}<br>{value:.1f} %, n = {n:,}"
            for name, value, n in zip(own["slice"], middle, own["n"], strict=True)
        ],
        "hovertemplate": "%{text}<extra></extra>",
    }
