"""Times as the viewer's clock shows them."""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def clock_text(at: float, now: float) -> str:
    """`14:03:20`; with the day, too, when that was not today."""
    zone = _zone()
    moment, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    return moment.strftime("%H:%M:%S" if moment.date() == today.date() else "%-d %b %H:%M")


def _zone() -> tzinfo | None:
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return None
