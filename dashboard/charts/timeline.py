"""What the run did when: trials as bars, decisions and failures as marks."""

import html
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from core.results.timeline import Timeline
from dashboard.charts.colour import faint
from dashboard.charts.columns import label
from dashboard.charts.layout import live_figure
from dashboard.theme import BASELINE, BEST, CATEGORICAL, FULL, MINIBATCH

HEIGHT = 460
DECISION, FAILURE = "Decision", "Failure"
"""Names of the traces of marks; all others are of trials."""
PEOPLE, FAILURES = -2, -1
"""Rows of the marks; trials stand below, as many rows as ran together."""
_FAILED = CATEGORICAL[3]
_WORDS = 100
"""Characters of a decision that are shown while the mouse is over its mark."""
_LABEL = 0.1
"""Share of the width that the name of a phase takes."""
_LOOKS = {
    "Minibatch": (MINIBATCH, ""),
    "Full evaluation": (FULL, ""),
    "Baseline": (BASELINE, ""),
    "Test": (CATEGORICAL[2], ""),
    "In flight": (BEST, "/"),
    "Ended by a decision": (BASELINE, "x"),
}

_PURPOSES = {
    "minibatch": "Minibatch",
    "full": "Full evaluation",
    "baseline": "Baseline",
    "test": "Test",
}
Array = npt.NDArray[Any]
Columns = dict[str, Array]


def timeline_figure(timeline: Timeline, *, run: str) -> go.Figure:
    """Minutes since the start against rows of work that ran side by side.

    The first value of `customdata` is a bar's trial, a decision's place in the log, and a failure's
    place in the table of failures. Trials in flight end at the newest event.
    """
    start, end = timeline.start or 0.0, timeline.end or timeline.start or 0.0
    columns = _columns(timeline.trials, end)
    kinds, rows = _kinds(columns), lanes(columns["start"], columns["end"])
    columns |= {
        "row": rows.astype(np.int16),
        "begin": ((columns["start"] - start) / 60).astype(np.float32),
        "minutes": (np.maximum(columns["end"] - columns["start"], 0) / 60).astype(np.float32),
    }
    traces = [_bars(columns, kinds == kind, kind) for kind in _LOOKS]
    traces += [_decisions(timeline, start), _failures(timeline, start)]
    depth = int(rows.max()) + 1 if len(rows) else 1
    layout = {
        "height": HEIGHT,
        "barmode": "overlay",
        "margin": {"l": 76, "r": 16, "t": 24, "b": 76},
        "xaxis": {"title": {"text": "Minutes since the start", "standoff": 2}, "zeroline": False},
        "yaxis": {
            "tickvals": [PEOPLE, FAILURES],
            "ticktext": ["People", "Failures"],
            "range": [max(depth, 4) - 0.4, PEOPLE - 0.6],
            "showgrid": False,
            "zeroline": False,
        },
        **_phases(timeline, start),
    }
    return live_figure(traces, layout, run=run)


def lanes(starts: Array, ends: Array) -> Array:
    """For each piece of work, in order of its start, the first row that is free by then.

    What comes later never moves what is there already.
    """
    free: list[float] = []
    rows = np.zeros(len(starts), dtype=int)
    order = np.argsort(starts, kind="stable")
    for place, begin, end in zip(order, starts[order].tolist(), ends[order].tolist(), strict=True):
        for row, until in enumerate(free):
            if until <= begin:
                free[row] = end
                rows[place] = row
                break
        else:
            rows[place] = len(free)
            free.append(end)
    return rows


def _columns(trials: pd.DataFrame, end: float) -> Columns:
    """The table as arrays; a table with texts takes far longer to be divided by kind."""
    ends = trials["end"].to_numpy()
    candidates = [int(label[1:]) for label in trials["label"]]
    told = [trials["number"].to_numpy(), np.array(candidates), trials["mean"], trials["n"]]
    return {
        "purpose": trials["purpose"].to_numpy(dtype=object),
        "start": trials["start"].to_numpy(),
        "end": np.where(np.isnan(ends), end, ends),
        "open": np.isnan(ends),
        "cancelled": trials["cancelled"].to_numpy(dtype=bool),
        "told": np.column_stack([np.asarray(each, np.float32) for each in told]),
    }


def _kinds(columns: Columns) -> Array:
    """Which of `_LOOKS` each trial has."""
    ended = np.array([_PURPOSES[purpose] for purpose in columns["purpose"]], dtype=object)
    shown = np.where(columns["cancelled"], "Ended by a decision", ended)
    return np.where(columns["open"], "In flight", shown)


def _bars(columns: Columns, own: Array, kind: str) -> dict[str, Any]:
    """Numbers as arrays: two thousand texts would make half of what is sent."""
    color, pattern = _LOOKS[kind]
    score = "" if kind == "In flight" else "%{customdata[2]:.1%} (n = %{customdata[3]})"
    return {
        "type": "bar",
        "orientation": "h",
        "name": kind,
        "base": columns["begin"][own],
        "x": columns["minutes"][own],
        "y": columns["row"][own],
        "width": 0.8,
        "marker": {
            "color": faint(color, 0.85),
            "line": {"width": 1, "color": color},
            "pattern": {"shape": pattern},
        },
        "customdata": columns["told"][own],
        "hovertemplate": "Trial %{customdata[0]}: C%{customdata[1]}<br>"
        + score
        + "<extra>%{fullData.name}</extra>",
    }


def _decisions(timeline: Timeline, start: float) -> dict[str, Any]:
    marks = timeline.decisions
    return {
        "type": "scatter",
        "name": DECISION,
        "mode": "markers",
        "x": [(each.at - start) / 60 for each in marks],
        "y": [PEOPLE] * len(marks),
        "marker": {"symbol": "star-diamond", "size": 13, "color": BEST},
        "text": [html.escape(each.words[:_WORDS]) for each in marks],
        "customdata": [[each.seq] for each in marks],
        "hovertemplate": "%{text}<extra>Decision</extra>",
    }


def _failures(timeline: Timeline, start: float) -> dict[str, Any]:
    failures = timeline.failures
    return {
        "type": "scatter",
        "name": FAILURE,
        "mode": "markers",
        "x": ((failures["at"] - start) / 60).tolist(),
        "y": [FAILURES] * len(failures),
        "marker": {
            "symbol": "x-thin",
            "size": [min(16, 7 + count) for count in failures["count"]],
            "color": _FAILED,
            "line": {"width": 2, "color": _FAILED},
        },
        "text": [label(each) for each in failures["kinds"]],
        "customdata": [[place] for place in range(len(failures))],
        "hovertemplate": "%{text}<extra>Failure</extra>",
    }


def _phases(timeline: Timeline, start: float) -> dict[str, Any]:
    """A dotted line where each phase began, and its name; one label for those close together."""
    places = [(each.phase, (each.start - start) / 60) for each in timeline.phases]
    apart = _LABEL * ((timeline.end or start) - start) / 60
    labels: list[tuple[str, float]] = []
    for phase, x in places:
        last, at = labels[-1] if labels else ("", x)
        if last and x - at < apart * (1 + last.count(" · ")):
            labels[-1] = f"{last} · {phase}", at
        else:
            labels.append((phase, x))
    return {
        "shapes": [
            {
                "type": "line",
                "x0": x,
                "x1": x,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": BASELINE, "width": 1, "dash": "dot"},
            }
            for _, x in places
        ],
        "annotations": [
            {
                "x": x,
                "yref": "paper",
                "y": 1,
                "text": phase,
                "showarrow": False,
                "xanchor": "left",
                "yanchor": "bottom",
                "font": {"size": 11},
            }
            for phase, x in labels
        ],
    }
