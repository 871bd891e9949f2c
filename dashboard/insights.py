"""Numbers about a run that are worked out when somebody looks at them, once for all viewers.

Beside `services`: nothing here is needed for the run's status. Nobody may change what comes back.
"""

from functools import partial

import streamlit as st

from core.results import credit, evidence
from core.results import diagnosis as findings
from core.results import money as costs
from core.results import story as stories
from core.results import timeline as moments
from core.runs.scores import val_scores
from core.runs.state import RunState
from core.runs.troubles import Troubles
from dashboard import services
from dashboard.services import RunView

Version = tuple[int, ...]


def timeline(view: RunView) -> moments.Timeline:
    """Trials, decisions, failures and phases over time."""
    return _timeline(view.run.id, view.version, view)


def money(view: RunView) -> costs.Money:
    """Calls, tokens and cost, spent and projected, against the cap."""
    return costs.money(view.results, view.snapshot)


def ablations(view: RunView, candidate: str | None = None) -> credit.AblationTable | None:
    """What one predictor's choices do for a candidate, by default the best; None without one."""
    return _ablations(view.run.id, view.version, candidate, view)


def diagnosis(view: RunView) -> tuple[findings.Finding, ...]:
    """What keeps the run from improving, most severe first; empty when nothing does."""
    return _diagnosis(view.run.id, view.version, view)


def story(view: RunView) -> tuple[stories.Paragraph, ...]:
    """The run in a few paragraphs of plain text."""
    return _story(view.run.id, view.version, view)


def troubles(view: RunView) -> Troubles:
    """What went wrong with calls, over time."""
    return _troubles(view.run.id, view.version, view)


@st.cache_resource(show_spinner=False, max_entries=16)
def _troubles(run_id: str, version: Version, _view: RunView) -> Troubles:
    return services.ask(run_id, lambda state: state.troubles.copy())


@st.cache_resource(show_spinner=False, max_entries=16)
def _timeline(run_id: str, version: Version, _view: RunView) -> moments.Timeline:
    return moments.timeline(_view.results)


@st.cache_resource(show_spinner=False, max_entries=32)
def _ablations(
    run_id: str, version: Version, candidate: str | None, _view: RunView
) -> credit.AblationTable | None:
    compared = list(credit.ablated(_view.results, candidate))

    def scores(state: RunState) -> dict[str, dict[str, float]]:
        return {each: val_scores(state, each) for each in compared}

    return credit.ablations(services.ask(run_id, scores), _view.results, candidate)


@st.cache_resource(show_spinner=False, max_entries=32)
def _diagnosis(run_id: str, version: Version, _view: RunView) -> tuple[findings.Finding, ...]:
    return tuple(findings.diagnose(_evidence(_view), _view.results, _view.results.belief))


@st.cache_resource(show_spinner=False, max_entries=16)
def _story(run_id: str, version: Version, _view: RunView) -> tuple[stories.Paragraph, ...]:
    return stories.story(_evidence(_view), _view.results, _view.results.belief, money(_view))


def _evidence(view: RunView) -> evidence.Evidence:
    gather = partial(evidence.gathered, config=view.run.config, results=view.results)
    return services.ask(view.run.id, gather)
