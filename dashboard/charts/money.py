"""LM calls of each model: spent, in flight, still to come, beside the cap."""

from typing import Any

import plotly.graph_objects as go

from core.results.money import ModelMoney, Money
from dashboard.charts.layout import hatching, live_figure
from dashboard.theme import BASELINE, BEST, FULL, MINIBATCH

MONEY_HEIGHT = 280


def money_figure(money: Money, *, run: str) -> go.Figure:
    """A stacked bar per model and one for all; the cap is a line across the last."""
    parts = [_parts(each) for each in money.rows.values()]
    last = len(parts) - 1
    traces = [
        _bars("Made", [part[0] for part in parts], FULL, ""),
        _bars("In flight, at most", [part[1] for part in parts], MINIBATCH, "/"),
        _bars("Still to come, at most", [part[2] for part in parts], BASELINE, "."),
        {
            "type": "scatter",
            "name": "Cap",
            "mode": "lines",
            "x": [] if money.cap is None else [money.cap] * 2,
            "y": [] if money.cap is None else [last - 0.45, last + 0.45],
            "line": {"color": BEST, "width": 3, "dash": "dash"},
            "hovertemplate": "Cap: %{x:,} calls<extra></extra>",
            "showlegend": money.cap is not None,
        },
    ]
    layout = {
        "height": MONEY_HEIGHT,
        "barmode": "stack",
        "margin": {"l": 96, "r": 24, "t": 8, "b": 76},
        "xaxis": {
            "title": {"text": "LM calls", "standoff": 2},
            "rangemode": "tozero",
            "zeroline": False,
        },
        "yaxis": {
            "tickvals": list(range(len(parts))),
            "ticktext": list(money.rows),
            "range": [last + 0.5, -0.5],
            "showgrid": False,
        },
    }
    return live_figure(traces, layout, run=run)


def _parts(model: ModelMoney) -> tuple[int, int, int]:
    """Made, in flight, still to come."""
    later = 0 if model.projected_calls is None else model.projected_calls - model.calls
    return model.calls, model.reserved, max(0, later - model.reserved)


def _bars(name: str, calls: list[int], color: str, pattern: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "x": calls,
        "y": list(range(len(calls))),
        "width": 0.6,
        "marker": {
            "color": color,
            "pattern": hatching(pattern),
        },
        "hovertemplate": "%{x:,} calls<extra>%{fullData.name}</extra>",
    }
