"""The run's timeline, and the mark on it that a person wants to look at."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from core.results.timeline import Timeline
from dashboard.charts.timeline import DECISION, FAILURE, HEIGHT
from dashboard.components.live_chart import Click, render_live_chart

MarkKind = Literal["trial", "decision", "failure"]
_KINDS: dict[str, MarkKind] = {DECISION: "decision", FAILURE: "failure"}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A trial by number, a decision by its place in the log, a failure by its row."""

    kind: MarkKind
    number: int


def render_timeline(chart: str, timeline: Timeline, *, key: str) -> Mark | None:
    """The chart; the mark that was clicked."""
    st.caption(
        "Trials as bars, as many rows as ran side by side; people's decisions and failures as "
        "marks above them. Click any of them to open it."
    )
    count = len(timeline.trials)
    click = render_live_chart(
        chart,
        key=key,
        alt=(
            f"Timeline of {count} trials, {len(timeline.decisions)} decisions and "
            f"{len(timeline.failures)} groups of failures"
        ),
        height=HEIGHT,
        clickable=True,
    )
    if timeline.hidden_minibatches:
        st.caption(f"{timeline.hidden_minibatches:,} minibatches are left out, evenly.")
    return None if click is None else mark_of(click)


def render_trial_choice(numbers: int, *, key: str) -> Mark | None:
    """The same without a mouse: a trial by its number, 0 to `numbers` - 1."""
    if not numbers:
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input(
            "Trial", min_value=0, value=None, step=1, key=f"{key}.number", width=160
        )
        asked = st.button("Open this trial", key=f"{key}.open", icon=":material/visibility:")
    return Mark(kind="trial", number=int(number)) if asked and number is not None else None


def mark_of(click: Click) -> Mark | None:
    """The mark that a click names; None for anything else."""
    first = click.custom[0] if isinstance(click.custom, list) and click.custom else None
    if not isinstance(first, int | float):
        return None
    return Mark(kind=_KINDS.get(click.trace, "trial"), number=int(first))
