"""How far a run is: one card per phase, and one card per number that people ask for."""

from collections.abc import Sequence

import streamlit as st

from core.evaluation.statistics import Mean
from core.lm.limiter import Flow
from core.results.progress import PhaseProgress
from core.results.run_results import RunResults, Standing
from core.results.steering_view import EvaluationView
from core.runs.snapshot import InFlight, Snapshot
from dashboard.components.measures import (
    cost_text,
    duration_text,
    interval_text,
    mean_text,
    percent,
    tokens_text,
)

_ICONS = {
    "waiting": ":gray[:material/radio_button_unchecked:]",
    "running": ":primary[:material/progress_activity:]",
    "done": ":green[:material/check_circle:]",
    "cut short": ":gray[:material/do_not_disturb_on:]",
}
CARD_WIDTH = 150
"""Pixels below which cards wrap: two stand side by side on a telephone."""

MOST_IN_FLIGHT = 6
"""Pieces of work that are named; the rest is counted."""


def render_phases(
    phases: Sequence[PhaseProgress], evaluations: Sequence[EvaluationView] = ()
) -> None:
    """One card per phase, in order, with a bar and what it counts.

    `evaluations` are the open requests for which an ended run is taken up: one card more.
    """
    with st.grid(len(phases) + bool(evaluations), min_column_width=CARD_WIDTH):
        for phase in phases:
            with st.container(border=True, gap="xsmall", height="stretch"):
                st.markdown(f"{_ICONS[phase.status]} **{phase.phase.capitalize()}**")
                st.progress(phase.fraction)
                st.caption(_count(phase))
        if evaluations:
            _render_evaluating(evaluations)


def _render_evaluating(evaluations: Sequence[EvaluationView]) -> None:
    known = [each for each in evaluations if each.missing is not None]
    missing = sum(each.missing or 0 for each in known)
    done = min(missing, sum(each.runs for each in known))
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(f"{_ICONS['running']} **Evaluating**")
        st.progress(done / missing if missing else 0.0)
        st.caption(f"{done:,} of {missing:,} runs asked for" if known else "Waiting to be taken up")


def render_key_figures(results: RunResults, snapshot: Snapshot | None, now: float | None) -> None:
    """Baseline, best, calls and time. `now` is None when no worker is at it."""
    with st.grid(4, min_column_width=CARD_WIDTH):
        tested = results.is_ended
        _render_standing("Baseline", results.baseline, None, tested=tested)
        _render_standing("Best candidate", results.best, results.baseline, tested=tested)
        _render_calls(results, snapshot)
        _render_time(results, snapshot, now)


def render_in_flight(work: Sequence[InFlight], count: int, now: float) -> None:
    """What the worker is doing at this moment, in one line of text: `work` of `count` pieces."""
    named = [f"{each.task} ({max(0.0, now - each.since):.0f} s)" for each in work[:MOST_IN_FLIGHT]]
    more = f" · and {count - len(named)} more" if count > len(named) else ""
    st.text(f"In flight: {count}" + (f" – {' · '.join(named)}{more}" if named else ""))


def render_traffic(flows: Sequence[Flow], concurrency: int) -> None:
    """What the providers take at present, one line for each that takes less than is wanted."""
    for flow in flows:
        if text := traffic_text(flow, concurrency):
            st.text(text)


def traffic_text(flow: Flow, concurrency: int) -> str:
    """How the provider slows the run down, as a sentence; empty when it does not.

    `concurrency` is what the run would have in flight.
    """
    wanted = min(concurrency, flow.most)
    parts = []
    if flow.allowed is not None and flow.allowed < wanted:
        parts.append(f"{flow.allowed} of {wanted} in flight allowed by the provider")
    if flow.recent_refused:
        anyway = ", about as many whatever the load" if flow.usual else ""
        parts.append(f"{percent(flow.refused_share)} of calls refused in the last minute{anyway}")
    if flow.held_seconds >= 1:
        parts.append(f"it asked to wait {duration_text(flow.held_seconds)} more")
    return f"{flow.model}: {'; '.join(parts)}" if parts else ""


def _count(phase: PhaseProgress) -> str:
    if phase.status in ("waiting", "cut short") and not phase.done:
        return "Not begun"
    if phase.status == "done" and not phase.total:
        return "Nothing to do"
    return f"{phase.done:,} of {phase.total:,} {phase.unit}"


def _render_standing(
    title: str, standing: Standing | None, reference: Standing | None, *, tested: bool
) -> None:
    """`tested`: the test set is done with, so that its score no longer changes."""
    val = standing.val if standing else None
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.metric(
            title if standing is None or reference is None else f"{title}: {standing.short_label}",
            percent(val.value) if val else "–",
            delta=None if standing == reference else _gain(val, reference),
        )
        st.caption(f"Valset. {interval_text(val)}" if val else "Not scored yet")
        if standing is not None and standing.test is not None and tested:
            st.caption(f"Test: {mean_text(standing.test)}")


def _gain(val: Mean | None, reference: Standing | None) -> str | None:
    if val is None or reference is None or reference.val is None:
        return None
    return f"{100 * (val.value - reference.val.value):+.1f} points"


def _render_calls(results: RunResults, snapshot: Snapshot | None) -> None:
    used, left = results.usage, snapshot.remaining_calls if snapshot else None
    planned = f"of at most {used.calls + left:,}" if left and not results.is_ended else "in all"
    cap = f", cap {results.max_calls:,}" if results.max_calls else ""
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.metric("LM calls", f"{used.calls:,}")
        st.caption(f"{planned}{cap}")
        # The dollar sign would start a formula.
        st.caption(f"{cost_text(used)} · {tokens_text(used)}".replace("$", r"\$"))


def _render_time(results: RunResults, snapshot: Snapshot | None, now: float | None) -> None:
    worked = results.worked_seconds if now is None else results.elapsed(now)
    left = snapshot.remaining_seconds if snapshot and now is not None else None
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.metric("Time at work", duration_text(worked))
        if results.is_ended:
            st.caption("Ended")
        else:
            st.caption("Remaining: –" if left is None else f"About {duration_text(left)} left")
