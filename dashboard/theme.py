"""The colours of the charts, matching `.streamlit/config.toml`, and the Plotly template.

Every colour has a contrast of at least 3:1 on the light and on the dark background, and the four
roles differ for every kind of colour vision (after Okabe and Ito, Color Universal Design, 2008).
A mark's shape must say the same as its colour.
"""

import plotly.graph_objects as go

BASELINE = "#8A8F98"
"""The program as given: a dashed reference line."""
MINIBATCH = "#3E9BD3"
"""Scores on a minibatch: open circles."""
FULL = "#0072B2"
"""Scores on the whole valset: filled diamonds."""
BEST = "#D55E00"
"""The best fully evaluated candidate: a star."""

CATEGORICAL = (
    *("#2B7FBF", "#D55E00", "#009E73", "#B25D91"),
    *("#B87F00", "#7C828D", "#0F8B9D", "#8A6FD1"),
)
"""`chartCategoricalColors` of both themes."""


def legible(label: object) -> str:
    """The label of a segment or a pill, as Markdown in the colour of plain text.

    Streamlit writes the chosen one in the primary colour. In the dark theme that is too dark for
    text, since primary buttons carry white text: no colour has 4.5:1 with both. What is chosen is
    still told by border and background.
    """
    return f":yellow[{label}]"


TEMPLATE = go.layout.Template(
    layout=go.Layout(
        colorway=CATEGORICAL,
        font={"size": 12},
        margin={"l": 48, "r": 12, "t": 28, "b": 40},
        hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
)
"""For figures drawn by `st.plotly_chart`; text and grid take the colours of the page."""
