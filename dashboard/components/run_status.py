"""A run's status as a badge, the same everywhere."""

from typing import Literal

import streamlit as st

from core.runs.liveness import RunStatus

_Color = Literal["gray", "blue", "orange", "green", "red"]
_LOOKS: dict[RunStatus, tuple[str, _Color]] = {
    "queued": ("hourglass_empty", "gray"),
    "running": ("play_arrow", "blue"),
    "paused": ("pause", "orange"),
    "interrupted": ("power_off", "orange"),
    "finished": ("check", "green"),
    "stopped": ("stop", "gray"),
    "failed": ("error", "red"),
}


def render_status(status: RunStatus, *, evaluates: bool = False) -> None:
    """A badge that says how the run is going.

    `evaluates` says that it had ended, and is taken up only for what people want evaluated.
    """
    if evaluates and status in ("queued", "running"):
        st.badge("Evaluating", icon=":material/playlist_add_check:", color="blue")
        return
    icon, color = _LOOKS[status]
    st.badge(status.capitalize(), icon=f":material/{icon}:", color=color)
