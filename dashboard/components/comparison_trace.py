"""One example under all entrants: what each answered, and every stage on the way, side by side."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.comparison.parting import Parting, aligned, parting
from core.evaluation.evaluator import StageRun, Trace
from dashboard.components.instruction_cards import render_prompt_run
from dashboard.components.measures import percent
from dashboard.components.score_parts import render_parts
from dashboard.components.traces import value_text

Call = tuple[str, int]
"""A predictor, and its how manieth call this is."""


def render_walk(
    place: tuple[int, int] | None,
    previous: str | None,
    following: str | None,
    *,
    go: Callable[[str], object],
    key: str,
) -> None:
    """Buttons to the neighbours of the open example; `place`: its number among how many."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for label, icon, example, shortcut in (
            ("Previous", ":material/arrow_back:", previous, "K"),
            ("Next", ":material/arrow_forward:", following, "J"),
        ):
            st.button(
                label,
                icon=icon,
                key=f"{key}.{label.lower()}",
                disabled=example is None,
                shortcut=shortcut,
                on_click=go,
                args=(example,),
            )
        st.caption(
            f"{place[0]:,} of {place[1]:,}" if place else "Not among those listed", width="content"
        )


def render_example_texts(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
    """What the example gives and what it expects."""
    given, wanted = st.columns([3, 2])
    for column, title, values in ((given, "Input", inputs), (wanted, "Expected", outputs)):
        with column.container(border=True, gap="xsmall", height="stretch"):
            st.caption(title)
            for name, value in values.items():
                st.text(value_text(value) if len(values) == 1 else f"{name}: {value_text(value)}")


def render_answer(
    label: str, score: float | None, change: float | None, failure: str | None, trace: Trace | None
) -> None:
    """What one entrant answered and how it was scored."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(label)
        if score is not None:
            st.badge(percent(score), color="gray")
        if change:
            st.badge(f"{100 * change:+.1f}", color="green" if change > 0 else "red")
        if failure is not None:
            st.badge("Failed", icon=":material/error:", color="red")
    if failure is not None:
        st.text(failure)
    if trace is None:
        st.caption("No answer yet." if score is None and failure is None else "No trace was kept.")
    elif failure is None:
        for name, value in trace.outputs.items():
            one = len(trace.outputs) == 1
            st.text(value_text(value) if one else f"{name}: {value_text(value)}")
    render_parts(trace.parts if trace else {})


def calls_in_order(traces: Sequence[Trace | None]) -> list[Call]:
    """The calls of all entrants, those that fit together in one row; the first one's order rules.

    Calls that only another made stand behind the one that it made before them.
    """
    known = [trace for trace in traces if trace is not None and trace.stages]
    if not known:
        return []
    first, *others = known
    order = [(pair.predictor, pair.call) for pair in aligned(first, first)]
    for other in others:
        last = -1
        for pair in aligned(first, other):
            call = (pair.predictor, pair.call)
            if call in order:
                last = order.index(call)
            else:
                last += 1
                order.insert(last, call)
    return order


def stage_of(trace: Trace | None, call: Call) -> StageRun | None:
    """What the trace has of this call."""
    if trace is None:
        return None
    own = [stage for stage in trace.stages if stage.predictor == call[0]]
    return own[call[1] - 1] if call[1] <= len(own) else None


def partings(traces: Sequence[Trace | None], reference: int) -> dict[int, Parting]:
    """Entrant → where it parts from the reference; those that never do, or left no trace, not."""
    base = traces[reference]
    if base is None or not base.stages:
        return {}
    found = {
        place: parting(base, trace)
        for place, trace in enumerate(traces)
        if place != reference and trace is not None and trace.stages
    }
    return {place: where for place, where in found.items() if where is not None}


def render_partings(labels: Sequence[str], traces: Sequence[Trace | None], reference: int) -> None:
    """In words, for each entrant, where it first differs from the reference."""
    found = partings(traces, reference)
    base = traces[reference]
    for place, label in enumerate(labels):
        if place == reference or traces[place] is None or base is None:
            continue
        words = found[place].sentence if place in found else "All stages are the same."
        st.text(f"{label} and {labels[reference]}: {words}")


def render_stages(labels: Sequence[str], traces: Sequence[Trace | None], reference: int) -> None:
    """Every stage in a row of its own, the first one in which somebody parts marked."""
    found = partings(traces, reference)
    for number, call in enumerate(calls_in_order(traces), start=1):
        parted = {
            place: where
            for place, where in found.items()
            if (where.pair.predictor, where.pair.call) == call
        }
        for place, column in enumerate(st.columns(len(labels))):
            with column.container(border=True, gap="xsmall", height="stretch"):
                _render_stage_head(number, call, labels[place], parted.get(place))
                where = parted.get(place)
                differing = (where.pair.inputs, where.pair.outputs) if where else ((), ())
                _render_stage(stage_of(traces[place], call), differing)


def _render_stage_head(number: int, call: Call, label: str, where: Parting | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(f"Stage {number}", color="gray")
        if where is not None:
            st.badge("Parts here", icon=":material/call_split:", color="orange")
    name = call[0].removesuffix(".predict") or call[0]
    st.text(f"{label} · {name}" if call[1] == 1 else f"{label} · {name}, call {call[1]}")


def _render_stage(stage: StageRun | None, differing: tuple[Sequence[str], Sequence[str]]) -> None:
    """`differing` are the names of the inputs and of the outputs that are to be marked."""
    if stage is None:
        st.caption("This stage was not called.")
        return
    sides = (("Given", stage.inputs), ("Answered", stage.outputs))
    for (title, values), marked in zip(sides, differing, strict=True):
        st.caption(title)
        for name, value in values.items():
            st.text(f"{'≠ ' if name in marked else ''}{name}: {value_text(value)}")


def render_raw(labels: Sequence[str], traces: Sequence[Trace | None]) -> None:
    """Prompts as sent and replies as received, from the traces."""
    for column, label, trace in zip(st.columns(len(labels)), labels, traces, strict=True):
        with column:
            st.text(label)
            for run in trace.prompts if trace else ():
                render_prompt_run(run)
            if trace is None or not trace.prompts:
                st.caption("No prompt was kept.")
