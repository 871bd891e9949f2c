"""Put a demo set together: remove or correct demos of another, add training examples.

What comes out is a new set; the one it was made from stays as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from core.programs.candidate import Demo
from core.programs.predictors import PredictorInfo
from core.runs.state import row
from dashboard.components.refusal import accepted
from dashboard.demo_list import (
    MOST_ADDABLE,
    SourcedDemo,
    field_text,
    field_value,
    score_text,
    source_text,
)

SHORT = 40
"""Characters up to which a value is edited in one line."""


@dataclass(frozen=True, kw_only=True)
class MadeDemoSet:
    """What a person put together."""

    demos: tuple[Demo, ...]
    instead: bool
    """True when the set it was made from shall be rejected."""


def render_demo_editor(
    info: PredictorInfo,
    start: Sequence[SourcedDemo],
    parent: int | None,
    *,
    at_hand: Sequence[SourcedDemo],
    when: str,
    save: Callable[[MadeDemoSet], object],
    key: str,
) -> bool:
    """The editor; True once it is done with, saved or not.

    `start` are the demos of the set with number `parent`, `at_hand` what can be added, and `when`
    says when what is saved will be tried.
    """
    kept = [_render_demo(info, each, n, key=f"{key}.{n}") for n, each in enumerate(start, 1)]
    st.markdown("**Add training examples**" if start else "**Choose training examples**")
    added = _render_choice(at_hand, key=f"{key}.add")
    edited = [each for each in kept if each is not None]
    st.caption(f"The new set has {len(edited) + len(added)} demos, in this order. {when}")
    instead = parent is not None and st.checkbox(
        f"Reject demo set {parent}, which this one replaces", key=f"{key}.instead"
    )

    def decide() -> None:
        made = [_corrected(*each) for each in edited]
        save(MadeDemoSet(demos=(*made, *added), instead=instead))

    with st.container(horizontal=True):
        asked = st.button(
            "Save as a new set", key=f"{key}.save", type="primary", icon=":material/check:"
        )
        left = st.button("Cancel", key=f"{key}.cancel")
    return left or (asked and accepted(decide))


Edited = tuple[int, Demo, dict[str, str]]
"""Number of a demo, its values before, field → text as edited."""


def _render_demo(
    info: PredictorInfo, sourced: SourcedDemo, number: int, *, key: str
) -> Edited | None:
    """The demo as edited; None when it is to be removed."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Demo {number}**")
            st.caption(source_text(sourced.source))
            st.space("stretch")
            kept = st.toggle("Keep it", True, key=f"{key}.keep")
        texts = _render_fields(info.fields, sourced.demo, key=key, kept=kept)
    return (number, sourced.demo, texts) if kept else None


def _render_fields(fields: Sequence[str], demo: Demo, *, key: str, kept: bool) -> dict[str, str]:
    """Field → text as edited; short values side by side, long ones below them."""
    short, texts = st.grid("auto", min_column_width=200), {}
    for place, name in enumerate(fields):
        text = field_text(demo.get(name))
        is_short = len(text) <= SHORT and "\n" not in text
        with (short if is_short else st).container(gap="xsmall"):
            st.text(name)
            draw = st.text_input if is_short else partial(st.text_area, height=110)
            edited = draw(
                "Value",
                text,
                key=f"{key}.{place}",
                disabled=not kept,
                label_visibility="collapsed",
            )
        texts[name] = edited or ""
    return texts


def _corrected(number: int, before: Demo, texts: dict[str, str]) -> Demo:
    """The demo with what was changed; a field that was missing and is still empty stays missing.

    Raises:
        ConfigError: a value cannot be read.
    """
    return {
        name: field_value(text, before.get(name), where=f"Demo {number}, {name}")
        for name, text in texts.items()
        if name in before or text
    }


def _render_choice(at_hand: Sequence[SourcedDemo], *, key: str) -> list[Demo]:
    """The demos that are selected in a table of what is at hand."""
    if not at_hand:
        st.caption("No example of this run fits the predictor's fields, and no trace was accepted.")
        return []
    st.caption(
        "Accepted traces have what the teacher wrote in between; labelled examples have inputs and "
        f"outputs only. Select rows; the table can be searched. At most {MOST_ADDABLE:,} labelled "
        "examples are listed."
    )
    picked = st.dataframe(
        addable_table(at_hand),
        key=key,
        hide_index=True,
        height=min(320, 38 + 35 * len(at_hand)),
        on_select="rerun",
        selection_mode="multi-row",
        alt="Training examples that can become demos",
    )
    return [at_hand[place].demo for place in picked["selection"]["rows"]]


def addable_table(at_hand: Sequence[SourcedDemo]) -> pd.DataFrame:
    """One row per demo: where it came from, the teacher's score, every field as text."""
    names = list(dict.fromkeys(name for each in at_hand for name in each.demo))
    table = pd.DataFrame(
        {
            "Row": [row(each.source.example or "") for each in at_hand],
            "Source": ["trace" if each.source.kind == "trace" else "labels" for each in at_hand],
            "Score": [score_text(each.source) for each in at_hand],
        }
    )
    texts = [[field_text(each.demo.get(name)) for name in names] for each in at_hand]
    return pd.concat([table, pd.DataFrame(texts, columns=names)], axis=1)
