"""Example by example: a table whose rows open with a click, Enter, or the arrow keys.

A table of the page itself, not a canvas: score, change and answer of an entrant stand together in
one cell, screen readers can read it, and the open row is marked. Texts get there as text.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

LONGEST = 280
"""Characters of a text in a cell; all of it is below the table when the row is open."""

_HTML = '<div class="scroll" tabindex="-1"><table><thead></thead><tbody></tbody></table></div>'

_CSS = """
.scroll { overflow: auto; max-height: 430px; font-family: var(--st-font);
  color: var(--st-text-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 0.85rem;
  line-height: 1.4; }
th, td { text-align: left; vertical-align: top; padding: 6px 10px;
  border-bottom: 1px solid var(--st-border-color); overflow-wrap: anywhere; }
th { position: sticky; top: 0; z-index: 1; font-weight: 600; white-space: normal;
  background: var(--st-secondary-background-color); }
th.id, td.id { width: 3.5rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th.text, td.text { min-width: 10rem; }
th.wanted, td.wanted { min-width: 6rem; }
th.entrant, td.entrant { min-width: 9rem; }
tbody tr { cursor: pointer; }
tbody tr:hover td { background: color-mix(in srgb, var(--st-text-color) 5%, transparent); }
tbody tr:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: -2px; }
tbody tr[aria-selected=true] td {
  background: color-mix(in srgb, var(--st-primary-color) 16%, transparent); }
tbody tr[aria-selected=true] td:first-child { box-shadow: inset 3px 0 var(--st-primary-color); }
.clamp { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical;
  overflow: hidden; }
.head { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: baseline; }
.score { font-weight: 600; font-variant-numeric: tabular-nums; }
.change { padding: 0 6px; border-radius: 999px; font-size: 0.78rem; white-space: nowrap; }
.up { background: color-mix(in srgb, #30a46c 24%, transparent); }
.down { background: color-mix(in srgb, #e5484d 24%, transparent); }
.failed { font-weight: 600; text-decoration: underline wavy #e5484d; text-underline-offset: 4px; }
.rated { font-size: 0.78rem; padding: 0 6px; border-radius: 4px;
  border: 1px solid var(--st-border-color); }
"""

_JS = """
function put(parent, tag, kind, text) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  if (text !== undefined && text !== null) made.textContent = text;
  parent.append(made);
  return made;
}

function cell(row, one) {
  const td = put(row, "td", "entrant"), head = put(td, "div", "head");
  if (one.failure) put(head, "span", "failed", "Failed");
  else put(head, "span", "score", one.score);
  if (one.change) put(head, "span", "change " + one.way, one.change);
  if (one.rating) put(head, "span", "rated", one.rating);
  put(td, "div", "clamp", one.failure || one.text);
}

function head(table, data) {
  const thead = table.querySelector("thead");
  thead.replaceChildren();
  const row = put(thead, "tr");
  for (const [kind, text] of [["id", "Row"], ["text", "Input"], ["wanted", "Expected"]])
    put(row, "th", kind, text).scope = "col";
  for (const label of data.labels) put(row, "th", "entrant", label).scope = "col";
}

function mark(body, id) {
  for (const row of body.rows) row.setAttribute("aria-selected", row.dataset.id === id);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector(".scroll"), table = box.querySelector("table");
  const body = table.querySelector("tbody");
  const focused = parentElement.activeElement?.dataset?.id ?? null;
  table.setAttribute("aria-label", data.alt);
  if (box.__page !== data.page) box.scrollTop = 0;
  box.__page = data.page;
  head(table, data);
  body.replaceChildren();
  const open = (id) => { mark(body, id); setTriggerValue("opened", id); };
  for (const each of data.rows) {
    const row = put(body, "tr");
    row.dataset.id = each.id;
    row.tabIndex = 0;
    put(row, "td", "id", each.id);
    put(put(row, "td", "text"), "div", "clamp", each.input);
    put(put(row, "td", "wanted"), "div", "clamp", each.expected);
    for (const one of each.cells) cell(row, one);
    row.onclick = () => open(each.id);
    row.onkeydown = (event) => {
      const beside = { ArrowDown: row.nextSibling, ArrowUp: row.previousSibling }[event.key];
      if (event.key === "Enter" || event.key === " ") open(each.id);
      else if (beside) beside.focus();
      else return;
      event.preventDefault();
    };
    if (focused === each.id) row.focus({ preventScroll: true });
  }
  mark(body, data.open);
  const shown = body.querySelector("[aria-selected=true]");
  if (shown) {
    const top = shown.offsetTop - table.tHead.offsetHeight;
    const bottom = shown.offsetTop + shown.offsetHeight - box.clientHeight;
    if (box.scrollTop > top) box.scrollTop = top;
    else if (box.scrollTop < bottom) box.scrollTop = bottom;
  }
}
"""

_TABLE = st.components.v2.component("comparison_table", html=_HTML, css=_CSS, js=_JS)


def render_comparison_table(
    frame: pd.DataFrame,
    labels: Sequence[str],
    opened: str | None,
    *,
    page: str,
    on_open: Callable[[str], object],
    key: str,
) -> None:
    """The rows of `frame` (as `ComparisonTable.frame`); `on_open` is told the example of a click.

    The table scrolls to its top when `page` changes.
    """

    def told() -> None:
        chosen = st.session_state[key].opened
        if isinstance(chosen, str):
            on_open(chosen)

    _TABLE(
        data={
            "rows": table_rows(frame, labels),
            "labels": list(labels),
            "open": opened,
            "page": page,
            "alt": f"{len(frame)} examples, a column for each of {len(labels)} candidates",
        },
        key=key,
        on_opened_change=told,
    )


def table_rows(frame: pd.DataFrame, labels: Sequence[str]) -> list[dict[str, Any]]:
    """What the table says, row by row."""
    known = set(frame.columns)
    cells = zip(*(_cells(frame, label, known) for label in labels), strict=True)
    heads = zip(frame["example"], frame["input"], frame["expected"], strict=True)
    return [
        {"id": example, "input": _short(given), "expected": _short(wanted), "cells": list(own)}
        for (example, given, wanted), own in zip(heads, cells, strict=True)
    ]


def _cells(frame: pd.DataFrame, label: str, known: set[str]) -> list[dict[str, Any]]:
    changes = frame[f"{label} change"] if f"{label} change" in known else [None] * len(frame)
    columns = (frame[f"{label} {name}"] for name in ("score", "output", "failure", "rating"))
    return [
        {
            "score": _percent(score),
            "text": _short(output),
            "failure": _short(failure) or None,
            "rating": _short(rating, 40) or None,
            **_change(change),
        }
        for score, output, failure, rating, change in zip(*columns, changes, strict=True)
    ]


def _percent(score: float) -> str:
    if math.isnan(score):
        return "–"
    return f"{100 * score:.0f} %" if score in (0, 1) else f"{100 * score:.1f} %"


def _change(change: float | None) -> dict[str, str]:
    if change is None or math.isnan(change) or change == 0:
        return {}
    return {"change": f"{100 * change:+.0f}", "way": "up" if change > 0 else "down"}


def _short(text: object, longest: int = LONGEST) -> str:
    if not isinstance(text, str):
        return ""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
