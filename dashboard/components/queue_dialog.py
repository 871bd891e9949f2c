"""How many examples several candidates shall be evaluated on before the search goes on."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.components.candidate_dialog import render_examples_choice


@dataclass(frozen=True, kw_only=True)
class QueueAsked:
    """`examples` None for all of them."""

    examples: int | None


def render_queue_choice(names: Sequence[str], examples: int, *, key: str) -> QueueAsked | None:
    """What is to be queued, and on how much; the answer once it is given."""
    st.text(f"To be evaluated before the search goes on: {', '.join(names)}.")
    st.caption("Examples that a candidate has had are not paid for again.")
    chosen = render_examples_choice(examples, key=key)
    asked = st.button(
        "Queue" if len(names) == 1 else f"Queue {len(names)}",
        key=f"{key}.queue",
        type="primary",
        icon=":material/playlist_add:",
    )
    return QueueAsked(examples=chosen) if asked else None
