"""The head of the Compare page: who is compared, how they stand, and what is being evaluated."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.comparison.entrants import PARTS
from core.comparison.heads import part_in_words
from core.results.steering_view import EvaluationView
from dashboard import (
    acting,
    comparing,
    comparing_dialogs,
    comparing_figures,
    held_out,
    services,
    steer,
)
from dashboard import comparing_state as state
from dashboard.comparing import Subject
from dashboard.comparing_entrants import Known
from dashboard.comparing_link import Link, entrants_of, name_of
from dashboard.components.comparison_choice import (
    render_entrant_choice,
    render_part_choice,
    render_reference_choice,
)
from dashboard.components.comparison_heads import (
    render_heads,
    render_intervals,
    render_notes,
    render_verdicts,
)
from dashboard.components.comparison_progress import render_evaluations, render_news
from dashboard.components.copy_link import render_copy_link
from dashboard.components.held_out_offer import render_held_out_offer
from dashboard.components.outcome_notice import render_outcome_notice
from dashboard.services import RunView


def choose_entrants(view: RunView, known: Known) -> Link:
    """The choice of candidates with the page's actions; the view that follows from it."""
    key = state.begin("entrants", [name_of(each) for each in known.entrants])
    chosen = entrants_of(render_entrant_choice(known.options, key=key))
    link = state.link()
    if chosen != link.entrants:
        before = link.entrants[link.reference] if link.reference < len(link.entrants) else None
        reference = chosen.index(before) if before in chosen else 0
        link = state.change(entrants=chosen, reference=reference, by=None, page=1)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button("Add from another run", icon=":material/add:", key="compare.add"):
            comparing_dialogs.open_dialog(view.run.id, "add")
        if st.button(
            "Evaluate more",
            icon=":material/playlist_add_check:",
            key="compare.evaluate",
            disabled=len(chosen) < 2,
        ):
            comparing_dialogs.open_dialog(view.run.id, "evaluate")
        render_copy_link(key="compare.link.copy")
    return link


def choose_terms(subject: Subject, labels: Sequence[str]) -> Link:
    """The choice of the reference and of the examples; the view that follows from it."""
    link = state.link()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name = f"reference.{hash(subject.entrants)}"
        reference = render_reference_choice(labels, key=state.begin(name, link.reference))
        part = render_part_choice(
            comparing.shared_counts(subject), key=state.begin("part", link.part)
        )
    if part != link.part:
        link = state.change(part=part, page=1)
    return link if reference == link.reference else state.change(reference=reference, by=None)


def show_standing(entrants: Subject, reference: int) -> None:
    """Cards, intervals and verdicts as of now."""
    subject = comparing.subject_of(entrants.entrants, entrants.part)
    lined = comparing.line_up(subject)
    heads = comparing.heads(subject)
    st.subheader(f"On {part_in_words(lined)}", anchor=False)
    with st.container():
        if not lined.shared.any():
            st.info(
                f"They share no {PARTS[lined.part]} example with a score yet. Evaluate more to "
                "compare them.",
                icon=":material/join_inner:",
            )
    render_heads(heads, comparing.noise(subject), reference, shared="Score")
    scores, differences = comparing_figures.intervals(subject, reference)
    verdicts = comparing.verdicts(subject, reference)
    render_verdicts(verdicts)
    render_intervals(scores, differences, len(heads), key="compare.intervals")
    render_notes(verdicts, heads)


def views_of(subject: Subject) -> list[RunView]:
    """The runs of the entrants, each once."""
    views = (services.run_view(run) for run in {each.run_id: None for each in subject.entrants})
    return [view for view in views if view is not None]


def show_progress(run: str, views: Sequence[RunView], drawn: Subject) -> None:
    """Requests that are at work, and that the page is older than its runs."""
    _show_notice(run)
    opened = open_evaluations(views)
    with st.container():
        place = render_evaluations(
            [(view.run.config.name, each) for view, each in opened], key="compare.progress"
        )
    if place is not None:
        view, each = opened[place]
        acting.act(run, "Cancelled.", partial(steer.undo, view.run.id, each.seq))
        st.rerun()
    at_work = any(view.status in ("queued", "running") for view in views)
    if render_news(comparing.is_outdated(drawn), at_work=at_work, key="compare"):
        st.rerun()


def show_held_out(run: str, views: Sequence[RunView], drawn: Subject) -> None:
    """What it takes to measure a best that is compared and has no held-out score; asks on a press.

    Of several runs one at a time.
    """
    shown = {(each.run_id, each.candidate) for each in drawn.entrants}
    for view in views:
        best = view.results.best
        if best is None or (view.run.id, best.candidate) not in shown:
            continue
        if (offer := held_out.offer(view)) is not None:
            if render_held_out_offer(
                offer.label, offer.cost, with_baseline=offer.with_baseline, key="compare.held_out"
            ):
                words = f"Asked for {offer.label} on the held-out examples."
                acting.act(run, words, partial(held_out.measure, view.run.id))
                st.rerun()
            return


def open_evaluations(views: Sequence[RunView]) -> list[tuple[RunView, EvaluationView]]:
    """Requests to evaluate from which something may still come."""
    return [
        (view, each)
        for view in views
        for each in view.results.steering.evaluations
        if each.end is None and not view.results.is_ended
    ]


def _show_notice(run: str) -> None:
    """How the last request of this tab went."""
    with st.container():
        said = acting.notice(run)
        if said is not None and said.words != "Kept.":
            render_outcome_notice(
                said.words, problem=said.problem, undoable=False, key="compare.notice"
            )
