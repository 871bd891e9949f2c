"""Widgets that show a value kept elsewhere and tell of every change.

What a person builds is kept as one value that can be undone, so no widget may hold a part of it: it
shows that value at every run of the page and hands every change on.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

_NOTHING = object()


def bound(key: str, value: object, change: Callable[[Any], object]) -> dict[str, Any]:
    """Arguments of a field to type in: it shows `value`; `change` is called with what is typed.

    What is half typed stays while the page runs for another reason.
    """
    if st.session_state.get(key, _NOTHING) != value:
        st.session_state[key] = value
    return {"key": key, "on_change": _handing_on, "args": (key, change)}


def bound_choice(key: str, value: object, change: Callable[[Any], object]) -> dict[str, Any]:
    """The same for a list to choose from, whose options may differ at every run."""
    st.session_state[key] = value
    return {"key": key, "on_change": _handing_on, "args": (key, change)}


def _handing_on(key: str, change: Callable[[Any], object]) -> None:
    change(st.session_state[key])
