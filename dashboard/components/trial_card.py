"""One trial, one decision, or one group of failures, as a person opens it from the timeline."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import streamlit as st

from core.evaluation.statistics import Mean
from core.results.steering_view import DecisionView
from dashboard.components.measures import duration_text, interval_text, percent
from dashboard.components.moments import clock_text


@dataclass(frozen=True, kw_only=True)
class TrialCard:
    """What the dialog shows of a trial."""

    number: int
    purpose: str
    candidate: str
    """Id."""
    name: str
    reason: str | None
    score: Mean | None
    failed: int
    examples: int
    started: float
    finished: float | None
    cancelled: bool


def render_trial(card: TrialCard, now: float, *, key: str) -> bool:
    """The trial; True once its candidate shall be compared with the baseline."""
    st.text(f"Trial {card.number}: {card.name}")
    ends = "in flight" if card.finished is None else "ended by a decision" if card.cancelled else ""
    took = "" if card.finished is None else f", took {duration_text(card.finished - card.started)}"
    parts = [card.purpose, f"started {clock_text(card.started, now)}{took}", ends]
    st.caption(" · ".join(part for part in parts if part))
    if card.score is None:
        st.text("No score yet.")
    else:
        st.metric("Score", percent(card.score.value))
        st.caption(interval_text(card.score))
    failed = f", {card.failed:,} failed" if card.failed else ""
    st.text(f"{card.examples:,} examples{failed}")
    if card.reason:
        st.text(f"Why: {card.reason}")
    return st.button(
        "Compare with the baseline", key=f"{key}.compare", icon=":material/compare_arrows:"
    )


def render_decision(
    decision: DecisionView, now: float, *, key: str
) -> Literal["undo", "branch"] | None:
    """The decision; what is to be done about it: take it back, or see what had come without it."""
    st.text(decision.words)
    st.caption(f"At {clock_text(decision.at, now)}")
    if decision.undo != "possible":
        st.text(
            "It is not in force any more."
            if decision.undo == "no longer in force"
            else "It cannot be taken back."
        )
    with st.container(horizontal=True):
        undone = decision.undo == "possible" and st.button(
            "Undo", key=f"{key}.undo", type="primary", icon=":material/undo:"
        )
        branched = st.button(
            "Branch from before it", key=f"{key}.branch", icon=":material/alt_route:"
        )
    return "undo" if undone else "branch" if branched else None


def render_failure_group(failures: pd.DataFrame) -> None:
    """Those of one stretch of time; `at`, `where`, `kind`, `message`."""
    for row in failures.itertuples():
        st.text(f"{row.where}: {row.kind}")
        st.code(str(row.message), language=None, wrap_lines=True)
