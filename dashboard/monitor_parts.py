"""Parts of the Monitor page beside its sections: its notice, its end, and where it came from."""

from functools import partial

import streamlit as st

from core.lm.failures import group_of
from core.runs.state import RunState
from dashboard import acting, connections, held_out, insights, monitor_sections, services, session
from dashboard.components.connection_key import render_missing_keys, render_refused_key
from dashboard.components.held_out_offer import render_held_out_offer
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


def waits_for_key(view: RunView) -> bool:
    """Whether the run has not begun only because no worker would find its keys."""
    return view.run.heartbeat is None and bool(_missing_keys(view))


def _missing_keys(view: RunView) -> list[str]:
    lacking = view.status in ("queued", "interrupted") and not view.results.is_ended
    return connections.missing_keys(view.run.config) if lacking else []


def show_missing_keys(view: RunView) -> None:
    """Asks for a key that a worker would lack, or that is refused; one that has it goes on then."""
    missing, refused = _missing_keys(view), _refused_keys(view)
    if not missing and not refused:
        return
    field = session.fresh("monitor.key")
    render = render_missing_keys if missing else render_refused_key
    typed = render(missing or refused, key=field)
    if typed is not None:
        session.key_ring().put(*typed)
        session.renew("monitor.key")
        if view.status == "queued":
            connections.start_worker(view.run.id)
        else:
            services.resume(view)
        st.rerun()


def _refused_keys(view: RunView) -> list[str]:
    """Names of the keys of a run that waits because a provider takes its key or account no more."""
    if view.status != "paused" or view.results.paused_by_person or view.results.waits_at_cap:
        return []
    kind = services.ask(view.run.id, _last_failure)
    return list(view.run.config.key_names) if group_of(kind) == "account" else []


def show_held_out(view: RunView) -> None:
    """Where an ended run's best has no held-out score, what that would take; asks on a press."""
    offer = held_out.offer(view)
    if offer is not None and render_held_out_offer(
        offer.label, offer.cost, with_baseline=offer.with_baseline, key="monitor.held_out"
    ):
        words = f"Asked for {offer.label} on the held-out examples."
        acting.act(view.run.id, words, partial(held_out.measure, view.run.id))
        st.rerun()


def _last_failure(state: RunState) -> str:
    return state.failures[-1][2].kind if state.failures else ""


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
