"""What people have decided about a run, as plain values: what is in force, and the whole log."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.programs.candidate import Candidate, ChoiceRef, Part
from core.results.decision_words import in_words
from core.results.names import Names
from core.runs.choices import is_sound
from core.runs.config import RunConfig
from core.runs.decisions import (
    AnswerRated,
    CandidateQueued,
    Decision,
    ExamplePart,
)
from core.runs.events import EvaluationEnd
from core.runs.parts import Evaluation, Rating, RatingKey
from core.runs.ratings import key_of
from core.runs.state import RunState
from core.runs.steering import Combination, Verdict
from core.runs.undo import undoing
from core.runs.wishes import missing_proposals

Undo = Literal["possible", "no longer in force", "impossible"]


@dataclass(frozen=True, kw_only=True)
class DecisionView:
    """One decision."""

    seq: int
    """Its place in the run's log."""
    at: float
    by: str
    kind: str
    words: str
    undo: Undo
    event: Decision


@dataclass(frozen=True, kw_only=True)
class Queued:
    """A candidate that is evaluated before the search goes on."""

    candidate: Candidate
    by: str
    wanted: int
    """Validation examples it shall have."""
    had: int
    """Those it has had."""
    permitted: bool
    """False when a rejection or a lock keeps it from being evaluated."""


@dataclass(frozen=True, kw_only=True)
class Requested:
    """Instructions that somebody asked for."""

    number: int
    predictor: str
    count: int
    arrived: int
    """Those that came and were not there already."""
    awaited: int
    """Those that may still come; none of those given up after too many refusals."""
    by: str
    at: float
    hint: str
    learn: bool


@dataclass(frozen=True, kw_only=True)
class EvaluationView:
    """A request to evaluate, and how far it has come."""

    number: int
    seq: int
    """Its place in the run's log, by which it is taken back."""
    by: str
    at: float
    candidates: tuple[str, ...]
    """Ids."""
    part: ExamplePart
    examples: int | None
    """Examples that each candidate shall have in all; None for all of the part."""
    repeats: int
    missing: int | None
    """Runs that were missing when it was taken up; None before that."""
    runs: int
    """Runs that it has brought."""
    calls: int
    """LM calls that it has taken."""
    max_calls: int | None
    end: EvaluationEnd | None
    """None while something may still come of it."""


@dataclass(frozen=True, kw_only=True)
class BudgetInForce:
    """The bounds that hold now."""

    trials: int
    """Minibatch trials of the search, in all."""
    concurrency: int
    max_calls: int | None
    """Over both models; None for no cap."""


@dataclass(frozen=True, kw_only=True)
class SteeringView:
    """What is in force, and all decisions."""

    verdicts: Mapping[ChoiceRef, Verdict] = field(default_factory=dict)
    pinned: Mapping[ChoiceRef, str] = field(default_factory=dict)
    """Choice that must be tried → who said so."""
    frozen: Mapping[tuple[str, Part], str] = field(default_factory=dict)
    """(predictor, part) → the only id that may be chosen."""
    banned: Mapping[Combination, str] = field(default_factory=dict)
    """Combination → who banned it."""
    queue: tuple[Queued, ...] = ()
    locks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Predictor → texts that must stay word for word."""
    requests: tuple[Requested, ...] = ()
    evaluations: tuple[EvaluationView, ...] = ()
    """Requests to evaluate, oldest first."""
    ratings: Mapping[RatingKey, Rating] = field(default_factory=dict)
    """What people think of answers."""
    waits_for_review: bool = False
    """True while the search waits for somebody to approve the proposals."""
    decisions: tuple[DecisionView, ...] = ()
    """Oldest first."""


@dataclass(kw_only=True)
class DecisionMemo:
    """The log in words, as far as it was made. Belongs to one `RunState`, and to its lock."""

    version: tuple[int, ...] | None = None
    views: tuple[DecisionView, ...] = ()


def steering_view(state: RunState, names: Names, memo: DecisionMemo | None = None) -> SteeringView:
    """The decisions of the state, sharing nothing with it that a fold could change."""
    steering = state.steering
    return SteeringView(
        verdicts=dict(steering.verdicts),
        pinned=dict(steering.pinned),
        frozen=dict(steering.frozen),
        banned=dict(steering.banned),
        queue=tuple(_queued(state, each) for each in steering.queue.values()),
        locks=dict(steering.locks),
        requests=_requests(state),
        evaluations=tuple(map(_evaluation, steering.evaluations)),
        ratings=dict(state.ratings),
        waits_for_review=state.phase == "review"
        and not steering.review_approved
        and not state.is_ended,
        decisions=_decisions(state, names, DecisionMemo() if memo is None else memo),
    )


def budget_in_force(state: RunState, config: RunConfig) -> BudgetInForce:
    """The run's settings, and what people have changed of them since."""
    changed = state.steering
    return BudgetInForce(
        trials=changed.trials or config.budget.trials,
        concurrency=changed.concurrency or config.concurrency,
        max_calls=changed.cap(config.max_calls),
    )


def _decisions(state: RunState, names: Names, memo: DecisionMemo) -> tuple[DecisionView, ...]:
    """All of them, made anew only when there is one more, or when names came in."""
    asked = {each.id for one in state.steering.evaluations for each in one.said.candidates}
    queued = (state.steering.queue.keys() | asked) & names.labels.keys()
    version = (
        len(state.steering.decisions),
        len(state.steering.open_evaluations),
        *(len(own) for own in state.instructions.values()),
        *(len(own) for own in state.demo_sets.values()),
        len(queued),
    )
    if memo.version != version:
        memo.version = version
        memo.views = tuple(
            DecisionView(
                seq=seq,
                at=event.at,
                by=event.by,
                kind=str(getattr(event, "kind", "")),
                words=in_words(event, names),
                undo=_undo(event, seq, state),
                event=event,
            )
            for seq, event in state.steering.decisions
        )
    return memo.views


def _undo(event: Decision, seq: int, state: RunState) -> Undo:
    if isinstance(event, AnswerRated):  # there can be thousands: looked up, not searched for
        rating = state.ratings.get(key_of(event))
        return "possible" if rating and rating.at == event.at else "no longer in force"
    undone = undoing(event, seq, state.steering, by="")
    if undone is None:
        return "impossible"
    return "possible" if undone else "no longer in force"


def _evaluation(evaluation: Evaluation) -> EvaluationView:
    said = evaluation.said
    return EvaluationView(
        number=evaluation.number,
        seq=evaluation.seq,
        by=said.by,
        at=said.at,
        candidates=tuple(dict.fromkeys(each.id for each in said.candidates)),
        part=said.part,
        examples=said.examples,
        repeats=said.repeats,
        missing=None if evaluation.examples is None else evaluation.missing,
        runs=evaluation.runs,
        calls=evaluation.calls,
        max_calls=said.max_calls,
        end=evaluation.end,
    )


def _queued(state: RunState, wish: CandidateQueued) -> Queued:
    val = state.sizes[1]
    return Queued(
        candidate=wish.candidate,
        by=wish.by,
        wanted=val if wish.examples is None else min(val, wish.examples),
        had=len(state.results.get(wish.candidate.id, {})),
        permitted=is_sound(state, wish.candidate),
    )


def _requests(state: RunState) -> tuple[Requested, ...]:
    requests = state.steering.requests
    if not requests:
        return ()
    awaited = Counter(each.request for each in missing_proposals(state))
    arrived: dict[int, int] = {}
    for own in state.instructions.values():
        for each in own.values():
            if each.request is not None:
                arrived[each.request] = arrived.get(each.request, 0) + 1
    return tuple(
        Requested(
            number=number,
            predictor=each.predictor,
            count=each.count,
            arrived=arrived.get(number, 0),
            awaited=awaited[number],
            by=each.by,
            at=each.at,
            hint=each.hint,
            learn=each.learn,
        )
        for number, each in enumerate(requests)
    )
