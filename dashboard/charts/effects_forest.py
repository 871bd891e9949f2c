"""What each instruction and demo set of one predictor is believed to do to the score."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.colour import faint
from dashboard.charts.columns import label
from dashboard.charts.layout import live_figure, whiskers
from dashboard.theme import BASELINE, BEST, FULL

MOST_SHOWN = 30
ROW = 22
"""Pixels of one row."""
_LOOKS = {"instruction": ("Instruction", FULL, "diamond"), "demo_set": ("Demo set", BEST, "square")}


def forest_height(rows: int) -> int:
    """Pixels; in steps, so that the page does not move with every new choice."""
    shown = min(rows, MOST_SHOWN)
    return 130 + ROW * max(8, 8 * -(-shown // 8))


def effects_figure(effects: pd.DataFrame, *, run: str) -> go.Figure:
    """Effects with 90 % intervals, best first; the largest 30.

    `effects` has `choice` (its name), `part`, `id`, `mean`, `low` and `high`, fractions. Beside
    zero, a choice does what the mean choice of its predictor does. A mark's `customdata` is
    (part, id).
    """
    largest = effects["mean"].abs().sort_values(ascending=False, kind="stable").head(MOST_SHOWN)
    top = effects.loc[largest.index].sort_values("mean", ascending=False, kind="stable")
    top = top.assign(row=range(len(top)))
    traces = [_marks(top[top["part"] == part], part) for part in _LOOKS]
    layout = {
        "height": forest_height(len(effects)),
        "margin": {"l": 104, "r": 16, "t": 16, "b": 76},
        "xaxis": {
            "title": {"text": "Effect in points, 90 % interval", "standoff": 2},
            "zeroline": True,
            "zerolinecolor": BASELINE,
            "zerolinewidth": 2,
        },
        "yaxis": {
            "tickvals": list(range(len(top))),
            "ticktext": [label(each) for each in top["choice"]],
            "range": [max(len(top), 4) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
        },
    }
    return live_figure(traces, layout, run=run)


def _marks(rows: pd.DataFrame, part: str) -> dict[str, object]:
    name, color, symbol = _LOOKS[part]
    points = {each: 100 * rows[each].to_numpy() for each in ("low", "mean", "high")}
    return {
        "type": "scatter",
        "name": name,
        "mode": "markers",
        "x": points["mean"],
        "y": rows["row"].tolist(),
        "error_x": whiskers(points["low"], points["mean"], points["high"], faint(color, 0.6)),
        "marker": {"color": color, "symbol": symbol, "size": 10},
        "text": [
            f"{label(each)}: {mean:+.1f} points<br>90 %: {low:+.1f} to {high:+.1f}"
            for each, mean, low, high in zip(
                rows["choice"], points["mean"], points["low"], points["high"], strict=True
            )
        ],
        "customdata": [list(pair) for pair in zip(rows["part"], rows["id"], strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
    }
