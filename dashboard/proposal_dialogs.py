"""The dialogs of the Proposals page, and the decisions its buttons stand for.

A dialog is drawn outside of everything that a timer redraws, and what was typed stays while the
page around it goes on. It is open for as long as the tab's session says so.
"""

from collections.abc import Callable

import streamlit as st

from core.programs.candidate import ChoiceRef
from core.programs.predictors import PredictorInfo
from core.runs.parts import Instruction
from dashboard import review, services, session, steer
from dashboard.components.choice_card import Act, noun
from dashboard.components.demo_editor import MadeDemoSet, render_demo_editor
from dashboard.components.demo_set_cards import DemoSetCard
from dashboard.components.instruction_editor import (
    WrittenInstruction,
    render_instruction_editor,
)
from dashboard.components.locked_spans import render_locked_spans
from dashboard.components.predictor_choice import predictor_label
from dashboard.components.propose_more import ProposalWish, render_propose_more
from dashboard.components.rejection import render_rejection
from dashboard.components.review_gate import render_approved_only
from dashboard.session import Editor, EditorName

_SAFE_TO_LEAVE = frozenset[EditorName]({"reject", "lock", "approved only"})
"""Dialogs in which a click beside them loses nothing that took long to type."""
_LARGE = frozenset[EditorName]({"write", "edit", "make demos", "edit demos"})


def act(run: str, what: Act, ref: ChoiceRef) -> None:
    """Do what a card's button says; for a callback. A double click counts once."""
    if what == "reject":
        ask(run, "reject", choice=ref)
    elif what == "edit":
        ask(run, "edit" if ref.part == "instruction" else "edit demos", choice=ref)
    elif not session.is_echo(f"{ref.id} {_SWITCHES[what]}"):
        _decide(run, what, ref)


_SWITCHES: dict[Act, str] = {
    "approve": "verdict",
    "restore": "verdict",
    "pin": "pin",
    "unpin": "pin",
    "freeze": "freeze",
    "release": "freeze",
}


def _decide(run: str, what: Act, ref: ChoiceRef) -> None:
    match what:
        case "approve":
            steer.approve(run, ref)
        case "restore":
            steer.restore(run, ref)
        case "pin":
            steer.pin(run, ref)
        case "unpin":
            steer.unpin(run, ref)
        case "freeze":
            steer.freeze(run, ref)
        case _:
            steer.release(run, ref.predictor, ref.part)


def ask(
    run: str, name: EditorName, *, predictor: str = "", choice: ChoiceRef | None = None
) -> None:
    """Open a dialog; for a callback, which the whole page follows."""
    session.open_editor(name, run, predictor=predictor, choice=choice)
    st.rerun()


def start_search(run: str) -> None:
    """End the review; a double click counts once."""
    if not session.is_echo("start the search"):
        steer.approve_review(run)


def show_dialog(view: services.RunView) -> None:
    """The dialog that is open in this tab, if any."""
    editor = session.editor(view.run.id)
    if editor is None:
        return
    dialog = st.dialog(
        _title(view, editor),
        width="large" if editor.name in _LARGE else "medium",
        dismissible=editor.name in _SAFE_TO_LEAVE,
        on_dismiss=session.close_editor,
    )
    dialog(_dialog)(editor)


def _dialog(editor: Editor) -> None:
    view = services.run_view(editor.run)
    if view is None or _BODIES[editor.name](view, editor):
        session.close_editor()
        st.rerun()


_TITLES: dict[EditorName, str] = {
    "write": "Write an instruction",
    "edit": "Edit {what}",
    "reject": "Reject {what}",
    "propose": "Propose more",
    "lock": "Locked text",
    "make demos": "Make a demo set",
    "edit demos": "Change {what}",
    "approved only": "Search approved only?",
}


def _title(view: services.RunView, editor: Editor) -> str:
    title = _TITLES[editor.name].format(what=_named(view, editor.choice) if editor.choice else "")
    names = [info.name for info in view.results.predictors]
    if len(names) < 2 or editor.predictor not in names:
        return title
    return f"{title}: {predictor_label(editor.predictor, names.index(editor.predictor))}"


def _named(view: services.RunView, ref: ChoiceRef) -> str:
    """`instruction 4`, `demo set 2`."""
    if ref.part == "instruction":
        found = [
            each.number for each in view.results.instructions[ref.predictor] if each.id == ref.id
        ]
    else:
        sets = view.results.demo_sets[ref.predictor]
        found = [number for number, each in enumerate(sets) if each.id == ref.id]
    return f"{noun(ref)} {found[0]}" if found else noun(ref)


def _when(view: services.RunView) -> str:
    """When something that is added now will be tried."""
    if view.results.is_ended:
        return "The run has ended: it is kept, and tried when the run is reopened or branched."
    if view.results.phase in ("search", "test"):
        return "The search can choose it from now on."
    return "It is tried once the search begins."


def _write(view: services.RunView, editor: Editor) -> bool:
    parent = _instruction(view, editor.choice)

    def save(wish: WrittenInstruction) -> None:
        steer.write_instruction(
            editor.run,
            editor.predictor,
            wish.text,
            parent=parent.id if parent else None,
            instead=wish.instead,
            pinned=wish.pinned,
        )

    return render_instruction_editor(
        parent.text if parent else _info(view, editor.predictor).instruction,
        parent,
        locks=review.board_of(view, editor.predictor).locks,
        when=_when(view),
        save=save,
        key=editor.key,
    )


def _reject(view: services.RunView, editor: Editor) -> bool:
    choice = editor.choice
    if choice is None:
        return True
    return render_rejection(
        _named(view, choice),
        reject=lambda reason: steer.reject(editor.run, choice, reason),
        key=editor.key,
    )


def _propose(view: services.RunView, editor: Editor) -> bool:
    def send(wish: ProposalWish) -> None:
        steer.ask_for_proposals(
            editor.run,
            editor.predictor,
            count=wish.count,
            hint=wish.hint,
            tip=wish.tip,
            temperature=wish.temperature,
            learn=wish.learn,
        )

    reopens = "The run has ended: asking starts its worker again. "
    when = "Each proposal is one call to the prompt model. They join the others as they come in."
    return render_propose_more(
        temperature=view.run.config.prompt_temperature,
        can_learn=review.board_of(view, editor.predictor).tried,
        when=(reopens if view.results.is_ended else "") + when,
        ask=send,
        key=editor.key,
    )


def _lock(view: services.RunView, editor: Editor) -> bool:
    board = review.board_of(view, editor.predictor)
    if render_locked_spans(
        _info(view, editor.predictor).instruction,
        board.locks,
        change=lambda spans: steer.lock(editor.run, editor.predictor, spans),
        key=editor.key,
    ):
        st.rerun()
    lacking = sum(bool(mark.lacks) for mark in board.marks.values())
    st.caption(
        "The proposer is told, proposals that break a locked text are repaired or refused, and no "
        f"candidate without it is ever tried. Instructions that lack it now: {lacking}."
    )
    return st.button("Done", key=f"{editor.key}.done", type="primary")


def _demos(view: services.RunView, editor: Editor) -> bool:
    card = _demo_set(view, editor)

    def save(made: MadeDemoSet) -> None:
        steer.make_demo_set(
            editor.run,
            editor.predictor,
            made.demos,
            parent=card.ref.id if card else None,
            instead=made.instead,
        )

    return render_demo_editor(
        _info(view, editor.predictor),
        review.demos_with_sources(view, card) if card else (),
        card.number if card else None,
        at_hand=review.addable_demos(view, editor.predictor),
        when=_when(view),
        save=save,
        key=editor.key,
    )


def _approved_only(view: services.RunView, editor: Editor) -> bool:
    return render_approved_only(
        review.gate_of(editor.run),
        search=lambda: review.search_approved_only(editor.run),
        key=editor.key,
    )


_BODIES: dict[EditorName, Callable[[services.RunView, Editor], bool]] = {
    "write": _write,
    "edit": _write,
    "reject": _reject,
    "propose": _propose,
    "lock": _lock,
    "make demos": _demos,
    "edit demos": _demos,
    "approved only": _approved_only,
}


def _info(view: services.RunView, predictor: str) -> PredictorInfo:
    return next(each for each in view.results.predictors if each.name == predictor)


def _instruction(view: services.RunView, ref: ChoiceRef | None) -> Instruction | None:
    if ref is None:
        return None
    own = view.results.instructions[ref.predictor]
    return next((each for each in own if each.id == ref.id), None)


def _demo_set(view: services.RunView, editor: Editor) -> DemoSetCard | None:
    board = review.board_of(view, editor.predictor)
    cards = review.demo_set_cards(view, editor.predictor, board)
    return next((card for card in cards if card.ref == editor.choice), None)
