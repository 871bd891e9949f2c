"""Which predictor of a program to look at."""

import re
from collections.abc import Sequence

import streamlit as st

from dashboard.theme import legible

_SAFE = re.compile(r"[A-Za-z0-9_.]{1,60}")


def render_predictor_choice(names: Sequence[str], *, key: str) -> str:
    """The chosen predictor; the first one until somebody chooses."""
    chosen = st.segmented_control(
        "Predictor",
        range(len(names)),
        default=0,
        required=True,
        format_func=lambda place: legible(predictor_label(names[place], place)),
        key=key,
        label_visibility="collapsed" if len(names) == 1 else "visible",
    )
    return names[chosen or 0]


def predictor_label(name: str, place: int) -> str:
    """A short name that is safe where Markdown is read: plain identifiers only, else a number."""
    short = name.removesuffix(".predict")
    return short if _SAFE.fullmatch(short) else f"Predictor {place + 1}"
