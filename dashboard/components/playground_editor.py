"""One column of the Playground before it is run: which candidate, its instructions, its demos."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.programs.candidate import Demo
from core.proposal.locks import missing_spans
from core.runs.authoring import LONGEST
from dashboard.components.demo_sets import render_demo_table
from dashboard.components.predictor_choice import predictor_label
from dashboard.components.text_diff import render_marked_text

_LONG = 700
"""Characters of an instruction that scrolls in its field; a shorter one is shown whole."""
_HEIGHT = 320


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What a candidate tells and shows one predictor."""

    predictor: str
    own: str
    instruction_number: str
    """`instruction 4`."""
    demo_set_number: str
    """`demo set 2`."""
    demos: Sequence[Demo]
    locks: Sequence[str]
    """Texts that must stay word for word in whatever is sent to the run."""


def render_candidate_pick(labels: Mapping[str, str], number: int, *, key: str) -> str:
    """The candidate of a column (id → label with its score); the widget has a value already."""
    chosen = st.selectbox(
        f"Candidate of column {number}",
        list(labels),
        format_func=lambda candidate: labels.get(candidate, candidate),
        key=key,
        label_visibility="collapsed",
    )
    return str(chosen)


def render_prompt_editor(
    prompt: Prompt, place: int, *, key: str, restore: Callable[[], None]
) -> str:
    """The instruction as it stands in the field; the candidate's own one where nobody changed it.

    `restore` puts the own text back.
    """
    name = predictor_label(prompt.predictor, place)
    text = st.text_area(
        f"Instruction of {name}",
        height=_HEIGHT if len(prompt.own) > _LONG else "content",
        max_chars=LONGEST,
        key=key,
        help="A change is taken over when you leave the field or press Ctrl+Enter.",
        persist_state="session",
    )
    text = text or ""
    changed = text.strip() != prompt.own.strip()
    with st.container(gap="xsmall"):
        if changed:
            _render_changes(prompt, text, key=key, restore=restore)
    _render_demos(prompt, key=key)
    return text if changed else prompt.own


def _render_changes(prompt: Prompt, text: str, *, key: str, restore: Callable[[], None]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge("Changed", icon=":material/edit:", color="orange")
        st.button(
            "Restore",
            key=f"{key}.restore",
            type="tertiary",
            icon=":material/undo:",
            on_click=restore,
            help=f"Back to {prompt.instruction_number}",
        )
    render_marked_text(prompt.own, text)
    for span in missing_spans(text, prompt.locks):
        st.text(f"The locked text “{span}” is missing: it can be tried here, but not sent.")


def _render_demos(prompt: Prompt, *, key: str) -> None:
    number = prompt.demo_set_number.capitalize()
    count = len(prompt.demos)
    if not count:
        st.caption(f"{number}: no demos")
        return
    with st.expander(f"{number}: {count} demo{'s' if count > 1 else ''}", key=f"{key}.demos"):
        render_demo_table(prompt.demos)
