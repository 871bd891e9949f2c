"""What is asked before something is removed for good."""

from collections.abc import Callable

import streamlit as st

from core.errors import StudioError
from dashboard.components.notices import render_problem


def render_deletion(
    what: str, words: str, remove: Callable[[], object], *, failed: str, key: str
) -> bool:
    """What would be removed and what that means, with a button; True once it has been removed.

    `what` may be people's text. Where `remove` raises a StudioError, `failed` is said with it.
    """
    st.text(what)
    st.write(words)
    if not st.button("Delete", key=key, type="primary", icon=":material/delete:"):
        return False
    try:
        remove()
    except StudioError as error:
        render_problem(failed, str(error))
        return False
    return True
