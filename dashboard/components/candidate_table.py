"""Every candidate with what it is made of, what was measured and what is expected of it."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

_PERCENT = st.column_config.NumberColumn(format="%.1f %%", width=84)
_COLUMNS = {
    "Candidate": st.column_config.TextColumn(width=112),
    "Observed": _PERCENT,
    "95 %": st.column_config.TextColumn(width=96),
    "n": st.column_config.NumberColumn(width=48),
    "Predicted": _PERCENT,
    "90 %": st.column_config.TextColumn(width=96),
    "Test": _PERCENT,
}


def render_candidate_table(
    shown: pd.DataFrame, candidates: Sequence[str], *, key: str
) -> list[str]:
    """The table; the ids of the selected rows come back, in the table's order.

    `shown` is from `dashboard.frames.candidate_columns`, `candidates` are the ids of its rows.
    """
    picked = st.dataframe(
        shown,
        key=key,
        hide_index=True,
        height=460,
        on_select="rerun",
        selection_mode="multi-row",
        column_config=_COLUMNS,
        alt="Candidates with observed and predicted scores",
    )
    return [candidates[row] for row in picked["selection"]["rows"] if row < len(candidates)]
