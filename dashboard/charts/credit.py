"""Which predictor and which kind of choice makes candidates differ."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.results.credit import Share
from dashboard.charts.columns import label
from dashboard.charts.layout import hatching, live_figure
from dashboard.theme import BASELINE, BEST, FULL

_KINDS = {
    "instruction": ("Instructions", FULL, ""),
    "demo_set": ("Demo sets", BEST, "/"),
    None: ("Neither alone", BASELINE, "."),
}


def credit_height(predictors: int) -> int:
    """Pixels for this many predictors."""
    return 130 + 34 * (predictors + 2)


def credit_figure(shares: Sequence[Share], names: dict[str, str], *, run: str) -> go.Figure:
    """One bar per predictor, stacked by kind; below them what belongs to no single choice.

    `names` are predictor → name on screen. Shares are fractions of the explained variation.
    """
    whole: dict[str, float] = {}
    for each in shares:
        row = names[each.predictor] if each.predictor else each.name
        whole[row] = whole.get(row, 0.0) + each.share
    own = {names[each.predictor] for each in shares if each.predictor}
    rows = sorted(whole, key=lambda row: (row not in own, -whole[row]))
    traces = [_kind(shares, names, rows, part) for part in _KINDS]
    layout = {
        "height": credit_height(len(own)),
        "barmode": "stack",
        "margin": {"l": 190, "r": 40, "t": 8, "b": 56},
        "xaxis": {"tickformat": ".0%", "range": [0, 1.02], "zeroline": False},
        "yaxis": {
            "tickvals": list(range(len(rows))),
            "ticktext": [
                label(row) if row in own else f"{row[:1].upper()}{row[1:]}" for row in rows
            ],
            "range": [len(rows) - 0.5, -0.5],
            "showgrid": False,
        },
    }
    return live_figure(traces, layout, run=run)


def _kind(
    shares: Sequence[Share], names: dict[str, str], rows: list[str], part: str | None
) -> dict[str, Any]:
    name, color, pattern = _KINDS[part]
    own = [each for each in shares if each.part == part]
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "x": [each.share for each in own],
        "y": [rows.index(names[each.predictor] if each.predictor else each.name) for each in own],
        "text": [f"{each.share:.0%}" if each.share >= 0.04 else "" for each in own],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "marker": {
            "color": color,
            "pattern": hatching(pattern),
        },
        "customdata": [each.name for each in own],
        "hovertemplate": "%{x:.1%}<extra>%{fullData.name}</extra>",
    }
