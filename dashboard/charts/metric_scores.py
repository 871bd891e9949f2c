"""How the scores of a metric are spread over a few answers."""

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.theme import CATEGORICAL, TEMPLATE

HEIGHT = 220
_STEPS = 10


def metric_scores_figure(scores: Sequence[float]) -> go.Figure:
    """Bars: how many answers score 0 %, about 10 %, … 100 %."""
    places = [round(_STEPS * score) for score in scores]
    names = [f"{100 * place // _STEPS} %" for place in range(_STEPS + 1)]
    figure = go.Figure(
        go.Bar(
            x=names,
            y=[places.count(place) for place in range(_STEPS + 1)],
            marker={"color": CATEGORICAL[0]},
            hovertemplate="about %{x}: %{y} answers<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="score", type="category")
    figure.update_yaxes(title_text="answers", rangemode="tozero", dtick=max(1, len(scores) // 5))
    figure.update_layout(template=TEMPLATE, height=HEIGHT)
    return figure
