"""Who is compared, with whom, and on which examples."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.comparison.entrants import MOST_COMPARED
from core.runs.decisions import ExamplePart
from dashboard.theme import legible

_PARTS: dict[ExamplePart, str] = {"validation": "Validation", "test": "Held-out"}


def render_entrant_choice(options: Mapping[str, str], *, key: str) -> list[str]:
    """Names of the chosen entrants; `options`: name → how it is shown."""
    return list(
        st.multiselect(
            f"Candidates, two to {MOST_COMPARED}",
            list(options),
            format_func=lambda name: options[name],
            max_selections=MOST_COMPARED,
            key=key,
        )
    )


def render_reference_choice(labels: Sequence[str], *, key: str) -> int:
    """The entrant with which the others are compared."""
    chosen = st.selectbox(
        "Reference",
        range(len(labels)),
        format_func=lambda place: labels[place],
        key=key,
        help="The others are compared with it.",
    )
    return chosen or 0


def render_part_choice(shared: Mapping[ExamplePart, int], *, key: str) -> ExamplePart:
    """Which examples; `shared`: part → how many all entrants have a score on."""
    chosen: ExamplePart | None = st.segmented_control(
        "Examples",
        list(_PARTS),
        format_func=lambda part: legible(f"{_PARTS[part]} ({shared[part]:,})"),
        required=True,
        key=key,
        help="In brackets: how many all of them have a score on.",
    )
    return chosen or "validation"
