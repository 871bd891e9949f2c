"""Carries out what a person chose, and remembers how it went, with a way to take it back."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import InputError
from dashboard import services, session, steer

_NOTICE = "acting.notice"
SHOWN_FOR = 25.0
"""Seconds that a success stays on screen; what was refused stays until the next decision."""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """How the last decision of this tab went."""

    run: str
    words: str
    problem: bool
    after: int
    """Events of the run before the decision."""
    at: float
    """On the monotonic clock."""


def act(run: str, words: str, deed: Callable[[], object]) -> bool:
    """Do it and keep `words` as the notice; False when it was refused, with the reason kept."""
    before = services.ask(run, lambda state: state.seq)
    try:
        deed()
    except InputError as error:
        return _noted(run, str(error), before, problem=True)
    return _noted(run, words, before, problem=False)


def notice(run: str) -> Notice | None:
    """What is to be said about this tab's last decision in this run."""
    kept = session.chosen(_NOTICE)
    if not isinstance(kept, Notice) or kept.run != run:
        return None
    old = not kept.problem and time.monotonic() - kept.at > SHOWN_FOR
    return None if old else kept


def own_decisions(view: services.RunView, shown: Notice) -> list[int]:
    """Places in the log of what this person has just decided and can still take back."""
    me = session.person()
    return [
        each.seq
        for each in reversed(view.results.steering.decisions)
        if each.seq > shown.after and each.by == me and each.undo == "possible"
    ]


def take_back(view: services.RunView, shown: Notice) -> None:
    """Undo this person's last decision."""
    run = view.run.id
    if seqs := own_decisions(view, shown):
        act(run, "Taken back.", lambda: [steer.undo(run, seq) for seq in seqs])


def forget() -> None:
    """Say no more about the last decision."""
    session.choose(_NOTICE, None)


def _noted(run: str, words: str, after: int, *, problem: bool) -> bool:
    noted = Notice(run=run, words=words, problem=problem, after=after, at=time.monotonic())
    session.choose(_NOTICE, noted)
    return not problem
