"""Pause, resume and stop. Always the same buttons; those that mean nothing now are disabled."""

from collections.abc import Callable

import streamlit as st

from core.results.run_results import RunResults
from core.runs.liveness import RunStatus


def render_run_controls(
    status: RunStatus,
    results: RunResults,
    *,
    key: str,
    on_pause: Callable[[], None],
    on_resume: Callable[[], None],
    on_stop: Callable[[], None],
) -> None:
    """Three buttons in a row, each calling its function; stop asks for confirmation first."""
    working = status in ("queued", "running")
    with st.container(horizontal=True, width="content"):
        st.button(
            "Pause",
            key=f"{key}.pause",
            icon=":material/pause:",
            help="Work in flight is finished and kept; nothing new starts.",
            disabled=not working or results.wish != "run",
            on_click=on_pause,
        )
        st.button(
            "Resume",
            key=f"{key}.resume",
            icon=":material/play_arrow:",
            help="Goes on where the run stands; nothing that is finished is repeated.",
            disabled=results.is_ended
            or (status not in ("paused", "interrupted") and results.wish != "pause"),
            on_click=on_resume,
        )
        with st.popover(
            "Stop",
            key=f"{key}.stopping",
            icon=":material/stop:",
            disabled=results.is_ended or results.wish == "stop",
        ):
            st.markdown(
                "End this run now? It cannot be resumed afterwards. Everything measured stays, "
                "and the best fully evaluated candidate is kept."
            )
            st.button(
                "Stop and keep the best",
                key=f"{key}.stop",
                type="primary",
                on_click=on_stop,
                disabled=results.is_ended or results.wish == "stop",
            )


def render_cap_raise(results: RunResults, *, key: str) -> int | None:
    """A new cap on LM calls, once the person has confirmed it; for a run that waits at its cap."""
    cap = results.max_calls or results.usage.calls
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.number_input(
            "New cap on LM calls",
            min_value=cap + 1,
            value=max(cap + 1, round(cap * 1.5)),
            step=50,
            key=f"{key}.cap",
            width=220,
        )
        raised = st.button("Raise the cap and go on", key=f"{key}.raise", type="primary")
    return int(chosen) if raised else None
