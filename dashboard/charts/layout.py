"""What the live charts have in common, so that zoom and legend survive new data."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

BELOW_AXIS = 26
BELOW_TITLE = 58
"""Pixels from the plot down to the legend, without and with a title of the axis."""


def live_figure(traces: Sequence[dict[str, Any]], layout: dict[str, Any], *, run: str) -> go.Figure:
    """A figure from plain dicts; `run` is the `uirevision`.

    Plotly would check and copy every value on its way, which takes several times as long as all the
    rest; the tests have it check the same dicts. Long columns should be arrays, not lists.
    """
    whole = {"hovermode": "closest", **layout, "uirevision": run}
    whole.setdefault("legend", _legend(layout))
    return go.Figure({"data": list(traces), "layout": whole}, _validate=False).update_layout(
        template=None
    )


def _legend(layout: dict[str, Any]) -> dict[str, Any]:
    """Below the plot; Plotly makes room for it where a narrow screen breaks it into rows."""
    margin = layout["margin"]
    plot = layout["height"] - margin["t"] - margin["b"]
    below = BELOW_TITLE if "title" in layout.get("xaxis", {}) else BELOW_AXIS
    return {"orientation": "h", "x": 0, "y": -below / plot, "yanchor": "top"}


def whiskers(low: Any, middle: Any, high: Any, color: str) -> dict[str, Any]:
    """Error bars that end at `low` and `high`."""
    return {
        "type": "data",
        "symmetric": False,
        "array": high - middle,
        "arrayminus": middle - low,
        "color": color,
        "thickness": 2,
        "width": 0,
    }


def hatching(shape: str) -> dict[str, Any]:
    """White marks of this shape over a bar's colour, for those who cannot tell colours apart."""
    return {
        "shape": shape,
        "fillmode": "overlay",
        "fgcolor": "#FFFFFF",
        "fgopacity": 0.5,
        "solidity": 0.25,
    }
