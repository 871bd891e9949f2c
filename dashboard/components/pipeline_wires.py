"""What a stage reads, and what the pipeline answers: from where, and under which name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.programs.pipeline.limits import LONGEST_DESCRIPTION
from core.programs.pipeline.names import LONGEST_NAME
from core.programs.pipeline.spec import PipelineOutput, StageInput
from dashboard.components.pipeline_bound import bound, bound_choice
from dashboard.components.pipeline_fields import render_remove

ROW = [4, 3, 4.6, 1.5]
"""Widths of the columns of a row."""


@dataclass(frozen=True, kw_only=True)
class WireEdits:
    """What can be done to what is read."""

    feed: Callable[[int, tuple[str, ...]], None]
    """Place and new sources."""
    rename: Callable[[int, str], None]
    describe: Callable[[int, str], None]
    remove: Callable[[int], None]
    add: Callable[[str], None]
    """The source of one more."""


@dataclass(frozen=True, kw_only=True)
class WireWords:
    """How the list speaks of itself."""

    noun: str
    """Of one of them: `Reads`, `Answer`."""
    add: str
    """Above the list of those that could be added."""
    nothing: str
    """Where none is chosen."""


def render_wires(
    wires: Sequence[StageInput | PipelineOutput],
    offers: Mapping[str, str],
    edits: WireEdits,
    words: WireWords,
    *,
    fixed: bool = False,
    most: int = 100,
    key: str,
) -> None:
    """A row for each and a list of those that could be added; `offers` are sources in words.

    With `fixed` names rows come and go elsewhere; only what feeds them is chosen here.
    """
    for place, wire in enumerate(wires):
        _render_wire(place, wire, offers, edits, words, fixed=fixed, key=f"{key}.{place}")
    used = {source for each in wires for source in each.sources}
    unused = [each for each in offers if each not in used]
    if fixed or not unused or len(wires) >= most:
        return
    st.selectbox(
        words.add,
        unused,
        format_func=lambda each: offers.get(each, each),
        placeholder="Choose a field",
        **bound_choice(f"{key}.more", None, partial(_add, edits)),
    )


def _render_wire(
    place: int,
    wire: StageInput | PipelineOutput,
    offers: Mapping[str, str],
    edits: WireEdits,
    words: WireWords,
    *,
    fixed: bool,
    key: str,
) -> None:
    about = f"{words.noun} {place + 1}"
    sources, name, described, remove = st.columns(ROW, vertical_alignment="bottom")
    with sources:
        st.multiselect(
            about.capitalize(),
            list(dict.fromkeys([*offers, *wire.sources])),
            format_func=lambda each: offers.get(each, f"{each} (not there)"),
            placeholder=words.nothing,
            select_all=False,
            help="Several fields are joined into one list.",
            **bound_choice(
                f"{key}.sources",
                list(wire.sources),
                lambda new: edits.feed(place, tuple(new)),
            ),
        )
    with name:
        st.text_input(
            f"Name of {about}",
            max_chars=LONGEST_NAME,
            disabled=fixed,
            **bound(f"{key}.name", wire.name, lambda new: edits.rename(place, new.strip())),
        )
    with described:
        st.text_input(
            f"Description of {about}",
            max_chars=LONGEST_DESCRIPTION,
            disabled=fixed,
            placeholder="What it is",
            **bound(f"{key}.words", wire.description, partial(edits.describe, place)),
        )
    with remove:
        render_remove(about, partial(edits.remove, place), disabled=fixed, key=key)


def _add(edits: WireEdits, source: str | None) -> None:
    if source is not None:
        edits.add(source)
