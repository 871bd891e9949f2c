"""The versions of a saved pipeline, and how one differs from what is on the page."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from core.runs.store import StoredPipeline
from dashboard.building_outline import Difference
from dashboard.components.text_diff import render_text_diff


def render_version_choice(versions: Sequence[StoredPipeline], *, key: str) -> StoredPipeline:
    """One of the versions; the latest until somebody chooses another."""
    by_number = {each.version: each for each in versions}
    chosen = st.selectbox(
        "Version",
        list(by_number),
        format_func=lambda number: _words(by_number[number]) if number in by_number else "",
        key=key,
    )
    return by_number.get(chosen, versions[0])


def render_comparison(found: Sequence[Difference], *, version: int, key: str) -> None:
    """Part by part the version beside what is on the page, the words that differ marked."""
    if not found:
        st.caption(f"What you see on this page is the same as version {version}.")
        return
    parts = "1 part differs" if len(found) == 1 else f"{len(found)} parts differ"
    with st.expander(f"{parts} between version {version} and this page", key=key):
        st.caption(f"Version {version} on the left, this page on the right.")
        for each in found:
            st.text(each.part)
            render_text_diff(
                each.before,
                each.after,
                before_name=f"Version {version}",
                after_name="What is on this page",
            )


def _words(version: StoredPipeline) -> str:
    saved = datetime.fromtimestamp(version.saved_at, UTC)
    return f"Version {version.version} · {saved:%Y-%m-%d %H:%M} UTC · {version.by}"
