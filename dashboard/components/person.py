"""Who is at this tab, for what they decide."""

import streamlit as st

LONGEST = 60


def render_person(name: str, *, key: str) -> str:
    """The name that stands beside this tab's decisions."""
    given = st.text_input(
        "Your name",
        name,
        key=key,
        max_chars=LONGEST,
        placeholder="somebody",
        help="Stands beside what you decide about a run, so that others know who it was.",
    )
    return (given or "").strip()
