"""Figures about one column of a dataset and about how its labels fall into the parts."""

import html

import pandas as pd
import plotly.graph_objects as go

from dashboard.theme import CATEGORICAL, TEMPLATE

MOST_BARS = 20
PARTS = ("trainset", "valset", "testset")
_LONGEST_NAME = 28


def balance_figure(frame: pd.DataFrame) -> go.Figure:
    """Bars of `rows` per `value`, in the frame's order; the first 20 values."""
    shown = frame.head(MOST_BARS)
    figure = go.Figure(
        go.Bar(
            x=shown["rows"],
            y=[label(value) for value in shown["value"]],
            orientation="h",
            marker={"color": CATEGORICAL[0]},
            hovertemplate="%{y}: %{x} rows<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", type="category", automargin=True)
    figure.update_xaxes(title_text="rows")
    return _laid_out(figure, height=90 + 26 * len(shown))


def distribution_figure(values: pd.Series, *, unit: str) -> go.Figure:
    """A histogram of numbers; `unit` names the axis."""
    figure = go.Figure(
        go.Histogram(
            x=values,
            nbinsx=30,
            marker={"color": CATEGORICAL[0]},
            hovertemplate="%{x}: %{y} rows<extra></extra>",
        )
    )
    figure.update_xaxes(title_text=unit)
    figure.update_yaxes(title_text="rows")
    return _laid_out(figure, height=280)


def part_balance_figure(frame: pd.DataFrame) -> go.Figure:
    """Per `value` one bar for each `part`: its `share` of the part's rows, a fraction."""
    values = list(dict.fromkeys(frame["value"]))[:MOST_BARS]
    figure = go.Figure()
    for part, color in zip(PARTS, CATEGORICAL, strict=False):
        rows = frame[(frame["part"] == part) & frame["value"].isin(values)]
        figure.add_bar(
            name=part,
            x=[label(value) for value in rows["value"]],
            y=rows["share"],
            customdata=rows["rows"],
            marker={"color": color},
            hovertemplate="%{x}: %{y:.1%} (%{customdata} rows)",
        )
    figure.update_xaxes(type="category", automargin=True)
    figure.update_yaxes(title_text="share of the part", tickformat=".0%", rangemode="tozero")
    figure.update_layout(barmode="group")
    return _laid_out(figure, height=320)


def label(value: object) -> str:
    """A value as axis text: short, and with nothing that Plotly would take for markup."""
    text = " ".join(str(value).split())
    short = text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"
    return html.escape(short) or "(empty)"


def _laid_out(figure: go.Figure, *, height: int) -> go.Figure:
    figure.update_layout(template=TEMPLATE, height=height)
    return figure
