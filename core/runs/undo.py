"""How each decision is taken back: by decisions of the opposite sense, never by editing the log."""

from typing import Any

from core.programs.candidate import ChoiceRef
from core.runs import decisions as de
from core.runs.events import PersonEvent
from core.runs.ratings import key_of
from core.runs.steering import Steering

Undone = list[PersonEvent]


def undoing(  # noqa: C901  one case per kind
    event: de.Decision, seq: int, steering: Steering, *, by: str
) -> Undone | None:
    """The decisions that take `event`, written at `seq`, back; None when it cannot be.

    Empty when it is not in force any more. What the run did meanwhile stays.
    """
    match event:
        case de.PauseRequested():
            return [de.ResumeRequested(by=by)]
        case de.InstructionAdded():
            ref = ChoiceRef(predictor=event.predictor, part="instruction", id=event.id)
            return _unless(steering.is_rejected(ref), _withdrawn(ref, by))
        case de.DemoSetAdded():
            ref = ChoiceRef(predictor=event.predictor, part="demo_set", id=event.id)
            return _unless(steering.is_rejected(ref), _withdrawn(ref, by))
        case de.ChoiceApproved(choice=choice) | de.ChoiceRejected(choice=choice):
            verdict = steering.verdicts.get(choice)
            current = verdict is not None and verdict.at == event.at
            return _unless(not current, de.ChoiceRestored(by=by, choice=choice))
        case de.ChoicePinned(choice=choice):
            undo = de.ChoiceUnpinned(by=by, choice=choice)
            return _unless(choice not in steering.pinned, undo)
        case de.ChoiceFrozen(choice=choice):
            return _unfrozen(choice, steering, by)
        case de.CandidateQueued(candidate=candidate):
            undo_queue = de.CandidateUnqueued(by=by, candidate=candidate.id)
            return _unless(candidate.id not in steering.queue, undo_queue)
        case de.CombinationBanned(choices=choices):
            allowed = de.CombinationAllowed(by=by, choices=choices)
            known = {frozenset(banned) for banned in steering.banned}
            return _unless(frozenset(choices) not in known, allowed)
        case de.EvaluationRequested():
            cancelled = (
                de.EvaluationCancelled(by=by, request=each.number)
                for each in steering.open_evaluations
                if each.seq == seq
            )
            return [*cancelled]
        case de.AnswerRated():
            return _rated_before(event, seq, steering, by)
        case de.SpansLocked() | de.BudgetChanged():
            return _as_before(event, seq, steering, by)
        case _:
            return None


def _unless(gone: bool, undo: PersonEvent) -> Undone:
    return [] if gone else [undo]


def _withdrawn(ref: ChoiceRef, by: str) -> PersonEvent:
    return de.ChoiceRejected(by=by, choice=ref, reason="Taken back by who added it.")


def _unfrozen(choice: ChoiceRef, steering: Steering, by: str) -> Undone:
    if steering.frozen.get((choice.predictor, choice.part)) != choice.id:
        return []
    return [de.ChoiceReleased(by=by, predictor=choice.predictor, part=choice.part)]


def _rated_before(event: de.AnswerRated, seq: int, steering: Steering, by: str) -> Undone | None:
    """What the same person had said of the answer before; None where another person asks.

    `by` is empty where nobody is known yet.
    """
    if by and by != event.by:
        return None
    same = [
        (place, each)
        for place, each in steering.decisions
        if isinstance(each, de.AnswerRated) and key_of(each) == key_of(event)
    ]
    if event.is_empty or same[-1][0] != seq:
        return []
    if len(same) == 1:
        return [de.AnswerRated(**key_of(event)._asdict())]
    return [de.AnswerRated(**same[-2][1].model_dump(exclude={"kind", "at"}))]


def _as_before(
    event: de.SpansLocked | de.BudgetChanged, seq: int, steering: Steering, by: str
) -> Undone | None:
    """What held before the event."""
    before = Steering()
    for earlier, decision in steering.decisions:
        if earlier < seq:
            before.apply(earlier, decision)
    if isinstance(event, de.SpansLocked):
        spans = before.locks.get(event.predictor, ())
        return [de.SpansLocked(by=by, predictor=event.predictor, spans=spans)]
    return _bounds_before(event, steering, before, by)


def _bounds_before(
    event: de.BudgetChanged, steering: Steering, before: Steering, by: str
) -> Undone:
    """Of what the event set, all that still is as it said."""
    after = Steering(**_bounds(before))
    after.apply(0, event)
    now, then, old = _bounds(steering), _bounds(after), _bounds(before)
    names: list[de.Bound] = [
        name for name in ("trials", "concurrency") if old[name] != then[name] == now[name]
    ]
    caps = [(each["max_calls"], each["uncapped"]) for each in (old, then, now)]
    if caps[0] != caps[1] == caps[2]:
        names.append("max_calls")
    if not names:
        return []
    capped = "max_calls" in names
    return [
        de.BudgetChanged(
            by=by,
            **{name: old[name] for name in names},
            uncapped=capped and bool(old["uncapped"]),
            as_configured=tuple(
                name
                for name in names
                if old[name] is None and not (name == "max_calls" and old["uncapped"])
            ),
        )
    ]


def _bounds(steering: Steering) -> dict[str, Any]:
    return {
        name: getattr(steering, name) for name in ("trials", "concurrency", "max_calls", "uncapped")
    }
