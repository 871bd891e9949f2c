"""Every candidate with what it is made of, what was measured and what is expected of it."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

_PERCENT = st.column_config.NumberColumn(format="%.1f %%", width=78)
_INTERVAL = st.column_config.TextColumn(width=84)
COLUMNS = {
    "Candidate": st.column_config.TextColumn(width=100),
    "Standing": st.column_config.TextColumn(width=74),
    "Observed": _PERCENT,
    "95 %": _INTERVAL,
    "n": st.column_config.NumberColumn(width=42),
    "Predicted": _PERCENT,
    "90 %": _INTERVAL,
    "Test": _PERCENT,
    "Test n": st.column_config.NumberColumn(width=60),
}
"""In pixels. Down to the prediction they fit into three fifths of the page on a 1440 pixel screen,
beside the column of check boxes."""


def render_candidate_table(
    shown: pd.DataFrame, candidates: Sequence[str], *, key: str
) -> list[str]:
    """The table; the ids of the selected rows come back, in the table's order.

    `shown` has the columns of `dashboard.frames.candidate_columns`, `candidates` are the ids of
    its rows.
    """
    picked = st.dataframe(
        shown,
        key=key,
        hide_index=True,
        height=460,
        on_select="rerun",
        selection_mode="multi-row",
        column_config=COLUMNS,
        alt="Candidates with observed and predicted scores",
    )
    return [candidates[row] for row in picked["selection"]["rows"] if row < len(candidates)]
