"""Failed attempts at calls over time, as shares of all attempts, by kind."""

from typing import Any

import plotly.graph_objects as go

from core.lm.failures import GROUPS, TITLES, Group
from core.runs.troubles import Troubles
from dashboard.charts.layout import hatching, live_figure
from dashboard.theme import BASELINE, CATEGORICAL

ERRORS_HEIGHT = 260
_COLORS = dict(zip(GROUPS, (*CATEGORICAL, BASELINE), strict=True))
_PATTERNS = dict(zip(GROUPS, ("", "/", "\\", "x", "-", "|", "+", ".", ""), strict=True))


def errors_figure(troubles: Troubles, *, run: str) -> go.Figure:
    """A stacked bar per span of time; only kinds that occurred have a part."""
    first = min((span.start for span in troubles.spans), default=0.0)
    last = max((span.start for span in troubles.spans), default=0.0)
    unit, name = (1.0, "seconds") if last - first < 180 else (60.0, "minutes")
    middles = [(span.start - first + troubles.length / 2) / unit for span in troubles.spans]
    width = troubles.length / unit * 0.85
    traces = [_bars(group, troubles, middles, width) for group in GROUPS if troubles.failed[group]]
    layout = {
        "height": ERRORS_HEIGHT,
        "barmode": "stack",
        "bargap": 0.15,
        "showlegend": True,
        "margin": {"l": 56, "r": 12, "t": 8, "b": 76},
        "xaxis": {"title": {"text": name, "standoff": 2}, "rangemode": "tozero"},
        "yaxis": {
            "title": {"text": "of all attempts"},
            "tickformat": ".0%",
            "rangemode": "tozero",
        },
    }
    return live_figure(traces, layout, run=run)


def _bars(group: Group, troubles: Troubles, middles: list[float], width: float) -> dict[str, Any]:
    counts = [span.failed[group] for span in troubles.spans]
    attempts = [max(1, span.attempts, span.failed.total()) for span in troubles.spans]
    return {
        "type": "bar",
        "name": TITLES[group],
        "x": middles,
        "y": [count / of for count, of in zip(counts, attempts, strict=True)],
        "customdata": list(zip(counts, attempts, strict=True)),
        "width": width,
        "marker": {
            "color": _COLORS[group],
            "pattern": hatching(_PATTERNS[group]),
        },
        "hovertemplate": "%{customdata[0]:,} of %{customdata[1]:,} attempts"
        "<extra>%{fullData.name}</extra>",
    }
