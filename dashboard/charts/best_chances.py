"""How probable it is that each candidate is the best, and how near the search is to its end."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from dashboard.charts.columns import label
from dashboard.charts.layout import live_figure
from dashboard.theme import BASELINE, BEST, FULL, MINIBATCH

CHANCES_HEIGHT = 330
SURENESS_HEIGHT = 130


def best_chances_figure(
    chances: Mapping[str, float], labels: Mapping[str, str], recommended: str | None, *, run: str
) -> go.Figure:
    """Bars of candidate id → probability of being the best of those tried, largest first.

    A bar's `customdata` is the candidate's id; the recommended one has the colour of the best.
    """
    ordered = sorted(chances.items(), key=lambda pair: -pair[1])
    bars = {
        "type": "bar",
        "orientation": "h",
        "name": "Probability of being the best",
        "x": [chance for _, chance in ordered],
        "y": list(range(len(ordered))),
        "text": [f"{chance:.0%}" for _, chance in ordered],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": [candidate for candidate, _ in ordered],
        "marker": {"color": [BEST if each == recommended else MINIBATCH for each, _ in ordered]},
        "hovertemplate": "%{x:.1%}<extra></extra>",
    }
    reach = min(1.05, max(0.25, 1.3 * max(chances.values(), default=0.0)))
    layout = {
        "height": CHANCES_HEIGHT,
        "margin": {"l": 96, "r": 40, "t": 8, "b": 32},
        "xaxis": {"tickformat": ".0%", "range": [0, reach], "zeroline": False},
        "yaxis": {
            "tickvals": list(range(len(ordered))),
            "ticktext": [
                label(labels.get(each, "?")) + (" ★" if each == recommended else "")
                for each, _ in ordered
            ],
            "range": [max(len(ordered), 4) - 0.5, -0.5],
            "showgrid": False,
        },
        "showlegend": False,
    }
    return live_figure([bars], layout, run=run)


def sureness_figure(near_best: float, threshold: float | None, *, run: str) -> go.Figure:
    """A bar from 0 to 1: how surely nothing is more than a point better than the recommendation.

    The line is where the search stops; there is none for optimizers that do not stop by it.
    """
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": "Probability",
            "x": [near_best],
            "y": [0],
            "width": 0.5,
            "marker": {"color": FULL},
            "text": [f"{near_best:.0%}"],
            "textposition": "outside" if near_best < 0.8 else "inside",
            "hovertemplate": "%{x:.1%}<extra></extra>",
        },
        {
            "type": "scatter",
            "name": "The search stops here",
            "mode": "lines",
            "x": [] if threshold is None else [threshold] * 2,
            "y": [] if threshold is None else [-0.45, 0.45],
            "line": {"color": BEST, "width": 3, "dash": "dash"},
            "hovertemplate": "Stops at %{x:.0%}<extra></extra>",
            "showlegend": threshold is not None,
        },
    ]
    layout = {
        "height": SURENESS_HEIGHT,
        "margin": {"l": 16, "r": 24, "t": 8, "b": 48},
        "xaxis": {"tickformat": ".0%", "range": [0, 1], "zerolinecolor": BASELINE},
        "yaxis": {"visible": False, "range": [-0.5, 0.5]},
    }
    traces[0]["showlegend"] = False
    return live_figure(traces, layout, run=run)
