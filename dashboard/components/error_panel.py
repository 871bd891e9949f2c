"""Errors: which calls fail, how many of all, when, and what was said last."""

import pandas as pd
import streamlit as st

from core.lm.failures import GROUPS, TITLES, group_of
from core.runs.troubles import Troubles
from dashboard.charts.errors import ERRORS_HEIGHT
from dashboard.components.live_chart import render_live_chart

NEWEST = 8
"""Messages that are shown."""


def render_errors(troubles: Troubles, chart: str, *, key: str) -> None:
    """Shares of the attempts per kind over time, and the newest messages as text."""
    failed, attempts = troubles.failed.total(), troubles.attempts
    if not failed:
        told = f"None of {attempts:,} calls has failed." if attempts else "Nothing was asked yet."
        st.caption(f":material/check: {told}")
        return
    attempts = max(attempts, failed)
    st.caption(
        f"{failed:,} of {attempts:,} attempts failed ({failed / attempts:.1%}), those included "
        "that a further attempt made good."
    )
    kinds, course = st.columns([2, 3])
    kinds.dataframe(
        kinds_frame(troubles),
        hide_index=True,
        key=f"{key}.kinds",
        alt="Failed attempts of each kind",
    )
    with course:
        render_live_chart(
            chart,
            key=f"{key}.course",
            alt=f"Share of the attempts that failed, over time: {failed} of {attempts}",
            height=ERRORS_HEIGHT,
        )
    _render_messages(troubles, key=key)


def _render_messages(troubles: Troubles, *, key: str) -> None:
    st.markdown("**Last messages**")
    st.dataframe(
        messages_frame(troubles),
        hide_index=True,
        key=f"{key}.said",
        alt="The newest messages of failed calls",
        column_config={
            "Time": st.column_config.DatetimeColumn(
                format="HH:mm:ss", timezone=st.context.timezone, width="small"
            ),
            "Message": st.column_config.TextColumn(width="large"),
        },
    )


def kinds_frame(troubles: Troubles) -> pd.DataFrame:
    """One row per kind that occurred, the most frequent first."""
    attempts = max(1, troubles.attempts, troubles.failed.total())
    found = sorted(
        (each for each in GROUPS if troubles.failed[each]), key=lambda each: -troubles.failed[each]
    )
    rows = [
        {
            "Kind": TITLES[each],
            "Attempts": f"{troubles.failed[each]:,}",
            "Share": f"{troubles.failed[each] / attempts:.1%}",
        }
        for each in found
    ]
    return pd.DataFrame(rows, columns=["Kind", "Attempts", "Share"])


def messages_frame(troubles: Troubles) -> pd.DataFrame:
    """The newest messages, newest first."""
    newest = list(troubles.said)[-NEWEST:][::-1]
    frame = pd.DataFrame(
        {
            "Time": [each.at for each in newest],
            "Kind": [TITLES[group_of(each.kind)] for each in newest],
            "Where": [each.where for each in newest],
            "Message": [_one_line(each.message) for each in newest],
            "Times": [each.count for each in newest],
            "In the end": ["failed" if each.final else "made good" for each in newest],
        }
    )
    frame["Time"] = pd.to_datetime(frame["Time"], unit="s", utc=True)
    return frame


def _one_line(message: str) -> str:
    """The message without the advice to programmers that dspy's client adds."""
    return " ".join(message.partition("\n\n  To fix:")[0].split())
