"""Write an instruction, or edit one: the edit is a new one that remembers its parent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.proposal.locks import missing_spans
from core.runs.authoring import LONGEST
from core.runs.parts import Instruction
from dashboard.components.proposal_cards import length_text
from dashboard.components.refusal import accepted
from dashboard.components.text_diff import render_marked_text


@dataclass(frozen=True, kw_only=True)
class WrittenInstruction:
    """What a person wants to add."""

    text: str
    pinned: bool
    instead: bool
    """True when the one it was made from shall be rejected."""


def render_instruction_editor(
    start: str,
    parent: Instruction | None,
    *,
    locks: Sequence[str],
    when: str,
    save: Callable[[WrittenInstruction], object],
    key: str,
) -> bool:
    """The editor, with `start` in it; True once it is done with, saved or not.

    `parent` is the instruction it is made from; `when` says when what is saved will be tried.
    """
    text = st.text_area(
        "Instruction",
        start,
        height=240,
        max_chars=LONGEST,
        key=f"{key}.text",
        help="Taken over when you leave the field or press Ctrl+Enter.",
    )
    text = text or ""
    st.caption(length_text(text))
    _render_locks(text, locks)
    if parent is not None:
        with st.expander(f"Changes against instruction {parent.number}", key=f"{key}.changes"):
            render_marked_text(parent.text, text)
    pinned = st.checkbox(
        "Pin it: have it tried before the search goes on", True, key=f"{key}.pinned"
    )
    instead = parent is not None and st.checkbox(
        f"Reject instruction {parent.number}, which this one replaces", key=f"{key}.instead"
    )
    st.caption(when)
    wish = WrittenInstruction(text=text, pinned=pinned, instead=instead)
    with st.container(horizontal=True):
        asked = st.button("Save", key=f"{key}.save", type="primary", icon=":material/check:")
        left = st.button("Cancel", key=f"{key}.cancel")
    return left or (asked and accepted(lambda: save(wish)))


def _render_locks(text: str, locks: Sequence[str]) -> None:
    lost = set(missing_spans(text, locks))
    with st.container(gap="xsmall"):
        if locks:
            st.caption(":material/lock: Must stay word for word")
        for span in locks:
            st.text(f"{'✗ missing' if span in lost else '✓ there'}: {span}")
