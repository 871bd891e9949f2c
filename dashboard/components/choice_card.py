"""What a card of an instruction and a card of a demo set have in common: marks and decisions.

The decisions are always the same buttons in the same order, so that nothing else on a live page
moves; each takes itself back when it holds.
"""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from core.programs.candidate import ChoiceRef
from core.runs.snapshot import LevelEffect
from dashboard.proposal_list import Marks

Act = Literal[
    "approve", "restore", "reject", "edit", "pin", "unpin", "freeze", "release"
]  # fmt: skip
Decide = Callable[[Act, ChoiceRef], None]

REACH = 1.64
"""Standard deviations on each side of a 90 % interval."""

_NOUNS = {"instruction": "instruction", "demo_set": "demo set"}


def render_marks(marks: Marks) -> None:
    """Badges: the verdict, and what bears on whether the search will try it."""
    if marks.approved:
        st.badge("Approved", icon=":material/check:", color="green")
    elif marks.rejected:
        st.badge("Rejected", icon=":material/close:", color="red")
    elif marks.to_look_at:
        st.badge("To look at", color="gray")
    if marks.pinned_by is not None:
        st.badge("Pinned", icon=":material/push_pin:", color="violet")
    if marks.frozen:
        st.badge("The only choice", icon=":material/ac_unit:", color="blue")
    if marks.left_out:
        st.badge("Not searched", color="gray", help="Another one is frozen as the only choice.")
    if marks.lacks:
        st.badge("Lacks locked text", icon=":material/lock:", color="orange")


def render_verdict(marks: Marks) -> None:
    """Who decided what, and why; what people wrote is drawn as text."""
    if marks.verdict is not None:
        what = "Approved" if marks.verdict.approved else "Rejected"
        reason = f": {marks.verdict.reason}" if marks.verdict.reason else ""
        st.text(f"{what} by {marks.verdict.by}{reason}")
    if marks.pinned_by is not None:
        st.text(f"Pinned by {marks.pinned_by}: it is tried before the search goes on.")
    for span in marks.lacks:
        st.text(f"It is never tried, because it lacks the locked text “{span}”.")


def standing_text(marks: Marks, effect: LevelEffect | None, *, searching: bool) -> str:
    """What the search has found out about it: `Effect +2.1 points (90 %: …), n = 45 results`."""
    if not searching:
        return ""
    tried = f"n = {marks.results:,} results" if marks.results else "not tried yet"
    if effect is None:
        return f"No effect estimated yet, {tried}"
    low, high = effect.mean - REACH * effect.sd, effect.mean + REACH * effect.sd
    kind = "Effect" if marks.results else "Predicted effect"
    return (
        f"{kind} {_points(effect.mean)} points (90 %: {_points(low)} to {_points(high)}), {tried}"
    )


def _points(value: float) -> str:
    return f"{round(100 * value, 1) or 0.0:+.1f}"


def render_decisions(
    ref: ChoiceRef, marks: Marks, decide: Decide, *, title: str, key: str, edit: str | None
) -> None:
    """Approve, reject, edit, pin and freeze; `edit` is the label of the third, None for none.

    `title` names the card in the buttons' tooltips.
    """
    with st.container(horizontal=True, gap="xsmall"):
        for label, act, icon, about, disabled in _buttons(marks, edit):
            st.button(
                label,
                key=f"{key}.{about.split()[0]}",
                icon=f":material/{icon}:" if icon else None,
                help=f"{title}: {about}",
                disabled=disabled,
                on_click=decide,
                args=(act, ref),
            )


def noun(ref: ChoiceRef) -> str:
    """`instruction` or `demo set`."""
    return _NOUNS[ref.part]


def _buttons(marks: Marks, edit: str | None) -> list[tuple[str, Act, str, str, bool]]:
    """Label, what it does, icon or nothing, tooltip (its first word stays), whether disabled."""
    approve: tuple[str, Act, str] = (
        ("Undo approval", "restore", "undo") if marks.approved else ("Approve", "approve", "check")
    )
    reject: tuple[str, Act, str] = (
        ("Undo rejection", "restore", "undo") if marks.rejected else ("Reject", "reject", "close")
    )
    pin: tuple[str, Act, str] = (
        ("Unpin", "unpin", "") if marks.pinned_by is not None else ("Pin", "pin", "")
    )
    freeze: tuple[str, Act, str] = (
        ("Release", "release", "") if marks.frozen else ("Freeze", "freeze", "")
    )
    shown = [
        (*approve, "approve it, so that others know it was looked at", False),
        (*reject, "reject it; no candidate with it is started any more", False),
        (*pin, "pin it; it is tried before the search goes on", marks.rejected),
        (*freeze, "freeze it; the search chooses nothing else here", marks.rejected),
    ]
    if edit is not None:
        shown.insert(2, (edit, "edit", "", "edit a copy; this one stays as it is", False))
    return shown
