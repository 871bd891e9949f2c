"""Candidates: a page of them as a table, what can be done with selected ones, and predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import streamlit as st

from core.comparison.entrants import MOST_COMPARED
from dashboard.charts import predictions
from dashboard.components.candidate_table import render_candidate_table
from dashboard.components.live_chart import render_live_chart
from dashboard.theme import legible

Action = Literal["compare", "open", "queue", "ban", "branch"]
MOST_QUEUED = 20
"""Candidates that are queued or banned in one go."""


_BUTTONS: dict[Action, tuple[str, str, str]] = {
    "compare": (
        "Compare",
        ":material/compare_arrows:",
        f"Select up to {MOST_COMPARED} rows; one alone is compared with the baseline.",
    ),
    "open": ("Open", ":material/visibility:", "What it says, and what can be decided about it."),
    "queue": ("Queue", ":material/playlist_add:", "Evaluated before the search goes on."),
    "ban": ("Ban", ":material/block:", "The search starts it no more."),
    "branch": (
        "Branch from it",
        ":material/alt_route:",
        "A new run that begins with what this one has, and tries it first.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a person wants done with these candidates."""

    action: Action
    candidates: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Paging:
    """Which candidates are listed: the leading ones, or one page of all."""

    leading: bool
    page: int
    """Counted from 1."""


def render_paging(count: int, per_page: int, *, key: str) -> Paging:
    """The choice between the leading candidates and all, page by page; nothing where all fit."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if count <= per_page:
            return Paging(leading=True, page=1)
        listed = st.segmented_control(
            "Listed",
            ("Leading", "All"),
            default="Leading",
            required=True,
            format_func=legible,
            key=f"{key}.listed",
            label_visibility="collapsed",
        )
        if listed != "All":
            st.caption(f"The {per_page} with the highest predictions, of {count:,}")
            return Paging(leading=True, page=1)
        page = st.pagination(-(-count // per_page), key=f"{key}.page")
        return Paging(leading=False, page=page)


def render_candidates(
    table: pd.DataFrame,
    ids: Sequence[str],
    tried: frozenset[str],
    baseline: str | None,
    *,
    key: str,
    table_key: str,
) -> Asked | None:
    """The table with its actions; what was asked for, once it was.

    `tried` are the ids that have been tried; only those can be compared. A single one is compared
    with the baseline.
    """
    chosen = render_candidate_table(table, ids, key=table_key)
    compared = [each for each in chosen if each in tried]
    if len(compared) == 1 and baseline and baseline not in compared:
        compared = [baseline, *compared]
    action = _render_actions(len(chosen), len(compared), key=key)
    if action is None:
        return None
    return Asked(action=action, candidates=tuple(compared if action == "compare" else chosen))


def _render_actions(chosen: int, compared: int, *, key: str) -> Action | None:
    """One button per action; the one that was clicked."""
    few, one = 1 <= chosen <= MOST_QUEUED, chosen == 1
    comparable = 2 <= compared <= MOST_COMPARED and compared >= chosen
    ready: dict[Action, bool] = {
        "compare": comparable,
        "open": one,
        "queue": few,
        "ban": few,
        "branch": one,
    }
    counts = {"compare": compared, "queue": chosen, "ban": chosen}
    asked: list[Action] = []
    with st.container(horizontal=True, gap="small"):
        for action, (label, icon, about) in _BUTTONS.items():
            several = counts.get(action, 0) > 1
            if st.button(
                f"{label} ({counts[action]})" if several else label,
                key=f"{key}.{action}",
                icon=icon,
                disabled=not ready[action],
                help=about,
            ):
                asked.append(action)
    return asked[0] if asked else None


def render_predictions(chart: str, *, key: str) -> None:
    """Predicted beside observed scores of the candidates with the highest predictions."""
    render_live_chart(
        chart,
        key=key,
        alt="Predicted and observed scores of the candidates with the highest predictions",
        height=predictions.HEIGHT,
    )
