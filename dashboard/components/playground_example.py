"""The input of the Playground: an example of the run's data, or what somebody types."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.data.dataset import Example
from dashboard.theme import legible

TYPED = "Type it"
MOST_LISTED = 200
"""Examples in the list to pick from; the search finds the others."""
_EXCERPT = 110
_SAFE = re.compile(r"\w{1,60}", flags=re.ASCII)


def render_source_choice(sizes: Mapping[str, int], *, key: str) -> str:
    """The part of the data to take an example of, or `TYPED`; the widget has a value already."""
    names = {part: f"{part} ({count:,})" for part, count in sizes.items()}
    chosen = st.segmented_control(
        "Input",
        [*sizes, TYPED],
        required=True,
        format_func=lambda part: legible(names.get(part, part)),
        key=key,
        label_visibility="collapsed",
    )
    return str(chosen)


def render_search(*, key: str) -> str:
    """What the examples are searched for."""
    return st.text_input(
        "Search",
        key=key,
        placeholder="A word of the input or the expected answer, or “row 17”",
        persist_state="page",
    )


def matching(examples: Sequence[Example], words: str) -> list[Example]:
    """The examples in which all the words occur, in the data's order; `row 17` finds by number."""
    wanted = words.casefold().split()
    if len(wanted) == 2 and wanted[0] == "row" and wanted[1].isdigit():
        return [each for each in examples if each.id == str(int(wanted[1]) - 1)]
    return [each for each in examples if all(word in _searched(each) for word in wanted)]


def render_pick(examples: Sequence[Example], total: int, *, key: str) -> str:
    """The id of the chosen example; `examples` are those listed, `total` those that match."""
    known = {each.id: each for each in examples}
    left_out = f"{total:,} examples match; {len(examples)} are listed. Search for the others."
    chosen = st.selectbox(
        "Example",
        list(known),
        format_func=lambda place: _excerpt(known[place]) if place in known else f"Row {place}",
        key=key,
        help=left_out if total > len(examples) else None,
    )
    return str(chosen)


def render_example(example: Example) -> None:
    """Its inputs and the answer that is expected, as text."""
    with st.container(border=True, gap="xsmall"):
        for name, value in example.inputs.items():
            _render_field(name, value)
        for name, value in example.outputs.items():
            _render_field(f"Expected {name}", value)


def render_typed(fields: Sequence[str], values: Mapping[str, Any], *, key: str) -> dict[str, str]:
    """What is typed for every field; `values` of an example tell which of them are lists."""
    typed = {}
    for place, name in enumerate(fields):
        label = name if _SAFE.fullmatch(name) else f"Input {place + 1}"
        structured = isinstance(values.get(name), list | dict)
        typed[name] = (
            st.text_area(
                f"{label} (JSON)" if structured else label,
                height=90,
                key=f"{key}.{place}",
                persist_state="session",
                placeholder='Such as ["a passage", "another one"]' if structured else None,
            )
            or ""
        )
    st.caption("No answer is expected of a typed input, so there is no score.")
    return typed


def parsed(typed: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """The typed values as the program takes them: lists and objects from JSON, the rest as text.

    Raises:
        ValueError: nothing was typed, or something that must be JSON is not; in words.
    """
    if not any(text.strip() for text in typed.values()):
        raise ValueError("Type an input, or take an example.")
    found: dict[str, Any] = {}
    for name, text in typed.items():
        found[name] = text
        if isinstance(values.get(name), list | dict):
            try:
                found[name] = json.loads(text)
            except json.JSONDecodeError as error:
                raise ValueError(f"{name}: this is not JSON ({error}).") from error
    return found


def as_typed(value: object) -> str:
    """A value of an example as somebody would type it."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _render_field(name: str, value: object) -> None:
    with st.container(gap=None):
        st.caption(name if _SAFE.fullmatch(name.replace(" ", "")) else "Field")
        st.text(as_typed(value))


def _searched(example: Example) -> str:
    values = [*example.inputs.values(), *example.outputs.values()]
    return " ".join(map(as_typed, values)).casefold()


def _excerpt(example: Example) -> str:
    text = " · ".join(" ".join(as_typed(value).split()) for value in example.inputs.values())
    short = text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…"
    return f"Row {int(example.id) + 1}: {short}"
