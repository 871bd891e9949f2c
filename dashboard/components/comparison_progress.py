"""Evaluations that were asked for and are at work, and results that the page does not show yet."""

from collections.abc import Sequence

import streamlit as st

from core.comparison.entrants import PARTS
from core.results.steering_view import EvaluationView


def render_evaluations(
    evaluations: Sequence[tuple[str, EvaluationView]], *, key: str
) -> int | None:
    """A bar for each that is open (name of the run, request); the place of the one to cancel."""
    cancelled = None
    for place, (name, each) in enumerate(evaluations):
        missing = each.missing
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(":material/hourglass_top:", width="content")
                st.text(f"{name}: {words_of(each)}", width="stretch")
                if st.button(
                    "Cancel", key=f"{key}.{each.number}.{place}", type="tertiary",
                    icon=":material/close:",
                ):  # fmt: skip
                    cancelled = place
            st.progress(min(1.0, each.runs / missing) if missing else 0.0)
    return cancelled


def words_of(each: EvaluationView) -> str:
    """What was asked for, and how far it has come."""
    count = len(each.candidates)
    who = "1 candidate" if count == 1 else f"{count} candidates"
    amount = "all" if each.examples is None else f"{each.examples:,}"
    times = "" if each.repeats == 1 else f", {each.repeats} runs of each"
    done = (
        "waiting to be taken up"
        if each.missing is None
        else f"{each.runs:,} of {each.missing:,} runs, {each.calls:,} LM calls"
    )
    return f"{who} on {amount} {PARTS[each.part]} examples{times}: {done}"


def render_news(is_outdated: bool, *, at_work: bool, key: str) -> bool:
    """That the page is older than its runs; True once it is to be drawn anew."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if at_work:
            st.badge("At work", icon=":material/progress_activity:", color="blue")
        if is_outdated:
            st.caption("The list of examples is as you opened it; there are newer results.")
            return st.button(
                "Show them", key=f"{key}.news", type="tertiary", icon=":material/refresh:"
            )
    return False
