"""The review before the search: what it waits for, and how it ends."""

from collections.abc import Callable

import streamlit as st

from dashboard.proposal_list import Counts, Gate


def render_review_gate(
    gate: Gate, *, start: Callable[[], None], only_approved: Callable[[], None], key: str
) -> None:
    """The banner of the Proposals page; nothing unless the run is at its review."""
    if not gate.waits:
        return
    with st.container(border=True, gap="small", key=f"{key}.gate"):
        if gate.approved:
            st.markdown(":green[:material/check:] **The search starts in a moment.**")
            return
        st.markdown(
            ":primary[:material/rate_review:] **The run waits for your review, at no cost.** "
            "Nothing is tried until you start the search."
        )
        st.caption(counts_text(gate.counts))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Start the search",
                key=f"{key}.start",
                type="primary",
                icon=":material/play_arrow:",
                help="The search may choose whatever is not rejected.",
                on_click=start,
            )
            st.button(
                "Search approved only",
                key=f"{key}.only",
                icon=":material/done_all:",
                help="Rejects what was not approved, then starts the search."
                if gate.counts.approved
                else "Approve something first.",
                disabled=not gate.counts.approved,
                on_click=only_approved,
            )


def render_approved_only(gate: Gate, *, search: Callable[[], object], key: str) -> bool:
    """What `Search approved only` would reject; True once it is done with."""
    instructions = sum(ref.part == "instruction" for ref in gate.rest)
    sets = len(gate.rest) - instructions
    st.markdown(
        f"This rejects {_count(instructions, 'instruction')} and {_count(sets, 'demo set')} that "
        "were not approved, then starts the search."
    )
    st.caption(
        "Where you approved no instruction of a predictor, all that are not rejected stay, and so "
        "with demo sets. What people wrote stays. The program's own instruction and the empty demo "
        "set are rejected, too, unless you approved them. Every rejection can be taken back."
    )
    with st.container(horizontal=True):
        asked = st.button(
            "Reject the rest and start",
            key=f"{key}.search",
            type="primary",
            icon=":material/done_all:",
        )
        left = st.button("Cancel", key=f"{key}.cancel")
    if asked:
        search()
    return asked or left


def render_review_call(waits: bool, run_id: str, *, start: Callable[[], None], key: str) -> None:
    """On other pages: that the run waits for a review, with the ways on; nothing otherwise.

    Call it within a container that is always there.
    """
    if not waits:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            ":primary[:material/rate_review:] **The run waits for your review, at no cost.** "
            "See what would be tried, or go on."
        )
        st.page_link(
            "views/proposals.py",
            label="Review the proposals",
            icon=":material/arrow_forward:",
            query_params={"run": run_id},
        )
        st.button(
            "Start the search",
            key=f"{key}.start",
            icon=":material/play_arrow:",
            help="Goes on without a look. The search may choose whatever is not rejected.",
            on_click=start,
        )


def counts_text(counts: Counts) -> str:
    """`3 approved, 1 rejected, 4 not looked at`."""
    return (
        f"{counts.approved:,} approved, {counts.rejected:,} rejected, "
        f"{counts.to_look_at:,} not looked at"
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
