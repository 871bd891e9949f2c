"""Pause, resume, stop, branch and go on. Always the same buttons, some of them disabled."""

from collections.abc import Callable
from typing import Literal

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
) -> Literal["branch", "go on"] | None:
    """A row of buttons, most of them calling their function; stop asks for confirmation first.

    What needs a dialog comes back.
    """
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
        _render_stop(results, key=key, on_stop=on_stop)
        return _render_more(results, key=key)


def _render_stop(results: RunResults, *, key: str, on_stop: Callable[[], None]) -> None:
    over = results.is_ended or results.wish == "stop"
    with st.popover("Stop", key=f"{key}.stopping", icon=":material/stop:", disabled=over):
        st.markdown(
            "End this run now? Everything measured stays, and the best fully evaluated "
            "candidate is kept. It can go on later."
        )
        st.button(
            "Stop and keep the best",
            key=f"{key}.stop",
            type="primary",
            on_click=on_stop,
            disabled=over,
        )


def _render_more(results: RunResults, *, key: str) -> Literal["branch", "go on"] | None:
    """The two ways to more than was planned."""
    branch = st.button(
        "Branch",
        key=f"{key}.branch",
        icon=":material/alt_route:",
        help="A new run that begins with what this one has, at no cost.",
        disabled=not results.predictors,
    )
    go_on = st.button(
        "Go on",
        key=f"{key}.go_on",
        icon=":material/restart_alt:",
        help="Takes an ended run up again with a higher budget.",
        disabled=not results.is_ended or not results.predictors,
    )
    return "branch" if branch else "go on" if go_on else None


def render_cap_choice(results: RunResults, *, key: str) -> int:
    """The cap with which a run that waits at its cap would be resumed."""
    reached = results.max_calls or results.usage.calls
    return st.number_input(
        "Most LM calls from now on",
        reached + 1,
        value=2 * reached,
        key=key,
        help="Counts the calls that were already made.",
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
