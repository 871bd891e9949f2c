"""How a dataset is used: which columns, which shares, and what comes of the split."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from core.data.dataset import Dataset
from core.data.profile import Profile
from core.data.split import Split, SplitConfig
from dashboard.charts.columns import part_balance_figure
from dashboard.frames import part_balance_frame

MOST_CHARTED = 50
"""An output with more different values gets no chart of its balance."""


class Columns(NamedTuple):
    """The columns that a person chose."""

    inputs: list[str]
    outputs: list[str]


def render_column_choice(
    profile: Profile, inputs: Sequence[str], outputs: Sequence[str], *, key: str
) -> Columns:
    """Which columns a program reads and which it should answer."""
    names = [column.name for column in profile.columns]
    left, right = st.columns(2)
    chosen = Columns(
        left.multiselect(
            "Inputs: what a program is given", names, list(inputs), key=f"{key}.inputs", wrap=True
        ),
        right.multiselect(
            "Outputs: what it should answer", names, list(outputs), key=f"{key}.outputs", wrap=True
        ),
    )
    if not chosen.inputs or not chosen.outputs:
        st.caption(":red[:material/error: Choose at least one input and one output.]")
    elif set(chosen.inputs) & set(chosen.outputs):
        st.caption(":red[:material/error: A column cannot be both: it would give the answer away.]")
    return chosen


def render_split_settings(config: SplitConfig, *, key: str) -> SplitConfig | None:
    """Shares in percent, seed and stratification; None while the shares do not add up to 100."""
    train, val, test, seed = st.columns(4)
    shares = [
        column.number_input(
            f"{name} (%)", 1, 98, round(100 * share), key=f"{key}.{name.lower()}", help=purpose
        )
        for column, name, share, purpose in (
            (train, "Trainset", config.train, "Demos are bootstrapped from these examples."),
            (val, "Valset", config.val, "Candidates are scored on these."),
            (test, "Testset", config.test, "Kept back; measured once at the end."),
        )
    ]
    number = seed.number_input("Seed", 0, value=config.seed, key=f"{key}.seed")
    stratify = st.toggle(
        "Spread the values of the output evenly over the parts",
        config.stratify,
        key=f"{key}.stratify",
        help="Done when an output has 2 to 20 values, each in at least three rows.",
    )
    if sum(shares) != 100:
        st.caption(f":red[:material/error: The shares add up to {sum(shares)} %, not 100 %.]")
        return None
    first, second, third = (share / 100 for share in shares)
    return SplitConfig(train=first, val=second, test=third, seed=number, stratify=stratify)


def render_split(dataset: Dataset, parts: Split, outputs: Sequence[str], *, key: str) -> None:
    """Sizes, what the split was stratified by, repeated inputs, and label balance per part."""
    with st.container(horizontal=True):
        st.metric("Trainset", len(parts.train), border=True, help="To bootstrap demos from")
        st.metric("Valset", len(parts.val), border=True, help="To score candidates on")
        st.metric("Testset", len(parts.test), border=True, help="Measured once at the end")
    _render_stratification(parts)
    _render_duplicates(parts)
    column = parts.stratified_by or outputs[0]
    if dataset.frame[column].map(str).nunique() <= MOST_CHARTED:
        figure = part_balance_figure(part_balance_frame(dataset, column, parts))
        st.plotly_chart(figure, key=key, alt="Share of each output value in the three parts")


def _render_stratification(parts: Split) -> None:
    if parts.stratified_by is None:
        st.caption("The rows are spread at random; every row is in exactly one part.")
        return
    st.caption("Every row is in exactly one part, and this output is spread evenly over the parts:")
    st.text(parts.stratified_by)


def _render_duplicates(parts: Split) -> None:
    if not parts.duplicate_groups:
        st.caption("No two rows have identical inputs.")
        return
    rows = parts.duplicate_rows + parts.duplicate_groups
    groups = "1 group" if parts.duplicate_groups == 1 else f"{parts.duplicate_groups:,} groups"
    text = f"{rows:,} rows in {groups} have identical inputs; each group stays in one part."
    st.caption(f":material/content_copy: {text}")
    if parts.conflicting_rows:
        st.warning(
            f"{parts.conflicting_rows:,} rows contradict each other: same inputs, another output.",
            icon=":material/warning:",
        )
