"""What people's decisions add up to: what is ruled out, must be tried, is locked, is asked for.

A fold of `core.runs.decisions`, kept inside the state. Deliberately not here: what optimizers make
of it (`core.runs.choices`), and how a decision is taken back (`core.runs.undo`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.programs.candidate import Candidate, ChoiceRef, Part
from core.runs import decisions as de
from core.runs.decisions import Decision
from core.runs.events import EvaluationEnd
from core.runs.parts import Evaluation

Combination = tuple[ChoiceRef, ...]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a person said about one choice."""

    approved: bool
    reason: str
    by: str
    at: float


@dataclass(kw_only=True)
class Steering:
    """The decisions in force, and all that were made, oldest first."""

    decisions: list[tuple[int, Decision]] = field(default_factory=list)
    """(seq, decision), requests to pause, resume and stop among them."""
    verdicts: dict[ChoiceRef, Verdict] = field(default_factory=dict)
    pinned: dict[ChoiceRef, str] = field(default_factory=dict)
    """Choice that must be tried → who said so."""
    frozen: dict[tuple[str, Part], str] = field(default_factory=dict)
    """(predictor, part) → the only id that may be chosen."""
    banned: dict[Combination, str] = field(default_factory=dict)
    """Combination → who banned it."""
    queue: dict[str, de.CandidateQueued] = field(default_factory=dict)
    """Candidate → the newest wish to have it evaluated."""
    locks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Predictor → texts that must stay word for word in its instructions."""
    requests: list[de.ProposalsRequested] = field(default_factory=list)
    """By number; they are never taken back, only rejected when they come in."""
    evaluations: list[Evaluation] = field(default_factory=list)
    """Requests to evaluate, by number, with what has come of each."""
    review_approved: bool = False
    trials: int | None = None
    """Trials of the search, where somebody changed the budget."""
    concurrency: int | None = None
    max_calls: int | None = None
    """The cap, where somebody changed it."""
    uncapped: bool = False

    @property
    def rejected(self) -> set[ChoiceRef]:
        """Choices that nobody wants to see tried."""
        return {choice for choice, verdict in self.verdicts.items() if not verdict.approved}

    def is_rejected(self, choice: ChoiceRef) -> bool:
        """Whether a person ruled the choice out."""
        verdict = self.verdicts.get(choice)
        return verdict is not None and not verdict.approved

    def is_sound(self, candidate: Candidate) -> bool:
        """Whether no choice of the candidate is rejected."""
        return not any(self.is_rejected(choice) for choice in candidate.refs)

    def permits(self, candidate: Candidate) -> bool:
        """Whether the search may choose it: sound, as frozen, and no banned combination."""
        chosen = {(ref.predictor, ref.part): ref for ref in candidate.refs}
        return (
            self.is_sound(candidate)
            and all(chosen[place].id == id_ for place, id_ in self.frozen.items())
            and not any(set(banned) <= set(chosen.values()) for banned in self.banned)
        )

    @property
    def open_evaluations(self) -> list[Evaluation]:
        """Requests to evaluate of which something may still come, oldest first."""
        return [each for each in self.evaluations if each.end is None]

    def evaluation(self, number: int | None) -> Evaluation | None:
        """The request to evaluate with this number; None where there is none."""
        if number is None or not 0 <= number < len(self.evaluations):
            return None
        return self.evaluations[number]

    def end_evaluation(self, number: int, end: EvaluationEnd) -> None:
        """Nothing more comes of a request; how it ended first stays."""
        evaluation = self.evaluation(number)
        if evaluation is not None:
            evaluation.end = evaluation.end or end

    def cap(self, configured: int | None) -> int | None:
        """The cap on LM calls in force; None for none."""
        if self.uncapped:
            return None
        return configured if self.max_calls is None else self.max_calls

    def apply(self, seq: int, event: Decision) -> None:  # noqa: C901  one case per kind
        """Take one more decision in."""
        self.decisions.append((seq, event))
        match event:
            case de.ChoiceApproved() | de.ChoiceRejected():
                self._judge(event)
            case de.ChoiceRestored(choice=choice):
                self.verdicts.pop(choice, None)
            case de.ChoicePinned(choice=choice, by=by):
                self.pinned[choice] = by
            case de.ChoiceUnpinned(choice=choice):
                self.pinned.pop(choice, None)
            case de.ChoiceFrozen(choice=choice):
                self.frozen[choice.predictor, choice.part] = choice.id
            case de.ChoiceReleased(predictor=predictor, part=part):
                self.frozen.pop((predictor, part), None)
            case de.CandidateQueued(candidate=candidate):
                self.queue[candidate.id] = event
            case de.CandidateUnqueued(candidate=id_):
                self.queue.pop(id_, None)
            case de.CombinationBanned(choices=choices, by=by):
                self.banned[combination(choices)] = by
            case de.CombinationAllowed(choices=choices):
                self.banned.pop(combination(choices), None)
            case de.SpansLocked(predictor=predictor, spans=spans):
                self.locks[predictor] = spans
            case de.ProposalsRequested():
                self.requests.append(event)
            case de.EvaluationRequested():
                number = len(self.evaluations)
                self.evaluations.append(Evaluation(number=number, seq=seq, said=event))
            case de.EvaluationCancelled(request=number):
                self.end_evaluation(number, "cancelled")
            case de.ReviewApproved():
                self.review_approved = True
            case de.BudgetChanged():
                self._bound(event)
            case de.ResumeRequested(max_calls=int(cap)):
                self.max_calls, self.uncapped = cap, False
            case _:
                pass  # the rest moves the run as a whole, not what it chooses

    def _judge(self, event: de.ChoiceApproved | de.ChoiceRejected) -> None:
        rejected = isinstance(event, de.ChoiceRejected)
        self.verdicts[event.choice] = Verdict(
            approved=not rejected,
            reason=event.reason if isinstance(event, de.ChoiceRejected) else "",
            by=event.by,
            at=event.at,
        )

    def _bound(self, event: de.BudgetChanged) -> None:
        for name in event.as_configured:
            setattr(self, name, None)
            self.uncapped = self.uncapped and name != "max_calls"
        self.trials = event.trials or self.trials
        self.concurrency = event.concurrency or self.concurrency
        if event.uncapped:
            self.uncapped, self.max_calls = True, None
        elif event.max_calls is not None:
            self.uncapped, self.max_calls = False, event.max_calls


def combination(choices: Iterable[ChoiceRef]) -> Combination:
    """The choices in an order of their own, each once."""
    return tuple(sorted(set(choices), key=lambda ref: (ref.predictor, ref.part, ref.id)))
