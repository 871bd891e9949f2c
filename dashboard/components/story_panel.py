"""A finished run as a story: a few paragraphs of plain text."""

from collections.abc import Sequence

import streamlit as st

from core.results.story import Paragraph


def render_story(paragraphs: Sequence[Paragraph]) -> None:
    """The paragraphs side by side where there is room, in the order in which they are read."""
    if not paragraphs:
        return
    with st.container(border=True), st.grid(2, min_column_width=320):
        for each in paragraphs:
            with st.container(gap="xsmall"):
                st.markdown(f"**{each.title}**")
                st.text(each.text)
