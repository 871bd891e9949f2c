"""A Plotly chart that is updated in place, so that zoom, legend and hover survive new data.

`st.plotly_chart` rebuilds its chart whenever the data change. This wraps `Plotly.react`, with
plotly.js from the installed wheel (served by `dashboard.asgi`). A click on a mark comes back once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

_JS = """
function load(source) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return window.__plotlyLoad ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = () => done(window.Plotly);
    script.onerror = () => {
      window.__plotlyLoad = null;
      failed(new Error("plotly.js did not load"));
    };
    document.head.appendChild(script);
  });
}

function clicked(event) {
  const point = event.points[0], custom = point.customdata ?? null;
  const number = (value) => (typeof value === "number" ? value : null);
  return { trace: String(point.data.name ?? ""), x: number(point.x), custom };
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".live-plot");
  element.__send = (event) => setTriggerValue("clicked", clicked(event));
  const css = getComputedStyle(parentElement);
  const themed = (name, other) => css.getPropertyValue(name).trim() || other;
  const figure = JSON.parse(data.figure);
  const text = themed("--st-text-color", "#333");
  const layout = {
    ...figure.layout,
    template: undefined,
    autosize: true,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: text, family: themed("--st-font", "sans-serif"), size: 12 },
    hoverlabel: {
      bgcolor: themed("--st-secondary-background-color", "#eee"),
      font: { color: text },
    },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: themed("--st-border-color", "#999") },
  };
  delete layout.transition;  // any transition freezes the autorange
  const axes = Object.keys(figure.layout).filter((name) => /^[xy]axis[0-9]*$/.test(name));
  for (const axis of new Set(["xaxis", "yaxis", ...axes]))
    layout[axis] = {
      gridcolor: themed("--st-border-color-light", themed("--st-border-color", "#e5e5e5")),
      zerolinecolor: themed("--st-border-color", "#ccc"),
      ...figure.layout[axis],
    };
  element.setAttribute("role", "figure");
  element.setAttribute("aria-label", data.alt);
  load(data.source)
    .then((plotly) =>
      plotly.react(element, figure.data, layout, {
        responsive: true,
        displaylogo: false,
        // named one by one: plotly's own set has a button that sends the chart to its makers
        modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
      })
    )
    .then(() => {
      if (element.__listens || !data.clickable) return;
      element.__listens = true;
      element.on("plotly_click", (event) => element.__send(event));
    })
    .catch((error) => { element.textContent = "The chart cannot be shown: " + error.message; });
  return () => { if (window.Plotly) window.Plotly.purge(element); };
}
"""

# Not isolated, because Plotly writes its style sheet into the document, not into a shadow root.
_CHART = st.components.v2.component(
    "live_chart",
    js=_JS,
    html='<div class="live-plot" style="width:100%"></div>',
    isolate_styles=False,
)


@dataclass(frozen=True, kw_only=True)
class Click:
    """The mark that a person clicked, as the browser tells it: to be checked before it is used."""

    trace: str
    x: float | None
    """None where the axis has no numbers."""
    custom: Any
    """The mark's `customdata`."""


def render_live_chart(
    figure_json: str, *, key: str, alt: str, height: int, clickable: bool = False
) -> Click | None:
    """Draw `Figure.to_json()` in place; a click on a `clickable` chart, told once.

    The layout needs `template=None`, a `uirevision` that stays the same for as long as zoom and
    legend shall, and the same `height` in pixels. Nothing is sent while the JSON stays the same.
    """
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    prefix = f"/{base}" if base else ""
    source = f"{prefix}/assets/plotly/plotly.min.js"
    drawn = _CHART(
        data={"figure": figure_json, "alt": alt, "source": source, "clickable": clickable},
        key=key,
        height=height,
        on_clicked_change=_nothing,
    )
    return _click(drawn.clicked)


def _click(told: object) -> Click | None:
    if not isinstance(told, Mapping):
        return None
    x = told.get("x")
    return Click(
        trace=str(told.get("trace", "")),
        x=float(x) if isinstance(x, int | float) else None,
        custom=told.get("custom"),
    )


def _nothing() -> None:
    """Streamlit wants a callback for every value that a component can send."""
