"""What people think of one answer: thumbs at once, a score of one's own and a comment as a form."""

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st

from core.comparison.table import rating_in_words
from core.runs.parts import Rating

Thumbs = Literal["up", "down"] | None
Rate = Callable[[Thumbs, float | None, str], object]
"""Told thumbs, own score (a fraction) and comment, all of what this person thinks."""

_THUMBS: dict[int | None, Thumbs] = {None: None, 0: "down", 1: "up"}
_PLACES: dict[Thumbs, int] = {"down": 0, "up": 1}
_LONGEST = 2_000


def render_rating(ratings: Sequence[Rating], person: str, *, rate: Rate, key: str) -> None:
    """This person's judgement, to be changed, and what others said."""
    own = next((each for each in ratings if each.by == person), None)
    thumbs = own.thumbs if own else None
    score, comment = (own.score, own.comment) if own else (None, "")
    thumbs_key = f"{key}.thumbs"

    def thumbed() -> None:
        rate(_THUMBS[st.session_state[thumbs_key]], score, comment)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.feedback(
            "thumbs",
            key=thumbs_key,
            default=_PLACES[thumbs] if thumbs else None,
            on_change=thumbed,
        )
        with st.popover(
            "Edit my comment" if score is not None or comment else "Score and comment",
            icon=":material/edit_note:",
            type="tertiary",
        ):
            _render_form(thumbs, score, comment, rate=rate, key=key)
    if own is not None and (own.score is not None or own.comment):
        said = rating_in_words([own])
        st.text(f"You: {said}")
    for each in ratings:
        if each.by != person:
            st.text(f"{each.by}: {rating_in_words([each])}")


def _render_form(
    thumbs: Thumbs, score: float | None, comment: str, *, rate: Rate, key: str
) -> None:
    score_key, comment_key = f"{key}.score", f"{key}.comment"

    def saved() -> None:
        given = st.session_state[score_key]
        own = None if given is None else float(given) / 100
        rate(thumbs, own, str(st.session_state[comment_key] or "").strip())

    with st.form(f"{key}.form", border=False):
        st.number_input(
            "My score, in percent",
            min_value=0.0,
            max_value=100.0,
            step=5.0,
            format="%g",
            value=None if score is None else 100 * score,
            placeholder="None",
            key=score_key,
        )
        st.text_area("Comment", value=comment, max_chars=_LONGEST, key=comment_key)
        st.form_submit_button("Keep", type="primary", on_click=saved, key=f"{key}.keep")
