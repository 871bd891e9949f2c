"""Parts of the Monitor page beside its sections: its notice, its end, and where it came from."""

import streamlit as st

from dashboard import acting, insights, monitor_sections
from dashboard.components.outcome_notice import render_outcome_notice
from dashboard.components.story_panel import render_story
from dashboard.services import RunView


def is_outdated(view: RunView, drawn: int, *, live: bool) -> bool:
    """Whether the whole page must be drawn again, which was last drawn after `drawn` events.

    A run that was `live` has ended, or the other way round; or somebody has decided something about
    an ended one, most of whose page does not tick.
    """
    return live == view.results.is_ended or (not live and view.results.seq != drawn)


def show_notice(view: RunView) -> None:
    """How the last decision of this tab went, with a way to take it back."""
    if said := acting.notice(view.run.id):
        undoable = bool(acting.own_decisions(view, said))
        if render_outcome_notice(
            said.words, problem=said.problem, undoable=undoable, key="monitor.notice"
        ):
            acting.take_back(view, said)
            st.rerun()


def show_end(view: RunView) -> None:
    """The story of an ended run; where nothing improved, why."""
    if not view.results.is_ended:
        return
    render_story(insights.story(view))
    best, baseline = view.results.best, view.results.baseline
    if best is None or baseline is None or best.candidate == baseline.candidate:
        st.subheader("Why did nothing improve?")
        monitor_sections.diagnosis(view, key="monitor.end")


def show_origin(view: RunView) -> None:
    """The run that this one began as a copy of, where it did."""
    if (parent := view.results.branched_from) is not None:
        st.page_link(
            "views/monitor.py",
            label="Open the run that this one branched from",
            icon=":material/alt_route:",
            query_params={"run": parent},
        )
