"""What a dataset looks like: its first rows, its columns, and one column as a chart."""

import streamlit as st

from core.data.dataset import Dataset
from core.data.profile import ColumnProfile, Profile
from dashboard.charts.columns import MOST_BARS, balance_figure, distribution_figure
from dashboard.frames import balance_frame, preview_frame, profile_frame, size_series

PREVIEW_ROWS = 200
MOST_NUMBERS = 12
"""A column with more different numbers is shown by its distribution."""


def render_dataset_head(dataset: Dataset, profile: Profile) -> None:
    """Name, origin and size."""
    with st.container(gap="xxsmall"):
        st.text(dataset.name)
        st.text(dataset.origin)
    with st.container(horizontal=True):
        st.metric("Rows", f"{profile.rows:,}", border=True)
        st.metric("Columns", len(profile.columns), border=True)
        st.metric("Missing values", f"{sum(c.missing for c in profile.columns):,}", border=True)
        st.metric("Repeated rows", f"{profile.duplicate_rows:,}", border=True)


def render_preview(dataset: Dataset, *, key: str) -> None:
    """The first rows as they will be shown to programs."""
    frame = preview_frame(dataset, PREVIEW_ROWS)
    st.dataframe(frame, key=key, height=320, hide_index=True, alt="The first rows of the dataset")
    if len(dataset.frame) > PREVIEW_ROWS:
        st.caption(f"The first {PREVIEW_ROWS} of {len(dataset.frame):,} rows.")


def render_columns(dataset: Dataset, profile: Profile, *, key: str) -> None:
    """A table of all columns, and a chart of the one that is chosen."""
    table, chart = st.columns([3, 2])
    with table:
        st.dataframe(
            profile_frame(profile).rename(columns=str.capitalize),
            key=f"{key}.table",
            hide_index=True,
            alt="Profile of the columns",
        )
    with chart:
        by_name = {column.name: column for column in profile.columns}
        names = list(by_name)
        first = next((n for n, name in enumerate(names) if _is_categorical(by_name[name])), 0)
        name = st.selectbox("Show a column", names, index=first, key=f"{key}.column")
        _render_column(dataset, by_name[name], key=f"{key}.chart")


def _render_column(dataset: Dataset, column: ColumnProfile, *, key: str) -> None:
    if column.distinct == 0:
        st.caption("Every value of this column is missing.")
    elif _is_categorical(column):
        st.plotly_chart(
            balance_figure(balance_frame(column)), key=key, alt="Rows per value of the column"
        )
        if len(column.balance) > MOST_BARS:
            st.caption(f"The {MOST_BARS} most common of {len(column.balance)} values.")
    else:
        unit = "value" if column.kind == "number" else "characters"
        figure = distribution_figure(size_series(dataset, column), unit=unit)
        st.plotly_chart(figure, key=key, alt=f"Distribution of the column's {unit}s")


def _is_categorical(column: ColumnProfile) -> bool:
    return bool(column.balance) and (column.kind != "number" or column.distinct <= MOST_NUMBERS)
