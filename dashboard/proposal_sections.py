"""The sections of the Proposals page: what is read of the run, and which component draws it.

Deliberately not here: what a button does (`proposal_dialogs`), and how a card looks (`components`).
"""

from functools import partial
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.programs.candidate import Part
from dashboard import proposal_dialogs, review, services, session
from dashboard.components.demo_set_cards import DemoReaders, DemoSetCard, render_demo_set_cards
from dashboard.components.grounding_shown import render_grounded_in
from dashboard.components.predictor_choice import render_predictor_choice
from dashboard.components.proposal_cards import InstructionCard, render_proposal_cards
from dashboard.components.proposal_states import (
    render_awaited,
    render_changes_choice,
    render_filter,
    render_page_choice,
    render_part_actions,
    render_phase_note,
)
from dashboard.components.propose_more import render_refused, render_requests
from dashboard.components.run_details import render_grounding
from dashboard.proposal_list import Board, Counts, counted

PARTS: dict[str, Part] = {"Instructions": "instruction", "Demo sets": "demo_set"}
SUMMARIES = "Summaries"
SECTIONS = (*PARTS, SUMMARIES)
Card = TypeVar("Card", InstructionCard, DemoSetCard)


def show_section(section: str, view: services.RunView) -> None:
    """One of `SECTIONS`."""
    if section == SUMMARIES:
        render_grounding(view.results.grounding)
    elif not view.results.instructions:
        render_awaited(view.status, view.results, section.lower())
    else:
        show_part(PARTS[section], view)


def show_part(part: Part, view: services.RunView) -> None:
    """All instructions, or all demo sets, of the predictor that is chosen."""
    run, names = view.run.id, list(view.results.instructions)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        predictor = render_predictor_choice(names, key="proposals.predictor")
        key, board = f"proposals.{part}.{predictor}", review.board_of(view, predictor)
        ask = partial(proposal_dialogs.ask, run, predictor=predictor)
        st.space("stretch")
        render_part_actions(part, len(board.locks), ask=ask, key=key)
    with st.container(gap="small"):
        render_phase_note(view.results)
        if part == "instruction":
            show_requests(view, board, key)
    if part == "instruction":
        show_instructions(view, review.instruction_cards(view, predictor, board), key)
    else:
        show_demo_sets(view, review.demo_set_cards(view, predictor, board), key)


def show_requests(view: services.RunView, board: Board, key: str) -> None:
    """What was asked of the proposer and is not there yet, and what was refused."""
    render_requests(board.waiting, at_work=view.status == "running")
    read = partial(services.proposal, view.run.id)
    render_refused(board.refused, board.refused_count, read, key=f"{key}.refused")


def show_instructions(view: services.RunView, cards: list[InstructionCard], key: str) -> None:
    """The instruction cards of one page of the list."""
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = render_filter(counts(cards), len(cards), key=f"{key}.filter")
        st.space("stretch")
        changes = render_changes_choice(key="proposals.changes")
    space, shown = listed(view, cards, chosen, key)
    with space:
        render_proposal_cards(
            shown,
            changes=changes,
            searching=is_searching(view),
            decide=partial(proposal_dialogs.act, view.run.id),
            proposal=partial(services.proposal, view.run.id),
            grounding=lambda card: render_grounded_in(
                card.instruction,
                view.results.grounding,
                review.shown_demo_set(view, card.instruction),
                card.hint,
            ),
            key=key,
        )


def show_demo_sets(view: services.RunView, cards: list[DemoSetCard], key: str) -> None:
    """The demo set cards of one page of the list."""
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = render_filter(counts(cards), len(cards), key=f"{key}.filter")
    space, shown = listed(view, cards, chosen, key)
    with space:
        render_demo_set_cards(
            shown,
            searching=is_searching(view),
            decide=partial(proposal_dialogs.act, view.run.id),
            read=DemoReaders(
                sources=partial(review.demos_with_sources, view),
                trace=partial(review.bootstrap_trace, view.run.id),
            ),
            key=key,
        )


def counts(cards: list[Card]) -> Counts:
    """How far the review of these has come."""
    return counted(card.marks for card in cards)


def listed(
    view: services.RunView, cards: list[Card], chosen: str, key: str
) -> tuple[DeltaGenerator, list[Card]]:
    """Where to draw the cards, and those on the page that is chosen of those that are listed."""
    by_id = {card.ref.id: card for card in cards}
    matching = [id_ for id_, card in by_id.items() if card.marks.passes(chosen)]
    ids = session.listed(f"{view.run.id} {key} {chosen}", list(by_id), matching)
    space = st.container()
    first, last = render_page_choice(len(ids), key=f"{key}.{chosen}.page")
    return space, [by_id[id_] for id_ in ids[first:last]]


def is_searching(view: services.RunView) -> bool:
    """Whether the search has begun, so that choices have results."""
    return view.results.phase in ("search", "test")
