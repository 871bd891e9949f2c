"""The fields of a pipeline or of a stage: name, type, description, allowed values."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import streamlit as st

from core.programs.pipeline.edits import free_name
from core.programs.pipeline.limits import LONGEST_DESCRIPTION
from core.programs.pipeline.names import LONGEST_NAME
from core.programs.pipeline.spec import FieldType, PipelineField
from dashboard.components.pipeline_bound import bound, bound_choice

Fields = tuple[PipelineField, ...]

TYPES: dict[str, str] = {
    "text": "Text",
    "integer": "Whole number",
    "number": "Number",
    "boolean": "Yes or no",
    "list": "List of texts",
    "choice": "One of some values",
}
"""Type → what it is called on screen."""

ROW = [3, 2.6, 6, 1.5]
"""Widths of the columns of a row."""


@dataclass(frozen=True, kw_only=True)
class FieldEdits:
    """What can be done to a list of fields. Changes are functions, so that none undoes another."""

    change: Callable[[Callable[[Fields], Fields]], None]
    rename: Callable[[int, str], None]
    """Place and new name; whoever reads the field goes on reading it."""
    remove: Callable[[int], None]
    """Place."""


def render_fields(
    fields: Fields, edits: FieldEdits, *, noun: str, add: str, most: int, key: str
) -> None:
    """A row per field and, up to `most` of them, a button labelled `add`; `noun` names a field."""
    for place, field in enumerate(fields):
        with st.container(gap="xsmall"):
            _render_field(f"{noun} {place + 1}", place, field, edits, key=f"{key}.{place}")
    if len(fields) < most:
        st.button(
            add,
            key=f"{key}.add",
            icon=":material/add:",
            on_click=partial(edits.change, _with_one_more),
        )


def _render_field(
    about: str, place: int, field: PipelineField, edits: FieldEdits, *, key: str
) -> None:
    def changed(**changes: Any) -> None:
        edits.change(lambda now: replaced(now, place, **changes))

    name, kind, words, remove = st.columns(ROW, vertical_alignment="bottom")
    with name:
        st.text_input(
            about.capitalize(),
            max_chars=LONGEST_NAME,
            placeholder="name",
            **bound(f"{key}.name", field.name, lambda new: edits.rename(place, new.strip())),
        )
    with kind:
        st.selectbox(
            f"Type of {about}",
            list(get_args(FieldType)),
            format_func=TYPES.__getitem__,
            **bound_choice(f"{key}.type", field.type, lambda new: changed(type=new)),
        )
    with words:
        st.text_input(
            f"Description of {about}",
            max_chars=LONGEST_DESCRIPTION,
            placeholder="What it is",
            **bound(f"{key}.words", field.description, lambda new: changed(description=new)),
        )
    with remove:
        render_remove(about, partial(edits.remove, place), key=key)
    if field.type == "choice":
        st.text_area(
            f"Allowed values of {about}, one on each line",
            height=100,
            placeholder="yes\nno",
            **bound(
                f"{key}.choices",
                "\n".join(field.choices),
                lambda new: changed(choices=lines(new)),
            ),
        )


def render_remove(
    about: str, remove: Callable[[], None], *, disabled: bool = False, key: str
) -> None:
    """The button at the end of a row."""
    st.button(
        "Remove",
        key=f"{key}.remove",
        type="tertiary",
        icon=":material/close:",
        disabled=disabled,
        help=f"Remove {about}",
        on_click=remove,
    )


def replaced(fields: Fields, place: int, **changes: Any) -> Fields:
    """The fields with one changed; values to choose from stay with choices only."""
    if changes.get("type", "choice") != "choice":
        changes["choices"] = ()
    return tuple(
        each.model_copy(update=changes) if number == place else each
        for number, each in enumerate(fields)
    )


def lines(text: str) -> tuple[str, ...]:
    """The lines that say something, each once."""
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _with_one_more(fields: Fields) -> Fields:
    return (*fields, PipelineField(name=free_name((each.name for each in fields), "field")))
