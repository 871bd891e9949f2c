"""Around the cards of the Proposals page: where the run stands, what to list, what to add."""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from core.programs.candidate import Part
from core.results.run_results import RunResults
from core.runs.liveness import RunStatus
from dashboard.components.notices import render_problem
from dashboard.proposal_list import FILTERS, Counts
from dashboard.theme import legible

PER_PAGE = 8
Ask = Literal["write", "propose", "lock", "make demos"]


def render_situation(status: RunStatus, results: RunResults) -> None:
    """What to know about the run before deciding anything; nothing while it is simply at work."""
    match status:
        case "queued":
            st.info("Waiting for the worker to start.", icon=":material/hourglass_empty:")
        case "interrupted":
            st.warning(
                "No worker is at this run. What you decide is kept; resume the run on the Monitor "
                "page to have it obeyed.",
                icon=":material/power_off:",
            )
        case "paused":
            st.info(
                "The run is paused. What you decide is kept and obeyed once it goes on.",
                icon=":material/pause:",
            )
        case "failed":
            render_problem("The run failed.", results.message or "No reason was recorded.")
        case "finished" | "stopped":
            st.info(
                "The run has ended. What you add is kept, and is tried when the run is reopened or "
                "branched.",
                icon=":material/check:",
            )
        case _:
            pass


def render_awaited(status: RunStatus, results: RunResults, part: str) -> None:
    """In place of cards, while there are none: what they wait for."""
    if status == "failed":
        st.caption(f"The run failed before it had any {part}.")
    elif results.is_ended:
        st.caption(f"The run ended before it had any {part}.")
    else:
        with st.container(border=True):
            st.markdown(f":material/hourglass_empty: **There are no {part} yet.**")
            st.caption("They appear here as soon as the worker has looked at the program.")
            st.skeleton(height=90)


def render_phase_note(results: RunResults) -> None:
    """That more is to come by itself, while the worker bootstraps or proposes."""
    if results.is_ended or results.phase not in ("bootstrap", "propose"):
        return
    what = {
        "bootstrap": "The teacher is being run; demo sets and proposals come after that.",
        "propose": "The prompt model is writing; proposals appear here as they come in.",
    }
    st.caption(f":material/hourglass_empty: {what[results.phase]}")


def render_part_actions(part: Part, locks: int, *, ask: Callable[[Ask], None], key: str) -> None:
    """The buttons that add something; each calls `ask`. For a horizontal container."""
    label = f"Locked text ({locks})" if locks else "Lock text"
    buttons: tuple[tuple[str, str, Ask], ...] = (
        ("Write one", "edit_note", "write"),
        ("Propose more", "auto_awesome", "propose"),
        (label, "lock", "lock"),
    )
    if part == "demo_set":
        buttons = (("Make a demo set", "add", "make demos"),)
    for label, icon, what in buttons:
        st.button(label, key=f"{key}.{what}", icon=f":material/{icon}:", on_click=ask, args=(what,))


def render_filter(counts: Counts, total: int, *, key: str) -> str:
    """Which of `FILTERS` to list, and how far the review has come. For a horizontal container."""
    chosen = st.segmented_control(
        "List",
        FILTERS,
        default=FILTERS[0],
        required=True,
        format_func=legible,
        key=key,
        label_visibility="collapsed",
    )
    st.caption(
        f"{total:,} in all: {counts.approved:,} approved, {counts.rejected:,} rejected, "
        f"{counts.to_look_at:,} to look at",
        width="content",
    )
    return str(chosen or FILTERS[0])


def render_changes_choice(*, key: str) -> bool:
    """Whether the cards show what changed instead of the plain text."""
    return st.toggle(
        "Mark what changed",
        key=key,
        help="Against the program's own instruction; for an edit, against the one it was made "
        "from.",
    )


def render_page_choice(count: int, *, key: str) -> tuple[int, int]:
    """First and last place, as a slice, of the page that is chosen among `count` cards."""
    pages = max(1, -(-count // PER_PAGE))
    with st.container():
        if not count:
            st.caption("None of them is in this list.")
        page = st.pagination(pages, key=key) if pages > 1 else 1
    first = (min(page, pages) - 1) * PER_PAGE
    return first, first + PER_PAGE
