"""Every candidate with what it is made of, what was measured and what is expected of it."""

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


def render_candidate_table(candidates: pd.DataFrame, *, key: str) -> list[str]:
    """The table; the ids of the selected rows come back, in the table's order."""
    shown = candidate_columns(candidates)
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
    rows = [row for row in picked["selection"]["rows"] if row < len(candidates)]
    return [str(each) for each in candidates["candidate"].iloc[rows]]


def candidate_columns(candidates: pd.DataFrame) -> pd.DataFrame:
    """`candidate_frame` as people read it, scores in percent.

    New candidates come at the end, so that a selection of rows keeps its meaning.
    """
    columns: dict[str, object] = {
        "Candidate": candidates["label"],
        "Standing": [
            "best" if best else "fully evaluated" if full else "in part"
            for best, full in zip(candidates["best"], candidates["full"], strict=True)
        ],
        "Observed": 100 * candidates["mean"],
        "95 %": _ranges(candidates["low"], candidates["high"]),
        "n": candidates["n"],
        "Predicted": 100 * candidates["predicted"],
        "90 %": _ranges(candidates["predicted_low"], candidates["predicted_high"]),
    }
    choices = [name for name in candidates if name.endswith((".instruction", ".demo_set"))]
    columns |= {_choice_name(name): candidates[name] for name in choices}
    columns |= {"Test": 100 * candidates["test"], "Test n": candidates["test_n"]}
    return pd.DataFrame(columns)


def _ranges(low: pd.Series, high: pd.Series) -> list[str]:
    ends = zip(low.tolist(), high.tolist(), strict=True)
    return ["–" if a != a else f"{100 * a:.1f} to {100 * b:.1f}" for a, b in ends]


def _choice_name(column: str) -> str:
    predictor, _, what = column.rpartition(".")
    return f"{predictor.removesuffix('.predict')}: {what.replace('_', ' ')}"
