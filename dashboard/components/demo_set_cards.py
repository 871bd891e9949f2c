"""The demo sets of one predictor as cards: every demo, where it came from, decisions about them.

Demos are drawn as text only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.evaluation.evaluator import Trace
from core.programs.candidate import ChoiceRef
from core.runs.parts import DemoSet
from core.runs.snapshot import LevelEffect
from core.runs.state import row
from dashboard.components.choice_card import (
    Decide,
    render_decisions,
    render_marks,
    render_verdict,
    standing_text,
)
from dashboard.components.traces import render_traces
from dashboard.demo_list import SourcedDemo, demo_line, field_text, source_text
from dashboard.proposal_list import Marks

PREVIEWED = 4
_SOURCES = {
    "none": "No demos: the predictor is shown its instruction alone.",
    "labelled": "Training examples as labelled",
    "bootstrapped": "Accepted traces of the teacher, filled up with labelled examples",
    "person": "Put together by a person",
}


@dataclass(frozen=True, kw_only=True)
class DemoSetCard:
    """Everything one card shows."""

    ref: ChoiceRef
    number: int
    demo_set: DemoSet
    marks: Marks
    outputs: tuple[str, ...]
    """The predictor's output fields."""
    effect: LevelEffect | None = None
    parent: int | None = None
    """Number of the demo set it was made from."""


@dataclass(frozen=True, kw_only=True)
class DemoReaders:
    """How a card that is open reads what it shows."""

    sources: Callable[[DemoSetCard], Sequence[SourcedDemo]]
    trace: Callable[[str], Trace | None]
    """What the teacher did on a training example."""


def render_demo_set_cards(
    cards: Sequence[DemoSetCard],
    *,
    searching: bool,
    decide: Decide,
    read: DemoReaders,
    key: str,
) -> None:
    """One card each; the demos in full, with their traces, where that is asked for."""
    grid = st.grid(2, min_column_width=360, key=f"{key}.grid")
    for card in cards:
        own = f"{key}.{card.ref.id}"
        with grid.container(border=True, gap="small", height="stretch", key=f"{own}.card"):
            _render_head(card)
            _render_preview(card)
            with st.container(gap="xsmall"):
                if standing := standing_text(card.marks, card.effect, searching=searching):
                    st.caption(standing)
                render_verdict(card.marks)
            st.space("stretch")
            render_decisions(
                card.ref,
                card.marks,
                decide,
                title=f"Demo set {card.number}",
                key=own,
                edit="Change" if card.demo_set.demos else None,
            )
            if card.demo_set.demos:
                opened = st.toggle("Every demo, with its trace and score", key=f"{own}.open")
                with st.container(gap="small"):
                    if opened:
                        render_demos(read.sources(card), read.trace, key=f"{own}.demo")


def render_demos(
    demos: Sequence[SourcedDemo], trace: Callable[[str], Trace | None], *, key: str
) -> None:
    """Every demo in full: its fields, where it came from, and on request what the teacher did."""
    for number, each in enumerate(demos, start=1):
        with st.container(border=True, gap="small"):
            st.caption(f"Demo {number}: {source_text(each.source)}")
            for name, value in each.demo.items():
                st.text(f"{name}: {field_text(value)}")
            example = each.source.example
            if each.source.kind != "trace" or example is None:
                continue
            if st.toggle("What the teacher did", key=f"{key}.{number}"):
                render_traces({row(example): trace(example)}, key=f"{key}.{number}.trace")


def _render_head(card: DemoSetCard) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(f"Demo set {card.number}", anchor=False, width="content")
        render_marks(card.marks)
    count = len(card.demo_set.demos)
    if card.demo_set.by is not None:
        made = "" if card.parent is None else f", from demo set {card.parent}"
        st.text(f"{_demos(count)}, put together by {card.demo_set.by}{made}")
    elif card.demo_set.source == "none":
        st.caption(_SOURCES["none"])
    else:
        source = _SOURCES.get(card.demo_set.source, card.demo_set.source)
        st.caption(f"{_demos(count)}. {source}.")


def _render_preview(card: DemoSetCard) -> None:
    demos = card.demo_set.demos
    lines = [demo_line(demo, card.outputs) for demo in demos[:PREVIEWED]]
    more = len(demos) - len(lines)
    if more > 0:
        lines.append(f"… and {more} more")
    if lines:
        st.code("\n".join(lines), language=None, wrap_lines=True)


def _demos(count: int) -> str:
    return "1 demo" if count == 1 else f"{count} demos"
