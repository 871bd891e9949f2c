"""Ask the proposer for more instructions, and see what became of earlier requests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.evaluation.evaluator import PromptRun
from core.proposal.grounding import TIPS
from core.runs.events import ProposalRefused
from dashboard.components.instruction_cards import render_prompt_run
from dashboard.components.refusal import accepted
from dashboard.proposal_list import Asked

MOST = 20
_ANY = "any"


@dataclass(frozen=True, kw_only=True)
class ProposalWish:
    """What to ask the proposer for."""

    count: int
    hint: str
    tip: str | None
    """Key of a tip; None for one drawn at random each time."""
    temperature: float | None
    """None for the run's."""
    learn: bool


def render_propose_more(
    *,
    temperature: float,
    can_learn: bool,
    when: str,
    ask: Callable[[ProposalWish], object],
    key: str,
) -> bool:
    """The form; True once it is done with.

    `temperature` is the one in force, `can_learn` is False until something was tried, and `when`
    says when the proposals will come.
    """
    count = st.number_input("How many", 1, MOST, 3, key=f"{key}.count")
    hint = st.text_area(
        "Hint for the proposer (optional)",
        key=f"{key}.hint",
        height=90,
        max_chars=2_000,
        placeholder="For example: the answers must name the product",
    )
    tip = st.selectbox(
        "Tip",
        [_ANY, *TIPS],
        format_func=_tip_text,
        key=f"{key}.tip",
        help="The paper's advice to the proposer on how to write.",
    )
    wish = ProposalWish(
        count=int(count or 1),
        hint=hint or "",
        tip=None if tip == _ANY else tip,
        temperature=_render_temperature(temperature, key=f"{key}.temperature"),
        learn=_render_learn(can_learn, key=f"{key}.learn"),
    )
    st.caption(when)
    with st.container(horizontal=True):
        label = f"Ask for {wish.count} {'proposal' if wish.count == 1 else 'proposals'}"
        asked = st.button(label, key=f"{key}.ask", type="primary", icon=":material/auto_awesome:")
        left = st.button("Cancel", key=f"{key}.cancel")
    return left or (asked and accepted(lambda: ask(wish)))


def _render_temperature(in_force: float, *, key: str) -> float | None:
    return st.number_input(
        "Temperature",
        0.0,
        2.0,
        None,
        step=0.1,
        key=key,
        placeholder=f"{in_force:g}, as in the run's settings",
    )


def _render_learn(can_learn: bool, *, key: str) -> bool:
    return st.toggle(
        "Learn from what was tried",
        key=key,
        disabled=not can_learn,
        help="The proposer sees the best and the worst instructions with their scores, and "
        "examples that the best candidate still gets wrong."
        if can_learn
        else "Nothing has been tried yet.",
    )


def render_requests(waiting: Sequence[Asked], *, at_work: bool) -> None:
    """Requests that are not answered in full."""
    for asked in waiting:
        request = asked.request
        state = "under way" if at_work else "waits until the run is at work again"
        learn = ", learning from what was tried" if request.learn else ""
        hint = f". Hint: {request.hint}" if request.hint else ""
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(
                f"{asked.arrived} of {request.count} came in",
                icon=":material/hourglass_empty:",
                color="blue",
            )
            st.text(f"More proposals, asked for by {request.by}{learn}, {state}{hint}")


def render_refused(
    refused: Sequence[ProposalRefused],
    count: int,
    proposal: Callable[[str], PromptRun | None],
    *,
    key: str,
) -> None:
    """Proposals that broke a locked text, newest first, each with the reason."""
    if not refused:
        return
    listed = f", the newest {len(refused)} are listed" if count > len(refused) else ""
    plural = "proposal was" if count == 1 else "proposals were"
    if not st.toggle(f"Show what was refused ({count})", key=key):
        return
    st.caption(f"{count:,} {plural} refused for a locked text and asked for again{listed}.")
    for place, each in enumerate(refused):
        with st.container(border=True, gap="small"):
            st.text(each.reason)
            st.code(each.text, language=None, wrap_lines=True)
            own = f"{key}.{count - place}"
            if each.trace and st.toggle("Prompt and reply", key=own):
                render_prompt_run(proposal(each.trace))


def _tip_text(tip: str) -> str:
    if tip == _ANY:
        return "Drawn at random for each"
    if tip == "none":
        return "No tip"
    return f"{tip.replace('_', ' ').capitalize()}: {TIPS[tip]}"
