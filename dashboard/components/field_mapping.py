"""Which column feeds which field of the program, and what it retrieves from."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.data.dataset import FieldMapping
from core.programs.fields import field_names
from core.programs.template import ProgramTemplate, TemplateField
from core.runs.store import StoredDataset
from dashboard.components.dataset_source import stored_names
from dashboard.components.plain_text import escaped
from dashboard.draft import Draft, field_mapping, suggested_columns


def render_field_mapping(
    template: ProgramTemplate, draft: Draft, columns: Sequence[str], *, key: str
) -> FieldMapping | None:
    """Program fields to columns; None while a field has none, or a column is on both sides."""
    left, right = st.columns(2)
    with left:
        st.caption("Inputs")
        labels = _typed_label if template.pipeline else _label
        inputs = _side(template.inputs, draft.inputs, columns, draft.mapping, f"{key}.in", labels)
    with right:
        st.caption("Outputs")
        answers = draft.outputs if template.outputs else _one_of(draft.outputs, f"{key}.output")
        outputs = _side(template.outputs, answers, columns, draft.mapping, f"{key}.out", labels)
    mapping = field_mapping(inputs, outputs)
    if mapping is None:
        st.caption(":red[:material/error: Give every field a column of its own.]")
    return mapping


def render_corpus(corpora: Sequence[StoredDataset], chosen: str | None, *, key: str) -> str | None:
    """The id of the dataset to retrieve from."""
    names = stored_names(corpora, "passages")
    ids = list(names)
    picked = st.selectbox(
        "Corpus to retrieve from",
        ids,
        index=ids.index(chosen) if chosen in names else 0,
        format_func=names.__getitem__,
        key=key,
        help="Any stored dataset with the columns title and text. Upload one on the Data page.",
    )
    return str(picked) if picked else None


def _side(
    fields: Sequence[TemplateField],
    preferred: Sequence[str],
    columns: Sequence[str],
    mapping: FieldMapping | None,
    key: str,
    labelled: Callable[[TemplateField], str],
) -> dict[str, str | None]:
    if not fields:
        return _as_they_are(preferred)
    known = {**mapping.inputs, **mapping.outputs} if mapping else {}
    suggested = suggested_columns(fields, preferred, columns)
    chosen: dict[str, str | None] = {}
    for each in fields:
        column = known.get(each.name) or suggested[each.name]
        chosen[each.name] = st.selectbox(
            labelled(each),
            columns,
            index=columns.index(column) if column in columns else None,
            placeholder="Choose a column",
            key=f"{key}.{each.name}",
        )
    return chosen


def _label(field: TemplateField) -> str:
    return f"{field.name}: {field.description}"


def _typed_label(field: TemplateField) -> str:
    """The same of a field that people described; a label is Markdown."""
    return escaped(_label(field) if field.description else field.name)


def _as_they_are(columns: Sequence[str]) -> dict[str, str | None]:
    named = field_names(columns)
    for name, column in named.items():
        st.text(column if name == column else f"{column} (as {name})")
    return dict(named)


def _one_of(columns: Sequence[str], key: str) -> Sequence[str]:
    """This program answers one field; with several output columns a person picks it."""
    if len(columns) < 2:
        return columns
    picked = st.selectbox("Column to answer", columns, key=key)
    return (picked,)
