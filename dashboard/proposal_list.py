"""What the Proposals page shows of a run, as plain values: who decided what, what is still open.

Functions of `RunState`, called under its lock; what comes out keeps nothing of it. The texts and
demos themselves are in `RunResults`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from core.programs.candidate import NO_DEMOS, ChoiceRef, Part
from core.proposal.locks import missing_spans
from core.runs.decisions import ProposalsRequested
from core.runs.events import ProposalRefused
from core.runs.parts import Instruction
from core.runs.state import RunState
from core.runs.steering import Verdict
from core.runs.wishes import missing_proposals

FILTERS = ("All", "To look at", "Approved", "Rejected")
NEWEST_REFUSED = 20


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What is decided about one choice, and how much is known of it."""

    verdict: Verdict | None = None
    pinned_by: str | None = None
    """Who wants it tried."""
    frozen: bool = False
    """True when the search may choose nothing else."""
    left_out: bool = False
    """True when the search may choose something else only."""
    lacks: tuple[str, ...] = ()
    """Locked texts that an instruction does not have."""
    results: int = 0
    """Validation results with it, over all candidates."""
    exempt: bool = False
    """True for what nobody needs to look at: the program's own, and what a person made."""
    by_person: bool = False
    """True for what a person made."""

    @property
    def approved(self) -> bool:
        """Whether a person found it good."""
        return self.verdict is not None and self.verdict.approved

    @property
    def rejected(self) -> bool:
        """Whether a person ruled it out."""
        return self.verdict is not None and not self.verdict.approved

    @property
    def to_look_at(self) -> bool:
        """Whether nobody has said anything about it yet."""
        return self.verdict is None and not self.exempt

    def passes(self, chosen: str) -> bool:
        """Whether it belongs under this one of `FILTERS`."""
        match chosen:
            case "To look at":
                return self.to_look_at
            case "Approved":
                return self.approved
            case "Rejected":
                return self.rejected
            case _:
                return True


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How far a review has come."""

    approved: int = 0
    rejected: int = 0
    to_look_at: int = 0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request for more proposals, and what became of it so far."""

    number: int
    request: ProposalsRequested
    arrived: int


@dataclass(frozen=True, kw_only=True)
class Board:
    """What is decided about the choices of one predictor, and what else is known of them."""

    marks: dict[ChoiceRef, Marks]
    locks: tuple[str, ...]
    waiting: tuple[Asked, ...]
    """Requests that are not answered in full."""
    refused: tuple[ProposalRefused, ...]
    """The newest, newest first."""
    refused_count: int
    tried: bool
    """True once the search has results that a proposer can learn from."""

    def counts(self, part: Part) -> Counts:
        """How far the review of this part has come."""
        return counted(mark for ref, mark in self.marks.items() if ref.part == part)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Where the review of the whole run stands."""

    waits: bool
    """True while the run waits for it."""
    approved: bool
    """True once somebody has let the search begin."""
    counts: Counts
    """Over all predictors, instructions and demo sets together."""
    rest: tuple[ChoiceRef, ...]
    """What `Search approved only` rejects, wherever something is approved: all that is not, but for
    what people made."""


def board(state: RunState, predictor: str) -> Board:
    """The board of one predictor."""
    steering = state.steering
    refused = [each for each in state.refused if each.predictor == predictor]
    return Board(
        marks=_marks(state, predictor, _results(state, predictor)),
        locks=steering.locks.get(predictor, ()),
        waiting=tuple(_waiting(state, predictor)),
        refused=tuple(refused[: -NEWEST_REFUSED - 1 : -1]),
        refused_count=len(refused),
        tried=any(trial.purpose != "baseline" and trial.scored for trial in state.trials.values()),
    )


def gate(state: RunState) -> Gate:
    """The review of the run; without counts while it does not wait for one."""
    waits = state.phase == "review" and not state.is_ended
    marks: dict[ChoiceRef, Marks] = {}
    for info in state.predictors if waits else ():
        marks |= _marks(state, info.name, results={})
    judged = {(ref.predictor, ref.part) for ref, mark in marks.items() if mark.approved}
    return Gate(
        waits=waits,
        approved=state.steering.review_approved,
        counts=counted(marks.values()),
        rest=tuple(
            ref
            for ref, mark in marks.items()
            if (ref.predictor, ref.part) in judged and mark.verdict is None and not mark.by_person
        ),
    )


def counted(marks: Iterable[Marks]) -> Counts:
    """How many of these are approved, rejected, not looked at."""
    known = list(marks)
    return Counts(
        approved=sum(mark.approved for mark in known),
        rejected=sum(mark.rejected for mark in known),
        to_look_at=sum(mark.to_look_at for mark in known),
    )


def compared_with(instruction: Instruction, known: Iterable[Instruction]) -> Instruction | None:
    """What an instruction's changes are shown against: its parent, else the program's own."""
    by_id = {each.id: each for each in known}
    own = next((each for each in by_id.values() if each.number == 0), None)
    reference = by_id.get(instruction.parent or "", own)
    return None if reference is None or reference.id == instruction.id else reference


def _marks(state: RunState, predictor: str, results: dict[str, int]) -> dict[ChoiceRef, Marks]:
    locks = state.steering.locks.get(predictor, ())
    found: dict[ChoiceRef, Marks] = {}
    for each in state.instructions.get(predictor, {}).values():
        ref = ChoiceRef(predictor=predictor, part="instruction", id=each.id)
        lacks = missing_spans(each.text, locks)
        of = _Origin(own=each.number == 0, by_person=each.by is not None)
        found[ref] = _mark(state, ref, results, of, lacks=lacks)
    for demo_set in state.demo_sets.get(predictor, {}).values():
        ref = ChoiceRef(predictor=predictor, part="demo_set", id=demo_set.id)
        of = _Origin(own=demo_set.id == NO_DEMOS, by_person=demo_set.by is not None)
        found[ref] = _mark(state, ref, results, of)
    return found


class _Origin(NamedTuple):
    own: bool
    by_person: bool


def _mark(
    state: RunState,
    ref: ChoiceRef,
    results: dict[str, int],
    of: _Origin,
    *,
    lacks: tuple[str, ...] = (),
) -> Marks:
    steering = state.steering
    only = steering.frozen.get((ref.predictor, ref.part))
    return Marks(
        verdict=steering.verdicts.get(ref),
        pinned_by=steering.pinned.get(ref),
        frozen=only == ref.id,
        left_out=only not in (None, ref.id),
        lacks=lacks,
        results=results.get(ref.id, 0),
        exempt=of.own or of.by_person,
        by_person=of.by_person,
    )


def _results(state: RunState, predictor: str) -> dict[str, int]:
    """Id of an instruction or demo set → validation results of candidates that use it."""
    counts: dict[str, int] = {}
    for trial in state.trials.values():
        if trial.purpose == "test" or not trial.scored:
            continue
        choice = state.candidates[trial.candidate].choices[predictor]
        for id_ in (choice.instruction, choice.demo_set):
            counts[id_] = counts.get(id_, 0) + trial.scored
    return counts


def _waiting(state: RunState, predictor: str) -> Iterator[Asked]:
    missing = Counter(wanted.request for wanted in missing_proposals(state))
    for number, request in enumerate(state.steering.requests):
        if request.predictor == predictor and missing[number]:
            arrived = request.count - missing[number]
            yield Asked(number=number, request=request, arrived=arrived)
