"""What is asked before an edited instruction goes to the run, and what has become of it since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from dashboard.components.text_diff import render_marked_text

Then = Literal["pin", "queue", "keep"]
"""What the run shall do with it: try it next, evaluate exactly this candidate, or just have it."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One changed instruction."""

    predictor: str
    """As people read it."""
    text: str
    own: str
    parent: str
    """`instruction 4`, which it was made from."""
    known_as: str | None = None
    """`instruction 7`, where the run has this very text already."""
    rejected: bool = False
    """True when somebody has rejected that text."""
    lacks: tuple[str, ...] = ()
    """Locked texts that are missing."""


@dataclass(frozen=True, kw_only=True)
class SentLine:
    """What has become of an instruction that was sent."""

    name: str
    """`instruction 7 of answer`."""
    state: Literal["waiting", "tried", "taken back"]
    words: str


def render_send_form(
    edits: Sequence[Edit], options: Mapping[Then, str], when: str, *, key: str
) -> Then | Literal["cancel"] | None:
    """What a person wants done with the edits; None while they think about it.

    `options` say what can be done, the usual first; `when` says what that means for this run.
    """
    for edit in edits:
        _render_edit(edit)
    then = st.radio("What the run does with it", list(options), format_func=options.get, key=key)
    st.caption(when)
    lacks = any(edit.lacks for edit in edits)
    with st.container(horizontal=True):
        sent = st.button(
            "Send",
            key=f"{key}.send",
            type="primary",
            icon=":material/send:",
            disabled=lacks,
        )
        left = st.button("Cancel", key=f"{key}.cancel")
    if left:
        return "cancel"
    return then if sent else None


def _render_edit(edit: Edit) -> None:
    with st.container(gap="xsmall"):
        if edit.known_as is None:
            st.text(f"A new instruction of {edit.predictor}, made from {edit.parent}")
        else:
            again = "; it was rejected, and sending it takes that back" if edit.rejected else ""
            st.text(f"The run has this already, as {edit.known_as} of {edit.predictor}{again}")
        render_marked_text(edit.own, edit.text)
        for span in edit.lacks:
            st.text(f"The locked text “{span}” is missing. Put it in word for word to send this.")


def render_sent(lines: Sequence[SentLine]) -> None:
    """What was sent from here, one a line."""
    icons = {
        "waiting": ":gray[:material/hourglass_top:]",
        "tried": ":green[:material/check_circle:]",
        "taken back": ":gray[:material/undo:]",
    }
    for line in lines:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(icons[line.state], width="content")
            st.text(f"{line.name[0].upper()}{line.name[1:]}: {line.words}")
