"""The demo sets of one predictor, and the demos in one of them."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.programs.candidate import Demo
from core.runs.state import DemoSet

LONG_TEXT = 50
"""Characters beyond which a text wraps in its cell."""

TEXT_WIDTH = 220
"""Pixels of a column of long texts, so that one of them does not hide the others."""


def render_demo_sets(sets: Sequence[DemoSet], *, key: str) -> None:
    """A list of the sets; the demos of the selected one, or of the newest, below it."""
    listed = pd.DataFrame(
        {
            "Set": range(len(sets)),
            "Source": [each.source for each in sets],
            "Demos": [len(each.demos) for each in sets],
        }
    )
    left, right = st.columns([1, 2.5])
    with left:
        picked = st.dataframe(
            listed,
            key=key,
            hide_index=True,
            height=360,
            on_select="rerun",
            selection_mode="single-row",
            alt="Demo sets",
        )
    rows = [row for row in picked["selection"]["rows"] if row < len(sets)]
    with right:
        render_demos(sets, rows[0] if rows else len(sets) - 1)


def render_demos(sets: Sequence[DemoSet], place: int) -> None:
    """The demos of one set as a table of text."""
    chosen = sets[place]
    st.caption(f"Demo set {place}: {len(chosen.demos)} demos, source: {chosen.source}")
    if chosen.demos:
        render_demo_table(chosen.demos)
    else:
        st.caption("The empty set: the predictor is shown no demos.")


def render_demo_table(demos: Sequence[Demo]) -> None:
    """The demos as a table of text, its rows higher when texts are long."""
    table = demo_table(demos)
    if max(len(text) for text in table.to_numpy().flat) <= LONG_TEXT:
        st.dataframe(table, hide_index=True, alt="Demos")
        return
    widths = {name: st.column_config.TextColumn(width=TEXT_WIDTH) for name in table}
    st.dataframe(table, hide_index=True, row_height=72, column_config=widths, alt="Demos")


def demo_table(demos: Sequence[Demo]) -> pd.DataFrame:
    """One row per demo, one column per field, everything as text."""
    names = list(dict.fromkeys(name for demo in demos for name in demo))
    return pd.DataFrame(
        [[_text(demo.get(name)) for name in names] for demo in demos], columns=names
    )


def _text(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)
