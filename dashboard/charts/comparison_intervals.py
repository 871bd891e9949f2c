"""Scores and paired differences of the entrants of a comparison, each with its 95 % interval.

A row per entrant; long names stand above its mark, so that they take no width from the plot.
"""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.evaluation.statistics import Mean, PairedDifference
from dashboard.charts.colour import faint
from dashboard.charts.columns import label
from dashboard.charts.layout import live_figure
from dashboard.theme import BASELINE, CATEGORICAL

ROW = 52
"""Pixels of one row."""
_SHORT = 8
"""Characters of a name that stands beside its row, not above it."""

SYMBOLS = ("circle", "diamond", "square", "triangle-up")
"""One for each entrant, as colour alone must not tell them apart."""


def intervals_height(rows: int) -> int:
    """Pixels for this many entrants."""
    return 70 + ROW * rows


def scores_figure(labels: Sequence[str], means: Sequence[Mean | None], *, run: str) -> go.Figure:
    """Mean scores on the shared examples, in percent; an entrant without one has an empty row."""
    rows = [
        (place, name, 100 * mean.low, 100 * mean.value, 100 * mean.high, f"n = {mean.n:,}")
        for place, (name, mean) in enumerate(zip(labels, means, strict=True))
        if mean is not None
    ]
    axis = {"title": {"text": "Score in %, 95 % interval", "standoff": 2}, "range": _span(rows)}
    return _figure(labels, rows, axis, "{:.1f} %", run=run)


def differences_figure(
    labels: Sequence[str],
    differences: Sequence[PairedDifference | None],
    reference: int,
    *,
    run: str,
) -> go.Figure:
    """Paired differences to the reference in points, whose own row has a dot at zero."""
    rows = [
        (place, name, 100 * one.low, 100 * one.value, 100 * one.high, f"n = {one.n:,}")
        for place, (name, one) in enumerate(zip(labels, differences, strict=True))
        if one is not None
    ]
    rows.append((reference, labels[reference], 0.0, 0.0, 0.0, "the reference"))
    axis = {
        "title": {"text": "Difference to the reference in points, 95 %", "standoff": 2},
        "zeroline": True,
        "zerolinecolor": BASELINE,
        "zerolinewidth": 2,
    }
    return _figure(labels, rows, axis, "{:+.1f} points", run=run)


def _figure(
    labels: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    axis: dict[str, Any],
    number: str,
    *,
    run: str,
) -> go.Figure:
    count, are_short = len(labels), max(map(len, labels)) <= _SHORT
    layout = {
        "height": intervals_height(count),
        "margin": {"l": 72 if are_short else 12, "r": 16, "t": 8, "b": 48},
        "showlegend": False,
        "legend": {},
        "xaxis": {"nticks": 7, **axis},
        "yaxis": {
            "range": [count - 0.45, -0.75],
            "tickvals": list(range(count)),
            "ticktext": [label(name) for name in labels],
            "showticklabels": are_short,
            "showgrid": False,
            "zeroline": False,
        },
        "annotations": [
            {
                "x": 0, "xref": "paper", "xanchor": "left", "y": place, "yshift": 16,
                "text": label(name), "showarrow": False, "font": {"size": 11},
            }
            for place, name in enumerate(() if are_short else labels)
        ],
    }  # fmt: skip
    return live_figure([_mark(*row, number) for row in rows], layout, run=run)


def _mark(
    place: int, name: str, low: float, value: float, high: float, n: str, number: str
) -> dict[str, Any]:
    color = CATEGORICAL[place % len(CATEGORICAL)]
    interval = "" if low == high == value == 0 else f"<br>95 %: {low:.1f} to {high:.1f}"
    return {
        "type": "scatter",
        "name": label(name),
        "mode": "markers",
        "x": [value],
        "y": [place],
        "error_x": {
            "type": "data", "symmetric": False, "array": [high - value],
            "arrayminus": [value - low], "color": faint(color, 0.65), "thickness": 3, "width": 0,
        },
        "marker": {"color": color, "symbol": SYMBOLS[place % len(SYMBOLS)], "size": 11},
        "text": [f"{label(name)}: {number.format(value)}{interval}<br>{n}"],
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip


def _span(rows: Sequence[tuple[Any, ...]]) -> list[float]:
    """Both ends of the axis: what the intervals take, and some room."""
    if not rows:
        return [0.0, 100.0]
    low, high = min(row[2] for row in rows), max(row[4] for row in rows)
    room = max(2.0, 0.08 * (high - low))
    return [max(-1.0, low - room), min(101.0, high + room)]
