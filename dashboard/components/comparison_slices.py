"""Where an entrant is good and where it is not: labels it mixes up, and slices of the data."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.comparison.slices import Confusion
from core.evaluation.label_scores import LabelScores, MacroF1, about_macro_f1
from core.evaluation.statistics import Mean
from dashboard.charts.confusion import confusion_height
from dashboard.charts.slice_scores import slices_height
from dashboard.components.live_chart import render_live_chart
from dashboard.components.measures import interval_text, percent


def render_confusions(confusions: Sequence[Confusion], figures: Sequence[str], *, key: str) -> None:
    """A matrix for each entrant."""
    st.caption(
        "Rows are expected labels, columns what was answered; the number of examples in each cell, "
        "darker the larger its share of the row."
    )
    columns = st.columns(2)
    for place, (confusion, figure) in enumerate(zip(confusions, figures, strict=True)):
        with columns[place % 2]:
            st.text(f"{confusion.label} (n = {confusion.n:,})")
            render_live_chart(
                figure,
                key=f"{key}.{place}",
                alt=f"Confusion matrix number {place + 1}",
                height=confusion_height(len(confusion.counts)),
            )
            if confusion.note:
                st.caption(confusion.note)


def render_label_scores(confusions: Sequence[Confusion], metric: str, *, key: str) -> None:
    """Macro-F1 and the share right of each label; `metric` is the title of what was optimized."""
    st.dataframe(
        label_frame(confusions),
        key=key,
        alt="Macro-F1 and the share of each label that was answered right",
    )
    st.caption(f"Below macro-F1: the share right of each label. {about_macro_f1(metric)}")


def label_frame(confusions: Sequence[Confusion]) -> pd.DataFrame:
    """A row for macro-F1 and one for each label, a column for each entrant; with interval and n."""
    return pd.DataFrame(
        {each.label: _label_cells(each.scores) for each in confusions if each.scores}
    ).fillna("–")


def _label_cells(scores: LabelScores) -> dict[str, str]:
    rows: dict[str, MacroF1 | Mean] = {"Macro-F1": scores.macro_f1}
    # a label may be called as the first row is
    rows |= {f"Right: {each.label}": each.right for each in scores.labels}
    return {name: f"{percent(each.value)} ({interval_text(each)})" for name, each in rows.items()}


def render_column_choice(columns: Sequence[str], *, key: str) -> str | None:
    """A column of the dataset."""
    return st.selectbox("Slice by the column", list(columns), key=key)


def render_slices(frame: pd.DataFrame, figure: str, *, key: str) -> None:
    """Scores by slice as a chart and as a table."""
    slices, entrants = (list(dict.fromkeys(frame[name])) for name in ("slice", "entrant"))
    render_live_chart(
        figure,
        key=f"{key}.chart",
        alt=f"Scores of {len(entrants)} candidates in {len(slices)} slices",
        height=slices_height(len(slices), len(entrants)),
    )
    percents = {
        name: st.column_config.NumberColumn(format="percent") for name in ("mean", "low", "high")
    }
    with st.expander("As a table"):
        st.dataframe(
            frame, hide_index=True, key=f"{key}.table", column_config=percents,
            alt="Scores by slice",
        )  # fmt: skip
