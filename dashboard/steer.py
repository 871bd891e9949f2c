"""People's decisions: checked against the run as it is now, then appended to its log.

Every function takes the run and says what was decided; the worker obeys within a moment. They
raise InputError for what cannot be accepted, with a message for the person.
"""

from collections.abc import Sequence
from typing import Literal

from core.errors import ConfigError
from core.programs.candidate import Candidate, ChoiceRef, Demo, Part
from core.runs import authoring
from core.runs import decisions as de
from core.runs.events import PersonEvent
from core.runs.state import RunState
from core.runs.undo import undoing
from dashboard import connections, services, session
from dashboard.materials import store


def approve(run: str, choice: ChoiceRef) -> None:
    """Mark a choice as good."""
    decide(run, de.ChoiceApproved(by=_me(), choice=choice))


def reject(run: str, choice: ChoiceRef, reason: str = "") -> None:
    """Rule a choice out. The last one that is left of its kind cannot be rejected."""

    def left(state: RunState) -> int:
        known = state.instructions if choice.part == "instruction" else state.demo_sets
        refs = (choice.model_copy(update={"id": id_}) for id_ in known.get(choice.predictor, {}))
        return sum(not state.steering.is_rejected(ref) and ref != choice for ref in refs)

    if not services.ask(run, left):
        raise ConfigError("This is the only one left; the search needs at least one to choose.")
    decide(run, de.ChoiceRejected(by=_me(), choice=choice, reason=reason.strip()))


def restore(run: str, choice: ChoiceRef) -> None:
    """Take an approval or a rejection back."""
    decide(run, de.ChoiceRestored(by=_me(), choice=choice))


def pin(run: str, choice: ChoiceRef) -> None:
    """Have a choice tried."""
    decide(run, de.ChoicePinned(by=_me(), choice=choice))


def unpin(run: str, choice: ChoiceRef) -> None:
    """A choice need not be tried."""
    decide(run, de.ChoiceUnpinned(by=_me(), choice=choice))


def freeze(run: str, choice: ChoiceRef) -> None:
    """Let the search choose nothing else."""
    decide(run, de.ChoiceFrozen(by=_me(), choice=choice))


def release(run: str, predictor: str, part: Part) -> None:
    """Let the search choose again."""
    decide(run, de.ChoiceReleased(by=_me(), predictor=predictor, part=part))


def write_instruction(
    run: str,
    predictor: str,
    text: str,
    *,
    parent: str | None = None,
    instead: bool = False,
    pinned: bool = False,
) -> str:
    """The id of a new instruction; `instead` rejects the one it was made from."""
    added = services.ask(
        run,
        lambda state: authoring.written_instruction(
            state, predictor, text, by=_me(), parent=parent
        ),
    )
    ref = ChoiceRef(predictor=predictor, part="instruction", id=added.id)
    more: list[PersonEvent] = [de.ChoicePinned(by=_me(), choice=ref)] if pinned else []
    if instead and parent is not None:
        old = ref.model_copy(update={"id": parent})
        more.append(de.ChoiceRejected(by=_me(), choice=old, reason="Replaced by an edit."))
    decide(run, added, *more)
    return added.id


def make_demo_set(
    run: str,
    predictor: str,
    demos: Sequence[Demo],
    *,
    parent: str | None = None,
    instead: bool = False,
) -> str:
    """The id of a new demo set; `instead` rejects the one it was made from."""
    added = services.ask(
        run,
        lambda state: authoring.made_demo_set(state, predictor, demos, by=_me(), parent=parent),
    )
    decisions: list[PersonEvent] = [added]
    if instead and parent is not None:
        old = ChoiceRef(predictor=predictor, part="demo_set", id=parent)
        decisions.append(de.ChoiceRejected(by=_me(), choice=old, reason="Replaced by an edit."))
    decide(run, *decisions)
    return added.id


def lock(run: str, predictor: str, spans: Sequence[str]) -> None:
    """Make these the locked texts of a predictor."""
    decide(
        run,
        services.ask(run, lambda state: authoring.locked_spans(state, predictor, spans, by=_me())),
    )


def queue(run: str, candidate: Candidate, examples: int | None = None) -> None:
    """Have a candidate evaluated before the search goes on; an ended run is reopened for it."""
    wish = services.ask(
        run,
        lambda state: authoring.queued_candidate(state, candidate, by=_me(), examples=examples),
    )
    decide(run, wish)
    reopen(run)


def unqueue(run: str, candidate: str) -> None:
    """A candidate need not be evaluated first."""
    decide(run, de.CandidateUnqueued(by=_me(), candidate=candidate))


def evaluate(
    run: str,
    candidates: Sequence[str | Candidate],
    part: de.ExamplePart,
    examples: int | None = None,
    repeats: int = 1,
    max_calls: int | None = None,
) -> int:
    """Have candidates evaluated on more examples; the request's number. Only gaps are paid for.

    An ended run is taken up for it and ends again as it was; its search does not go on.
    """
    asked = services.ask(
        run,
        lambda state: authoring.requested_evaluation(
            state, candidates, by=_me(), part=part, examples=examples, repeats=repeats,
            max_calls=max_calls,
        ),
    )  # fmt: skip
    decide(run, asked)
    alone, number = services.ask(
        run, lambda state: (state.returns_to is not None, _number(state, asked))
    )
    if alone:
        connections.start_worker(run)
    return number


def rate(
    run: str,
    candidate: str,
    example: str,
    part: de.ExamplePart,
    *,
    thumbs: Literal["up", "down"] | None = None,
    score: float | None = None,
    comment: str = "",
) -> None:
    """Say what this person thinks of an answer, in place of what they said before.

    Nothing said takes it back.
    """
    said = services.ask(
        run,
        lambda state: authoring.rated_answer(
            state, candidate, example, by=_me(), part=part, thumbs=thumbs, score=score,
            comment=comment,
        ),
    )  # fmt: skip
    decide(run, said)


def ban(run: str, choices: Sequence[ChoiceRef]) -> None:
    """Rule a combination out."""
    decide(run, de.CombinationBanned(by=_me(), choices=tuple(choices)))


def allow(run: str, choices: Sequence[ChoiceRef]) -> None:
    """Take a ban back."""
    decide(run, de.CombinationAllowed(by=_me(), choices=tuple(choices)))


def ask_for_proposals(
    run: str,
    predictor: str,
    *,
    count: int = 1,
    hint: str = "",
    tip: str | None = None,
    temperature: float | None = None,
    learn: bool = False,
) -> None:
    """Ask the proposer for more instructions; an ended run is reopened for it."""
    decide(
        run,
        de.ProposalsRequested(
            by=_me(), predictor=predictor, count=count, hint=hint.strip(), tip=tip,
            temperature=temperature, learn=learn,
        ),
    )  # fmt: skip
    reopen(run)


def change_budget(
    run: str,
    *,
    trials: int | None = None,
    concurrency: int | None = None,
    max_calls: int | None = None,
    uncapped: bool = False,
) -> None:
    """Change the bounds of a run; None leaves one as it is. A run that waits at its cap goes on."""
    changed = de.BudgetChanged(
        by=_me(), trials=trials, concurrency=concurrency, max_calls=max_calls, uncapped=uncapped
    )
    waits = services.ask(run, lambda state: state.status == "paused" and state.at_cap)
    resumed = [de.ResumeRequested(by=_me())] if waits and (uncapped or max_calls) else []
    decide(run, changed, *resumed)


def approve_review(run: str) -> None:
    """Let the search begin."""
    decide(run, de.ReviewApproved(by=_me()))


def note(run: str, text: str) -> None:
    """Leave a remark."""
    if not text.strip():
        raise ConfigError("A note needs some text.")
    decide(run, de.NoteAdded(by=_me(), text=text.strip()))


def undo(run: str, seq: int) -> bool:
    """Take the decision with this place in the log back; False when it holds no more."""

    def opposite(state: RunState) -> list[PersonEvent] | None:
        steering = state.steering
        for place, event in steering.decisions:
            if place == seq:
                return undoing(event, seq, steering, by=_me())
        return None

    decisions = services.ask(run, opposite)
    if decisions is None:
        raise ConfigError("This decision cannot be taken back.")
    decide(run, *decisions)
    return bool(decisions)


def reopen(run: str) -> None:
    """Have an ended run go on with what is queued, asked for, or left of its budget."""
    if services.ask(run, lambda state: state.search_has_ended):
        decide(run, de.Reopened(by=_me()))
        connections.start_worker(run)


def decide(run: str, *decisions: PersonEvent) -> None:
    """Append decisions to the run's log, together."""
    if decisions:
        store().append(run, decisions)


def _number(state: RunState, asked: de.EvaluationRequested) -> int:
    """Of the request that was just appended."""
    return max(each.number for each in state.steering.evaluations if each.said == asked)


def _me() -> str:
    return session.person()
