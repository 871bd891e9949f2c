"""The bounds of a run as a form: only what a person fills in is changed.

The fields begin empty, so that two people never overwrite each other's bounds unseen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.results.steering_view import BudgetInForce
from dashboard.components.moments import clock_text


@dataclass(frozen=True, kw_only=True)
class BoundsWish:
    """New bounds; None leaves one as it is."""

    trials: int | None = None
    concurrency: int | None = None
    max_calls: int | None = None
    uncapped: bool = False

    @property
    def says_anything(self) -> bool:
        """Whether any bound is to be changed."""
        return self != BoundsWish()


def render_bounds(
    budget: BudgetInForce, *, key: str, verb: str = "Change", may_be_empty: bool = False
) -> BoundsWish | None:
    """The form; what was filled in, once it was sent."""
    cap = "none" if budget.max_calls is None else f"{budget.max_calls:,}"
    with st.form(f"{key}.bounds", clear_on_submit=True):
        with st.grid(3, min_column_width=150):
            trials = _number("Trials in all", f"now {budget.trials:,}", 5_000, f"{key}.trials")
            flight = _number(
                "In flight together", f"now {budget.concurrency}", 256, f"{key}.flight"
            )
            most = _number("Cap on LM calls", f"now {cap}", None, f"{key}.max_calls")
        with st.container(horizontal=True, vertical_alignment="center"):
            uncapped = st.checkbox("No cap", key=f"{key}.uncapped")
            sent = st.form_submit_button(verb, type="primary", key=f"{key}.send")
    wish = BoundsWish(trials=trials, concurrency=flight, max_calls=most, uncapped=uncapped)
    return wish if sent and (may_be_empty or wish.says_anything) else None


def render_bound_changes(changes: Sequence[tuple[float, str]], now: float) -> None:
    """Who changed what, newest first: (time, words)."""
    if not changes:
        st.caption("Nobody has changed the bounds of this run.")
        return
    for at, words in changes:
        st.text(f"{clock_text(at, now)}  {words}")


def _number(title: str, now: str, most: int | None, key: str) -> int | None:
    value = st.number_input(
        title, min_value=1, max_value=most, value=None, step=1, placeholder=now, key=key
    )
    return None if value is None else int(value)
