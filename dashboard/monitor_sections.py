"""The sections of the Monitor page: each fetches what it shows, draws it, and acts on the answer.

Only the chosen one is called. They run inside a part of the page that ticks, so they open dialogs
by asking the page's script for them.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core.programs.candidate import Candidate, ChoiceRef
from core.results.diagnosis import (
    Finding,
    LowerThreshold,
    OpenExamples,
    OpenFailures,
    ProposeMore,
    QueueCandidate,
    RaiseTrials,
    StopRun,
)
from dashboard import candidate_rows, figures, insights, services, session, steer
from dashboard.acting import act
from dashboard.components.budget_controls import render_bound_changes, render_bounds
from dashboard.components.candidate_browser import (
    Asked,
    render_candidates,
    render_paging,
    render_predictions,
)
from dashboard.components.credit_panel import render_ablations, render_credit_shares
from dashboard.components.decision_log import render_decisions, render_note
from dashboard.components.diagnosis_panel import render_findings
from dashboard.components.error_panel import render_errors
from dashboard.components.money_panel import render_money
from dashboard.components.predictor_choice import render_predictor_choice
from dashboard.components.run_details import render_failures
from dashboard.components.search_surrogate import (
    CellAsked,
    render_alike,
    render_cell_choice,
    render_chances,
    render_effects,
    render_heatmap,
    render_settings_importance,
    render_sureness,
)
from dashboard.components.timeline_panel import Mark, render_timeline, render_trial_choice
from dashboard.monitor_dialogs import (
    BranchDialog,
    CandidateDialog,
    DecisionDialog,
    FailureDialog,
    QueueDialog,
    ThresholdDialog,
    TrialDialog,
    change_bounds,
    compare,
    open_dialog,
)
from dashboard.services import RunView

KEY = "monitor"
CHOICE = f"{KEY}.section"
"""Key of the widget that chooses the section."""
_ROWS = f"{KEY}.rows"
_NEXT = f"{KEY}.next_section"


def candidates(view: RunView) -> None:
    """Candidates as a table with actions, and the chart of predictions."""
    results = view.results
    table, chart = st.columns([3, 2])
    with table:
        paging = render_paging(results.candidate_count, candidate_rows.PER_PAGE, key=KEY)
        place = f"{KEY}.candidates" + ("" if paging.leading else f".{paging.page}")
        frame = (
            figures.leading(view)
            if paging.leading
            else candidate_rows.one_page(results, paging.page)
        )
        page = _steady_page(view, place, frame)
        asked = render_candidates(
            page.table,
            page.ids,
            frozenset(results.choices),
            results.baseline.candidate if results.baseline else None,
            key=f"{KEY}.picked",
            table_key=place,
        )
    with chart:
        render_predictions(services.predictions_chart(view), key=f"{KEY}.predictions")
    if asked is not None:
        _do(view, asked, page.candidates)


def surrogate(view: RunView) -> None:
    """Effects, pairs of choices, probabilities, and how near the end is."""
    belief, results = figures.belief_of(view), view.results
    if belief is None or not results.predictors:
        st.caption("The surrogate has too few results to say anything yet.")
        render_settings_importance(results.settings_importance)
        return
    left, right = st.columns(2)
    with left:
        chart = figures.sureness(view, belief)
        threshold = figures.threshold_of(view)
        render_sureness(chart, belief.near_best, threshold, key=f"{KEY}.sureness")
        chances = figures.chances(view, belief)
        click = render_chances(chances, len(belief.probability_best), key=f"{KEY}.chances")
    if click is not None and click.custom in results.choices:
        open_dialog(view.run.id, CandidateDialog(candidate=results.choices[click.custom]))
    with right:
        predictor = render_predictor_choice(list(results.instructions), key=f"{KEY}.predictor")
        _effects(view, predictor)
    with st.container():
        render_alike(belief.alike)
    _pairs(view, predictor)
    render_settings_importance(results.settings_importance)


def credit(view: RunView) -> None:
    """Shares of the variation, and ablations."""
    shares = figures.credit(view)
    render_credit_shares(
        shares[0] if shares else None, shares[1] if shares else 0, key=f"{KEY}.credit"
    )
    row = render_ablations(insights.ablations(view), key=f"{KEY}.ablation")
    if row is not None:
        run = view.run.id
        _decide(run, f"Measuring: {row.name}.", partial(steer.queue, run, row.candidate))


def timeline(view: RunView) -> None:
    """What the run did when."""
    shown = insights.timeline(view)
    mark = render_timeline(figures.timeline(view), shown, key=f"{KEY}.timeline")
    asked = render_trial_choice(view.results.trial_count, key=f"{KEY}.trial")
    _open_mark(view.run.id, mark or asked)


def money(view: RunView) -> None:
    """Spent and projected, and the bounds as a form."""
    run = view.run.id
    render_money(insights.money(view), figures.money(view), key=f"{KEY}.money")
    st.markdown("**Bounds**")
    st.caption("A change takes effect at once. A run that waits at its cap goes on.")
    wish = render_bounds(view.results.budget, key=f"{KEY}.money")
    changes = [
        (each.at, each.words)
        for each in reversed(view.results.steering.decisions)
        if each.kind in ("budget_changed", "resume_requested")
    ]
    render_bound_changes(changes[:8], time.time())
    if wish is not None:
        _decide(run, "The bounds are changed.", partial(change_bounds, run, wish))


def diagnosis(view: RunView, *, key: str = f"{KEY}.diagnosis") -> None:
    """What stands in the way of improvement."""
    found = insights.diagnosis(view)
    st.caption("Why did nothing improve, or not more? From what was measured so far.")
    asked = render_findings(found, key=key)
    if asked is not None:
        _remedy(view, asked)


def decisions(view: RunView) -> None:
    """Who decided what when."""
    run, log = view.run.id, view.results.steering.decisions
    text = render_note(key=f"{KEY}.decisions")
    seq = render_decisions(log, time.time(), key=f"{KEY}.decisions")
    if text is not None:
        _decide(run, "The note is added.", partial(steer.note, run, text))
    if seq is not None:
        _decide(run, "Taken back.", partial(steer.undo, run, seq))


def failures(view: RunView) -> None:
    """Which calls fail how often, and the examples and proposals that failed."""
    results = view.results
    st.markdown("**Errors**")
    render_errors(insights.troubles(view), figures.errors(view), key=f"{KEY}.errors")
    st.markdown("**Failed examples and proposals**")
    render_failures(results.tables.failures, results.failure_count, key=f"{KEY}.failures")


SECTIONS: dict[str, Callable[[RunView], None]] = {
    "Candidates": candidates,
    "Surrogate": surrogate,
    "Credit": credit,
    "Timeline": timeline,
    "Money": money,
    "Diagnosis": diagnosis,
    "Decisions": decisions,
    "Failures": failures,
}


def turn_to(section: str) -> None:
    """Show this section from the next run of the page on."""
    session.choose(_NEXT, section)


def take_turn() -> None:
    """Choose the section that somebody turned to. Before the section's widget is drawn."""
    if (wanted := session.chosen(_NEXT)) in SECTIONS:
        session.choose(CHOICE, wanted)
        session.choose(_NEXT, None)


def _steady_page(view: RunView, place: str, frame: pd.DataFrame) -> candidate_rows.CandidatePage:
    """The page whose rows stay in place while some of them are selected."""
    kept = session.chosen(_ROWS)
    known: dict[str, Candidate] = {}
    shown: tuple[str, ...] = ()
    if isinstance(kept, tuple) and kept[0] == (view.run.id, place):
        shown, known = kept[1], kept[2]
    known = {**known, **candidate_rows.considered_candidates(figures.belief_of(view))}
    selected = session.chosen_row(place) is not None
    order = candidate_rows.steady(frame["candidate"].tolist(), shown, selected=selected)
    page = figures.candidate_page(view, frame, order, known)
    untried = {each: known[each] for each in page.ids if each in known}
    session.choose(_ROWS, ((view.run.id, place), page.ids, untried))
    return page


def _do(view: RunView, asked: Asked, known: dict[str, Candidate]) -> None:
    run, chosen = view.run.id, tuple(known[each] for each in asked.candidates)
    match asked.action:
        case "compare":
            compare(view, asked.candidates)
        case "open":
            open_dialog(view.run.id, CandidateDialog(candidate=chosen[0]))
        case "branch":
            open_dialog(run, BranchDialog(first=chosen[0]))
        case "queue":
            open_dialog(run, QueueDialog(candidates=chosen))
        case "ban" if len(chosen) == 1:
            open_dialog(view.run.id, CandidateDialog(candidate=chosen[0]))
        case "ban":
            _decide(
                run,
                f"{len(chosen)} candidates are banned.",
                partial(_ban_all, run, chosen),
            )


def _ban_all(run: str, banned: Sequence[Candidate]) -> None:
    for each in banned:
        steer.ban(run, each.refs)


def _effects(view: RunView, predictor: str) -> None:
    found = figures.effects(view, predictor)
    chart, count = found if found else (None, 0)
    click = render_effects(chart, count, key=f"{KEY}.effects.{predictor}")
    belief, results = figures.belief_of(view), view.results
    if click is None or belief is None or belief.recommended not in results.choices:
        return
    known = {(each.part, each.id) for each in belief.effects if each.predictor == predictor}
    part, id_ = click.custom if isinstance(click.custom, list) else (None, None)
    if (part, id_) in known:
        ref = ChoiceRef(predictor=predictor, part=part, id=id_)
        swapped = results.choices[belief.recommended].changed(ref)
        open_dialog(view.run.id, CandidateDialog(candidate=swapped, predictor=predictor))


def _pairs(view: RunView, predictor: str) -> None:
    grid = figures.grid_of(view, predictor)
    chart = figures.heatmap(view, grid) if grid else None
    asked = render_heatmap(chart, grid, key=f"{KEY}.heatmap.{predictor}")
    if grid is None:
        return
    rows, columns = figures.choice_names(grid, view.results)
    named = render_cell_choice(grid, rows, columns, key=f"{KEY}.cell.{predictor}")
    _open_cell(view, predictor, asked or named)


def _open_cell(view: RunView, predictor: str, cell: CellAsked | None) -> None:
    grid = figures.grid_of(view, predictor)
    if cell is not None and grid is not None:
        candidate = view.results.candidate_at(grid, cell.row, cell.column)
        open_dialog(view.run.id, CandidateDialog(candidate=candidate, predictor=predictor))


def _open_mark(run: str, mark: Mark | None) -> None:
    if mark is None:
        return
    match mark.kind:
        case "trial":
            open_dialog(run, TrialDialog(number=mark.number))
        case "decision":
            open_dialog(run, DecisionDialog(seq=mark.number))
        case "failure":
            open_dialog(run, FailureDialog(place=mark.number))


def _remedy(view: RunView, finding: Finding) -> None:
    """What the button of a finding does: a decision, or a way to another page."""
    run, remedy = view.run.id, finding.remedy
    match remedy:
        case RaiseTrials(trials=trials):
            _decide(run, f"Trials raised to {trials:,}.", partial(_more_trials, run, trials))
        case ProposeMore(predictor=predictor, learn=learn):
            deed = partial(steer.ask_for_proposals, run, predictor, learn=learn)
            _decide(run, "The proposer was asked for another instruction.", deed)
        case QueueCandidate(candidate=candidate, examples=examples):
            name = view.results.names.candidate(candidate)
            _decide(run, f"Queued: {name}.", partial(steer.queue, run, candidate, examples))
        case StopRun():
            _decide(run, "The run stops and keeps the best.", partial(services.stop, view))
        case _:
            _lead_to(view, remedy)


def _lead_to(view: RunView, remedy: LowerThreshold | OpenFailures | OpenExamples | None) -> None:
    match remedy:
        case LowerThreshold():
            open_dialog(view.run.id, ThresholdDialog(threshold=remedy.threshold))
        case OpenFailures():
            turn_to("Failures")
            st.rerun()
        case OpenExamples(candidates=shown):
            compare(view, shown)
        case None:
            pass


def _more_trials(run: str, trials: int) -> None:
    steer.change_budget(run, trials=trials)
    steer.reopen(run)


def _decide(run: str, words: str, deed: Callable[[], object]) -> None:
    act(run, words, deed)
    st.rerun()
