"""How a dataset is used: which columns, which shares, and what comes of the split."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import streamlit as st
from pydantic import ValidationError

from core.data.dataset import Dataset
from core.data.profile import Profile
from core.data.split import Split, SplitConfig
from dashboard.charts.columns import part_balance_figure
from dashboard.frames import part_balance_frame
from dashboard.theme import legible

IN_SHARES, IN_NUMBERS, BY_COLUMN = "in shares", "in exact numbers", "as a column says"
"""Ways to divide that are named elsewhere, too."""

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


def render_split_settings(
    config: SplitConfig, columns: Sequence[str], rows: int, *, key: str
) -> SplitConfig | None:
    """The way to divide `rows` rows; None while the numbers given cannot be."""
    way = st.segmented_control(
        "Divide",
        list(_WAYS),
        default=next(name for name, (is_chosen, _) in _WAYS.items() if is_chosen(config)),
        key=f"{key}.way",
        required=True,
        format_func=legible,
    )
    changes = _WAYS[way][1](config, columns, rows, key)
    shares = None if way == IN_NUMBERS else _shares(config, key=key)
    left, right = st.columns([1, 3], vertical_alignment="bottom")
    number = left.number_input("Seed", 0, value=config.seed, key=f"{key}.seed")
    stratify = right.toggle(
        "Spread the values of the output evenly over the parts",
        config.stratify,
        key=f"{key}.stratify",
        help="Done when an output has 2 to 20 values, each in at least three rows.",
    )
    if way != IN_NUMBERS and shares is None:
        return None
    try:
        return SplitConfig(
            **(shares or _shares_of(config)), **changes, seed=number, stratify=stratify
        )
    except ValidationError:
        st.caption(":red[:material/error: Each part needs at least one row.]")
        return None


def _shares(config: SplitConfig, *, key: str) -> dict[str, float] | None:
    """Shares as fractions; None while they do not add up to 100 %."""
    train, val, test = st.columns(3)
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
    if sum(shares) != 100:
        st.caption(f":red[:material/error: The shares add up to {sum(shares)} %, not 100 %.]")
        return None
    return dict(zip(("train", "val", "test"), (share / 100 for share in shares), strict=True))


def _shares_of(config: SplitConfig) -> dict[str, float]:
    return {"train": config.train, "val": config.val, "test": config.test}


def _by_counts(config: SplitConfig, columns: Sequence[str], rows: int, key: str) -> dict[str, Any]:
    usual = [max(1, int(rows * share)) for share in _shares_of(config).values()]
    kept = config.counts or usual
    fields = zip(st.columns(3), ("Trainset", "Valset", "Testset"), kept, strict=True)
    counts = [
        column.number_input(f"{name} (rows)", 1, value=count, key=f"{key}.{name.lower()}.rows")
        for column, name, count in fields
    ]
    if rows > sum(counts):
        st.caption(f"{rows - sum(counts):,} of {rows:,} rows are left out.")
    return {"counts": tuple(counts)}


def _by(field: str, label: str, told: str) -> Callable[..., dict[str, Any]]:
    """The form that asks for the column of this setting."""

    def form(config: SplitConfig, columns: Sequence[str], rows: int, key: str) -> dict[str, Any]:
        kept = getattr(config, field)
        index = columns.index(kept) if kept in columns else 0
        return {field: st.selectbox(label, columns, index=index, key=f"{key}.{field}", help=told)}

    return form


_WAYS: dict[str, tuple[Callable[[SplitConfig], bool], Callable[..., dict[str, Any]]]] = {
    IN_SHARES: (
        lambda c: not (c.counts or c.group_by or c.order_by or c.part_column),
        lambda config, columns, rows, key: {},
    ),
    IN_NUMBERS: (lambda c: c.counts is not None, _by_counts),
    "by groups": (
        lambda c: c.group_by is not None,
        _by("group_by", "Rows that stay together", "Rows with the same value are in one part."),
    ),
    "by time": (
        lambda c: c.order_by is not None,
        _by("order_by", "Time or number", "The earliest rows train, the latest test."),
    ),
    BY_COLUMN: (
        lambda c: c.part_column is not None,
        _by(
            "part_column",
            "Column with train, validation, test",
            "A part that the column never names is taken out of train, in the shares.",
        ),
    ),
}


def render_split(dataset: Dataset, parts: Split, outputs: Sequence[str], *, key: str) -> None:
    """Sizes, what the split was stratified by, repeated inputs, and label balance per part."""
    with st.container(horizontal=True):
        st.metric("Trainset", len(parts.train), border=True, help="To bootstrap demos from")
        st.metric("Valset", len(parts.val), border=True, help="To score candidates on")
        st.metric("Testset", len(parts.test), border=True, help="Measured once at the end")
    _render_stratification(parts)
    _render_duplicates(parts)
    if parts.left_out:
        st.caption(f":material/remove_circle: {parts.left_out:,} rows are in no part.")
    if parts.repeated_across:
        st.warning(
            f"{parts.repeated_across:,} rows of valset or testset have inputs that an earlier part "
            "has, too.",
            icon=":material/content_copy:",
        )
    column = parts.stratified_by or outputs[0]
    if dataset.frame[column].map(str).nunique() <= MOST_CHARTED:
        figure = part_balance_figure(part_balance_frame(dataset, column, parts))
        st.plotly_chart(figure, key=key, alt="Share of each output value in the three parts")


def _render_stratification(parts: Split) -> None:
    if parts.stratified_by is None:
        st.caption("No row is in two parts; no output's values are spread on purpose.")
        return
    st.caption("No row is in two parts, and this output is spread evenly over the parts:")
    st.text(parts.stratified_by)


def _render_duplicates(parts: Split) -> None:
    if not parts.duplicate_groups:
        st.caption("No two rows have identical inputs.")
        return
    rows = parts.duplicate_rows + parts.duplicate_groups
    groups = "1 group" if parts.duplicate_groups == 1 else f"{parts.duplicate_groups:,} groups"
    stays = "" if parts.repeated_across else "; each group stays in one part"
    text = f"{rows:,} rows in {groups} have identical inputs{stays}."
    st.caption(f":material/content_copy: {text}")
    if parts.conflicting_rows:
        st.warning(
            f"{parts.conflicting_rows:,} rows contradict each other: same inputs, another output.",
            icon=":material/warning:",
        )
