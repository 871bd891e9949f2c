"""The dialogs of the Monitor page: which one is open, and what is done with the answers.

They are drawn by the page's own script, outside the parts that tick, so that what is half typed in
them stays.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import streamlit as st

from core.errors import ConfigError
from core.programs.candidate import Candidate
from dashboard import cards, insights, services, session, steer
from dashboard.acting import act
from dashboard.components.branch_dialog import BranchWish, render_branch_form
from dashboard.components.budget_controls import BoundsWish, render_bounds
from dashboard.components.candidate_dialog import (
    BanWish,
    CompareWish,
    FreezeWish,
    QueueWish,
    ReleaseWish,
    UnqueueWish,
    Wish,
    render_candidate_card,
)
from dashboard.components.queue_dialog import render_queue_choice
from dashboard.components.refusal import accepted
from dashboard.components.trial_card import render_decision, render_failure_group, render_trial
from dashboard.starting import may_start_again, started_once

_OPEN = "monitor.dialog"
_KEY = "monitor.dialog.content"


@dataclass(frozen=True, kw_only=True)
class CandidateDialog:
    """One candidate; `predictor` is the one in question, where there is one."""

    candidate: Candidate
    predictor: str | None = None


@dataclass(frozen=True, kw_only=True)
class QueueDialog:
    """Several candidates to be queued."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, kw_only=True)
class TrialDialog:
    """One trial."""

    number: int


@dataclass(frozen=True, kw_only=True)
class DecisionDialog:
    """One decision."""

    seq: int


@dataclass(frozen=True, kw_only=True)
class FailureDialog:
    """The failures of one mark on the timeline."""

    place: int


@dataclass(frozen=True, kw_only=True)
class BranchDialog:
    """A new run from this one; it tries `first` before anything else."""

    first: Candidate | None = None
    upto: int | None = None
    """The last event that it takes over; None for all, or as the person says."""


@dataclass(frozen=True, kw_only=True)
class GoOnDialog:
    """An ended run is taken up again."""


@dataclass(frozen=True, kw_only=True)
class ThresholdDialog:
    """The same run once more, with another threshold for traces."""

    threshold: float


Dialog = (
    CandidateDialog
    | QueueDialog
    | TrialDialog
    | DecisionDialog
    | FailureDialog
    | BranchDialog
    | GoOnDialog
    | ThresholdDialog
)


def open_dialog(run: str, dialog: Dialog) -> NoReturn:
    """Have the page of this run draw it, from the top of its script on."""
    session.choose(_OPEN, (run, dialog))
    st.rerun()


def close_dialog() -> None:
    """Draw none from now on."""
    session.choose(_OPEN, None)


def is_open(run: str) -> bool:
    """Whether a dialog of the run is open: drawing the page anew can lose what is half typed."""
    kept = session.chosen(_OPEN)
    return isinstance(kept, tuple) and kept[0] == run


def show_dialog(view: services.RunView) -> None:
    """Draw the open dialog, if there is one. Once per run of the page, outside its fragments."""
    kept = session.chosen(_OPEN)
    dialog = kept[1] if isinstance(kept, tuple) and kept[0] == view.run.id else None
    if dialog is not None:
        title, shown = _DIALOGS[type(dialog)]
        content = _named(partial(shown, view, dialog))
        st.dialog(title, width="large", on_dismiss=close_dialog)(content)()


def _named(shown: Callable[[], None]) -> Callable[[], None]:
    """Streamlit wants a function with a name."""

    def monitor_dialog() -> None:
        shown()

    return monitor_dialog


def _done(run: str, words: str, deed: Callable[[], object]) -> None:
    """Close on success; a refusal is shown in the dialog, whose answers stay."""
    if act(run, words, deed):
        close_dialog()
        st.rerun()
    cards.render_refusal(run)


def _candidate(view: services.RunView, dialog: CandidateDialog) -> None:
    # what is known may have changed since the dialog was opened
    fresh = services.run_view(view.run.id) or view
    card = cards.candidate_card(fresh, dialog.candidate, dialog.predictor)
    wish = render_candidate_card(card, key=f"{_KEY}.{dialog.candidate.id}")
    if wish is not None:
        _grant(fresh, dialog.candidate, card.name, wish)


def _grant(view: services.RunView, candidate: Candidate, name: str, wish: Wish) -> None:
    run, names = view.run.id, view.results.names
    match wish:
        case QueueWish(examples=examples):
            deed = partial(steer.queue, run, candidate, examples)
            _done(run, f"Queued: {name}.", deed)
        case UnqueueWish():
            _done(run, f"Out of the queue: {name}.", partial(steer.unqueue, run, candidate.id))
        case BanWish(choices=choices):
            words = " with ".join(map(names.choice, choices))
            _done(run, f"Banned: {words}.", partial(steer.ban, run, choices))
        case FreezeWish(choice=choice):
            _done(run, f"Frozen: {names.choice(choice)}.", partial(steer.freeze, run, choice))
        case ReleaseWish(choice=choice):
            deed = partial(steer.release, run, choice.predictor, choice.part)
            _done(run, f"Released: {names.choice(choice)}.", deed)
        case CompareWish():
            close_dialog()
            compare(view, (candidate.id,))


def compare(view: services.RunView, candidates: tuple[str, ...]) -> NoReturn:
    """Open the comparison; one candidate alone beside the baseline and the best."""
    shown = candidates
    if len(candidates) == 1:
        shown = tuple(dict.fromkeys([*view.results.contrast, *candidates]))
    session.compare(shown)
    st.switch_page("views/compare.py", query_params={"run": view.run.id})


def _queue(view: services.RunView, dialog: QueueDialog) -> None:
    results, run = view.results, view.run.id
    names = [results.names.candidate(each) for each in dialog.candidates]
    asked = render_queue_choice(names, results.sizes[1], key=f"{_KEY}.queue")
    if asked is None:
        return

    def deed() -> None:
        for each in dialog.candidates:
            steer.queue(run, each, asked.examples)

    _done(run, f"Queued: {', '.join(names)}.", deed)


def _trial(view: services.RunView, dialog: TrialDialog) -> None:
    card = cards.trial_card(services.run_view(view.run.id) or view, dialog.number)
    if card is None:
        st.text(f"There is no trial {dialog.number}.")
    elif render_trial(card, time.time(), key=f"{_KEY}.trial"):
        close_dialog()
        compare(view, (card.candidate,))


def _decision(view: services.RunView, dialog: DecisionDialog) -> None:
    fresh, run = services.run_view(view.run.id) or view, view.run.id
    found = [each for each in fresh.results.steering.decisions if each.seq == dialog.seq]
    asked = render_decision(found[0], time.time(), key=f"{_KEY}.decision") if found else None
    if asked == "undo":
        _done(run, "Taken back.", partial(steer.undo, run, dialog.seq))
    elif asked == "branch":
        open_dialog(run, BranchDialog(upto=dialog.seq - 1))


def _failures(view: services.RunView, dialog: FailureDialog) -> None:
    groups = insights.timeline(view).failures
    if 0 <= dialog.place < len(groups):
        group = groups.iloc[dialog.place]
        render_failure_group(cards.failures_between(view, group["at"], group["until"]))


def _branch(view: services.RunView, dialog: BranchDialog) -> None:
    results, config = view.results, view.run.config
    if dialog.first is not None:
        st.text(f"Tried first: {results.names.candidate(dialog.first)}.")
    gift = cards.inheritance(view)
    if dialog.upto is not None:
        st.text("It takes over what was there before the decision.")
    wish = render_branch_form(
        config.name,
        config.optimizer,
        results.budget.trials,
        gift,
        key=f"{_KEY}.branch",
        review=results.steering.waits_for_review,
        at_any_point=dialog.upto is None,
    )
    if wish is None:
        may_start_again(_branching(view))
    elif accepted(lambda: _branched(view, dialog, wish)):
        close_dialog()
        st.rerun()


def _branching(view: services.RunView) -> str:
    return f"{_KEY}.branch.{view.run.id}"


def _branched(view: services.RunView, dialog: BranchDialog, wish: BranchWish) -> None:
    """Start the branch and open it."""
    upto = dialog.upto
    if wish.after_trial is not None:
        upto = services.seq_after_trial(view.run.id, wish.after_trial)
        if upto is None:
            raise ConfigError(f"Trial {wish.after_trial} does not exist or has not ended yet.")
    plan = services.BranchPlan(
        name=wish.name,
        optimizer=wish.optimizer,
        trials=wish.trials,
        max_calls=wish.max_calls,
        review=wish.review,
        upto=upto,
        first=dialog.first,
    )
    session.open_run(started_once(_branching(view), lambda: services.start_branch(view, plan)))


def _go_on(view: services.RunView, _: GoOnDialog) -> None:
    run = view.run.id
    st.text(
        "The run goes on where it ended. Nothing that was measured is paid for again. Give it "
        "more trials, or a higher cap where that had ended it; what you leave empty stays."
    )
    budget = view.results.budget
    wish = render_bounds(budget, key=f"{_KEY}.bounds", verb="Go on", may_be_empty=True)
    if wish is not None:
        _done(run, "The run goes on.", partial(_taken_up, run, wish))


def _threshold(view: services.RunView, dialog: ThresholdDialog) -> None:
    config, threshold = view.run.config, dialog.threshold
    st.text(
        f"A new run with the settings of this one, in which a trace becomes a demo from a score of "
        f"{threshold:g} on, instead of {config.threshold:g}. Its models are called anew."
    )
    name = st.text_input(
        "Name",
        value=f"{config.name} (threshold {threshold:g})",
        max_chars=120,
        key=f"{_KEY}.threshold",
    )
    button = f"{_KEY}.threshold.{view.run.id}"
    if st.button("Start it", key=f"{_KEY}.start", type="primary", icon=":material/play_arrow:"):
        changed = {"name": name.strip() or config.name, "threshold": threshold}
        close_dialog()
        session.open_run(
            started_once(button, lambda: services.start_run(config.model_copy(update=changed)))
        )
        st.rerun()
    may_start_again(button)


def _taken_up(run: str, wish: BoundsWish) -> None:
    change_bounds(run, wish)
    steer.reopen(run)


def change_bounds(run: str, wish: BoundsWish) -> None:
    """Change what the wish names."""
    if wish.says_anything:
        steer.change_budget(
            run,
            trials=wish.trials,
            concurrency=wish.concurrency,
            max_calls=None if wish.uncapped else wish.max_calls,
            uncapped=wish.uncapped,
        )


_DIALOGS: dict[type, tuple[str, Callable[[services.RunView, Any], None]]] = {
    CandidateDialog: ("Candidate", _candidate),
    QueueDialog: ("Queue candidates", _queue),
    TrialDialog: ("Trial", _trial),
    DecisionDialog: ("Decision", _decision),
    FailureDialog: ("Failures", _failures),
    BranchDialog: ("Branch", _branch),
    GoOnDialog: ("Go on with this run", _go_on),
    ThresholdDialog: ("A new run", _threshold),
}
