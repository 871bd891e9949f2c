"""Which examples of a comparison are listed, and in which order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.comparison.table import SHOWS, Show
from dashboard.comparing_link import LONGEST_TEXT, Sort
from dashboard.theme import legible

_SHOWS: dict[Show, str] = {
    "all": "All",
    "shared": "Shared",
    "different": "Different",
    "improved": "Improved",
    "regressed": "Regressed",
    "all failed": "All failed",
    "errors": "Errors",
    "rated": "Rated",
}
_SORTS: dict[Sort, str] = {
    "spread": "Largest difference first",
    "gain": "Largest gain first",
    "loss": "Largest loss first",
    "lowest": "Lowest score first",
    "highest": "Highest score first",
    "example": "Order of the dataset",
}
_ANY, _ALL = "Any", "All of them"


@dataclass(frozen=True, kw_only=True)
class FilterKeys:
    """Keys of the widgets, each of which begins with what the address says."""

    show: str
    by: str
    expected: str
    text: str
    sort: str


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a person chose."""

    show: Show
    by: int | None
    expected: str | None
    text: str
    sort: Sort


def render_show_choice(
    counts: Mapping[Show, int], *, key: str, on_change: Callable[[], object]
) -> Show:
    """One of the filters, each with how many examples it shows."""
    chosen: Show | None = st.segmented_control(
        "Show",
        list(SHOWS),
        format_func=lambda show: legible(f"{_SHOWS[show]} {counts[show]:,}"),
        required=True,
        key=key,
        on_change=on_change,
        label_visibility="collapsed",
    )
    return chosen or "all"


def render_filters(
    labels: Sequence[str],
    reference: int,
    expected: Sequence[str],
    counts: Callable[[int | None], Mapping[Show, int]],
    keys: FilterKeys,
    *,
    on_change: Callable[[], object],
) -> Filters:
    """All filters; `expected` are the labels that there are, none where outputs are no labels.

    `counts` tells for an entrant, or for all, how many examples each filter shows.
    """
    others = [place for place in range(len(labels)) if place != reference]
    top = st.container()
    with st.grid(4, min_column_width=170):
        text = st.text_input(
            "Search",
            key=keys.text,
            max_chars=LONGEST_TEXT,
            placeholder="In input and expected output",
            icon=":material/search:",
            on_change=on_change,
        )
        label = st.selectbox(
            "Expected",
            [None, *expected],
            format_func=lambda each: _ANY if each is None else each,
            placeholder=_ANY,
            disabled=not expected,
            key=keys.expected,
            on_change=on_change,
        )
        by = st.selectbox(
            "Changes and scores of",
            [None, *others],
            format_func=lambda place: _ALL if place is None else labels[place],
            placeholder=_ALL,
            disabled=len(others) < 2,
            key=keys.by,
            on_change=on_change,
        )
        sort: Sort = st.selectbox(
            "Order", list(_SORTS), format_func=_SORTS.__getitem__, key=keys.sort,
            on_change=on_change,
        )  # fmt: skip
    with top:
        show = render_show_choice(counts(by), key=keys.show, on_change=on_change)
    return Filters(show=show, by=by, expected=label, text=(text or "").strip(), sort=sort)
