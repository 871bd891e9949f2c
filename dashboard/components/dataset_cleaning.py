"""Cleaning on screen: the steps so far, the next one, and cells to edit."""

from collections.abc import Callable, Sequence
from typing import Any, get_args

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.cleaning import (
    CapRows,
    CapText,
    Deduplicate,
    DropMissing,
    Edit,
    EditCells,
    FillMissing,
    Filter,
    MapLabels,
    RemoveRows,
    Rename,
    Step,
    Test,
    Trim,
    described,
    similar_spellings,
    steps_to_json,
)
from core.data.dataset import Dataset

EDITED_ROWS = 200
REMOVE = "✕ remove"
"""Name of the column in which rows are ticked off."""


def render_steps(
    steps: Sequence[Step], touched: Sequence[int] | None, *, key: str, on_undo: Callable[[], None]
) -> None:
    """The steps so far with the rows that each touched, and a button that takes the last back."""
    if not steps:
        st.caption(
            "As loaded; no step so far. Steps make a new dataset and leave this one as it is."
        )
        return
    with st.container(border=True, gap="xsmall"):
        for number, step in enumerate(steps, start=1):
            rows = "" if touched is None else f" · {_rows(touched[number - 1])}"
            st.text(f"{number}. {described(step)}{rows}")
    if touched is None:
        st.caption("The dataset before the first step was deleted, so no step can be undone.")
        return
    st.button("Undo the last step", key=f"{key}.undo", icon=":material/undo:", on_click=on_undo)


def render_steps_file(steps: Sequence[Step], *, key: str) -> UploadedFile | None:
    """The steps to keep, and a file with steps that are to be done now, if any."""
    st.caption(
        "Steps are kept as JSON, to be repeated on another file here or with `--clean` on the "
        "command line."
    )
    st.download_button(
        "Download the steps so far",
        lambda: steps_to_json(steps),
        "cleaning_steps.json",
        "application/json",
        key=f"{key}.download",
        icon=":material/download:",
        disabled=not steps,
        on_click="ignore",
    )
    file = st.file_uploader("Steps from a file", ["json"], key=f"{key}.file")
    is_wanted = st.button(
        "Do these steps", key=f"{key}.repeat", icon=":material/replay:", disabled=file is None
    )
    return file if is_wanted else None


def render_new_step(dataset: Dataset, *, key: str) -> Step | None:
    """The step that was asked for just now; None when none was."""
    kind = st.selectbox("Step", list(_FORMS), key=f"{key}.kind")
    step = _FORMS[kind](dataset, f"{key}.{kind}")
    is_wanted = st.button(
        "Do it", key=f"{key}.apply", icon=":material/cleaning_services:", disabled=step is None
    )
    return step if is_wanted else None


def render_editor(dataset: Dataset, *, key: str) -> Step | None:
    """Edits and removals in the first rows, once they are to be kept; else None."""
    before = _editable(dataset)
    after = st.data_editor(
        before,
        key=f"{key}.editor",
        height=320,
        hide_index=True,
        disabled=[
            name for name in dataset.frame.columns if not _is_plain(dataset.frame[name].tolist())
        ],
    )
    if len(dataset.frame) > EDITED_ROWS:
        st.caption(f"The first {EDITED_ROWS} of {len(dataset.frame):,} rows.")
    step = step_between(before, after)
    is_wanted = st.button(
        "Keep these edits", key=f"{key}.keep", icon=":material/edit:", disabled=step is None
    )
    if isinstance(step, EditCells) and (after[REMOVE]).any():
        st.caption("Ticked rows are removed in a step of their own, once the edits are kept.")
    return step if is_wanted else None


def step_between(before: pd.DataFrame, after: pd.DataFrame) -> EditCells | RemoveRows | None:
    """What turns the first table into the second: the edits, else the ticked rows, else None."""
    edits = [
        Edit(row=row, column=name, value=_value(new))
        for name in before.columns
        if name != REMOVE
        for row, (old, new) in enumerate(zip(before[name], after[name], strict=True))
        if _value(old) != _value(new)
    ]
    if edits:
        return EditCells(edits=tuple(edits))
    ticked = tuple(row for row, is_ticked in enumerate(after[REMOVE]) if is_ticked)
    return RemoveRows(rows=ticked) if ticked else None


def _editable(dataset: Dataset) -> pd.DataFrame:
    head = dataset.frame.head(EDITED_ROWS)
    columns: dict[str, Any] = {}
    for name in head.columns:
        values = head[name].tolist()
        is_plain = _is_plain(dataset.frame[name].tolist())
        shown = values if is_plain else [None if v is None else str(v) for v in values]
        are_whole = is_plain and any(type(value) is int for value in values)
        # Without the dtype a missing value would turn whole numbers into fractions.
        columns[name] = pd.Series(shown, dtype="Int64" if are_whole else None)
    columns[REMOVE] = pd.Series([False] * len(head), dtype=bool)
    return pd.DataFrame(columns)


def _is_plain(values: Sequence[Any]) -> bool:
    kinds = {type(value) for value in values if value is not None}
    is_short = kinds != {int} or all(v is None or abs(v) < 2**63 for v in values)
    return len(kinds) == 1 and kinds <= {str, int, float, bool} and is_short


def _value(cell: Any) -> Any:
    """A cell of an edited table in Python's plain types."""
    if cell is None or cell is pd.NA or cell != cell:
        return None
    return cell.item() if hasattr(cell, "item") else cell


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


# One form per step: a dataset and a key → the step as filled in, or None while it is not.


def _columns_of(
    dataset: Dataset, key: str, label: str = "Columns (none for all)"
) -> tuple[str, ...]:
    return tuple(st.multiselect(label, list(dataset.frame.columns), key=f"{key}.columns"))


def _column_of(dataset: Dataset, key: str) -> str:
    return str(st.selectbox("Column", list(dataset.frame.columns), key=f"{key}.column"))


def _fill(dataset: Dataset, key: str) -> Step | None:
    column = _column_of(dataset, key)
    value = st.text_input("With", key=f"{key}.value")
    return FillMissing(column=column, value=value) if value else None


def _rename(dataset: Dataset, key: str) -> Step | None:
    column = _column_of(dataset, key)
    to = st.text_input("New name", key=f"{key}.to")
    return Rename(column=column, to=to) if to.strip() else None


def _filter(dataset: Dataset, key: str) -> Step | None:
    column = _column_of(dataset, key)
    test = st.selectbox("Whose value", list(get_args(Test)), key=f"{key}.test")
    value = st.text_input("What", key=f"{key}.value")
    return Filter(column=column, test=test, value=value) if value else None


def _cap_rows(dataset: Dataset, key: str) -> Step | None:
    rows = st.number_input("Rows at most", 1, value=len(dataset.frame), key=f"{key}.rows")
    seed = st.number_input("Seed", 0, key=f"{key}.seed")
    return CapRows(rows=rows, seed=seed)


def _cap_text(dataset: Dataset, key: str) -> Step | None:
    column = _column_of(dataset, key)
    most = st.number_input("Characters at most", 1, value=2_000, key=f"{key}.characters")
    return CapText(column=column, characters=most)


def _map_labels(dataset: Dataset, key: str) -> Step | None:
    column = _column_of(dataset, key)
    suggested = similar_spellings(dataset.frame[column].tolist())
    table = st.data_editor(
        pd.DataFrame(suggested, columns=["Spelling", "Becomes"], dtype=str),
        num_rows="dynamic",
        key=f"{key}.{column}.spellings",
        hide_index=True,
    )
    if suggested:
        st.caption("Suggested: spellings that differ in case, blanks and punctuation only.")
    pairs = [
        (old, new)
        for old, new in table.itertuples(index=False, name=None)
        if isinstance(old, str) and isinstance(new, str) and old != new
    ]
    return MapLabels(column=column, spellings=tuple(pairs)) if pairs else None


_FORMS: dict[str, Callable[[Dataset, str], Step | None]] = {
    "Trim blanks": lambda data, key: Trim(columns=_columns_of(data, key)),
    "Drop rows with missing values": lambda data, key: DropMissing(columns=_columns_of(data, key)),
    "Fill missing values": _fill,
    "Drop repeated rows": lambda data, key: Deduplicate(columns=_columns_of(data, key)),
    "Rename a column": _rename,
    "Keep some rows only": _filter,
    "Cap the number of rows": _cap_rows,
    "Cap the length of a text": _cap_text,
    "Unite label spellings": _map_labels,
}
