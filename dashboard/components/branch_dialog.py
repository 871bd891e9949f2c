"""A new run that begins with what this one has."""

from dataclasses import dataclass

import streamlit as st

from core.search.family import FAMILY

_AFTER = "Take over what was there after trial"
_NEWEST = "the newest: everything so far"


@dataclass(frozen=True, kw_only=True)
class BranchWish:
    """How the new run shall differ."""

    name: str
    optimizer: str
    trials: int
    max_calls: int | None
    """Its own cap; what was paid for before does not count."""
    review: bool
    """It waits for a review of its own before it searches."""
    after_trial: int | None
    """Takes over what was there after this trial; None for all."""


@dataclass(frozen=True, kw_only=True)
class Inheritance:
    """What comes along at no cost."""

    instructions: int
    demo_sets: int
    results: int
    calls: int
    """LM calls that the parent has made for all this."""


def render_branch_form(
    name: str,
    optimizer: str,
    trials: int,
    gift: Inheritance,
    *,
    key: str,
    review: bool = False,
    at_any_point: bool = True,
) -> BranchWish | None:
    """The form with the parent's settings as defaults; the wish once it is sent.

    `review`: the parent waits for one. `at_any_point`: the person may choose an earlier trial to
    branch after.
    """
    st.text(
        f"It begins with up to {gift.instructions:,} instructions, {gift.demo_sets:,} demo sets, "
        f"all summaries and {gift.results:,} paid-for results of this run, at no cost "
        f"(they took {gift.calls:,} LM calls). This run goes on as it is."
    )
    title = st.text_input("Name", value=f"{name} (branch)", max_chars=120, key=f"{key}.name")
    chosen = _render_optimizer(optimizer, key=key)
    with st.container(horizontal=True):
        count = st.number_input(
            "Trials", min_value=1, max_value=5_000, value=max(1, trials), key=f"{key}.trials"
        )
        cap = _optional("Cap on LM calls", "none", 1, f"{key}.cap")
    after = _optional(_AFTER, _NEWEST, 0, f"{key}.after") if at_any_point else None
    review = st.checkbox(
        "Wait for a review of the proposals before the search", review, key=f"{key}.review"
    )
    if not st.button(
        "Start the branch",
        key=f"{key}.start",
        type="primary",
        icon=":material/alt_route:",
        disabled=not title.strip(),
    ):
        return None
    return BranchWish(
        name=title.strip(),
        optimizer=chosen,
        trials=int(count),
        max_calls=cap,
        review=review,
        after_trial=after,
    )


def _render_optimizer(optimizer: str, *, key: str) -> str:
    names = list(FAMILY)
    chosen = st.selectbox(
        "Optimizer",
        names,
        index=names.index(optimizer),
        format_func=lambda each: FAMILY[each].title,
        key=f"{key}.optimizer",
    )
    st.caption(FAMILY[chosen].when_to_use)
    return chosen


def _optional(title: str, otherwise: str, least: int, key: str) -> int | None:
    value = st.number_input(title, min_value=least, value=None, placeholder=otherwise, key=key)
    return None if value is None else int(value)
