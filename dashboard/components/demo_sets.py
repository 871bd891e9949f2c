"""Demos as a table of text."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.programs.candidate import Demo

LONG_TEXT = 50
"""Characters beyond which a text wraps in its cell."""

TEXT_WIDTH = 220
"""Pixels of a column of long texts, so that one of them does not hide the others."""


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
