"""The instructions of one predictor as cards: text, where it came from, decisions about it.

Texts of models and people are drawn as text only. A card keeps its structure whatever is decided,
so that an open one stays open on a live page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.evaluation.evaluator import PromptRun
from core.programs.candidate import ChoiceRef
from core.proposal.likeness import Alike
from core.runs.parts import Instruction
from core.runs.snapshot import LevelEffect
from dashboard.components.choice_card import (
    Decide,
    render_decisions,
    render_marks,
    render_verdict,
    standing_text,
)
from dashboard.components.instruction_cards import origin, render_prompt_run
from dashboard.components.text_diff import render_marked_text
from dashboard.proposal_list import Marks
from dashboard.theme import legible

LONG_TEXT = 1_500
"""Characters beyond which a text scrolls within its card."""

GROUNDING, PROMPT = "What grounded it", "Prompt and reply"


@dataclass(frozen=True, kw_only=True)
class InstructionCard:
    """Everything one card shows."""

    instruction: Instruction
    marks: Marks
    effect: LevelEffect | None = None
    alike: Alike | None = None
    """The first earlier instruction that says nearly the same."""
    compared: Instruction | None = None
    """What its changes are shown against; None for the program's own."""
    parent: int | None = None
    """Number of the instruction it was made from."""
    asked_by: str | None = None
    """Who asked for it, where it answers a request."""
    hint: str = ""
    """What that person told the proposer."""

    @property
    def ref(self) -> ChoiceRef:
        """The instruction as a choice."""
        each = self.instruction
        return ChoiceRef(predictor=each.predictor, part="instruction", id=each.id)


def render_proposal_cards(
    cards: Sequence[InstructionCard],
    *,
    changes: bool,
    searching: bool,
    decide: Decide,
    proposal: Callable[[str], PromptRun | None],
    grounding: Callable[[InstructionCard], None],
    key: str,
) -> None:
    """One card each; `changes` marks what differs from the program's own text or from the parent.

    `proposal` reads what the proposer was sent, and `grounding` draws what grounded a proposal;
    both are called only for cards where that is open.
    """
    grid = st.grid(2, min_column_width=360, key=f"{key}.grid")
    for card in cards:
        own = f"{key}.{card.instruction.id}"
        with grid.container(border=True, gap="small", height="stretch", key=f"{own}.card"):
            _render_head(card)
            _render_text(card, changes=changes)
            _render_origin(card, searching=searching)
            st.space("stretch")
            render_decisions(
                card.ref,
                card.marks,
                decide,
                title=f"Instruction {card.instruction.number}",
                key=own,
                edit="Edit",
            )
            _render_more(card, proposal, grounding, key=f"{own}.more")


def length_text(text: str) -> str:
    """`57 words, 342 characters`."""
    words = len(text.split())
    return f"{words:,} {'word' if words == 1 else 'words'}, {len(text):,} characters"


def _render_head(card: InstructionCard) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(f"Instruction {card.instruction.number}", anchor=False, width="content")
        render_marks(card.marks)
        if card.instruction.repaired:
            st.badge("Repaired", icon=":material/healing:", color="gray", help=_REPAIRED)
        if card.alike is not None:
            st.badge(
                f"Nearly the same as {card.alike.earlier}",
                color="orange",
                help=f"{card.alike.likeness:.0%} of the words, in the same order.",
            )


_REPAIRED = "The model had changed a locked text; it was put back word for word."


def _render_text(card: InstructionCard, *, changes: bool) -> None:
    text = card.instruction.text
    with st.container(height=340 if len(text) > LONG_TEXT else "content", border=False):
        if changes and card.compared is not None:
            number = card.compared.number
            what = "the program's own instruction" if number == 0 else f"instruction {number}"
            st.caption(f"Changes against {what}")
            render_marked_text(card.compared.text, text)
        else:
            st.text(text)


def _render_origin(card: InstructionCard, *, searching: bool) -> None:
    each = card.instruction
    with st.container(gap="xsmall"):
        if each.by is None:
            st.caption(f"{origin(each)} · {length_text(each.text)}")
            if card.asked_by is not None:
                st.text(f"Asked for by {card.asked_by}{f': {card.hint}' if card.hint else ''}")
        else:
            made = "" if card.parent is None else f", from instruction {card.parent}"
            st.text(f"Written by {each.by}{made}")
            st.caption(length_text(each.text))
        if standing := standing_text(card.marks, card.effect, searching=searching):
            st.caption(standing)
        render_verdict(card.marks)


def _render_more(
    card: InstructionCard,
    proposal: Callable[[str], PromptRun | None],
    grounding: Callable[[InstructionCard], None],
    *,
    key: str,
) -> None:
    instruction = card.instruction
    views = [GROUNDING] if instruction.grounding else []
    views += [PROMPT] if instruction.trace else []
    if not views:
        return
    chosen = st.pills(
        "More about it", views, format_func=legible, key=key, label_visibility="collapsed"
    )
    with st.container():
        if chosen == GROUNDING:
            grounding(card)
        elif chosen == PROMPT and instruction.trace:
            render_prompt_run(proposal(instruction.trace))
