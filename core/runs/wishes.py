"""What people have asked for and not yet got: proposals, and results of candidates.

Deliberately not here: when it is started (`core.optimizers`), and what is in flight.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from core.lm.outage import ATTEMPTS
from core.programs.candidate import ChoiceRef
from core.runs.choices import is_sound
from core.runs.decisions import CandidateQueued, ProposalsRequested
from core.runs.state import RunState

BLOCK = 10
"""Validation examples with which a pinned choice counts as tried, where there are as many."""

APART = 100_000
"""Numbers of proposals between two requests; above those of any pool or round."""


@dataclass(frozen=True, kw_only=True)
class WantedProposal:
    """One proposal of a person's request."""

    request: int
    """Counted from 0."""
    place: int
    """Within the request, from 0."""
    index: int
    """Number of the proposal among all of its predictor."""
    said: ProposalsRequested


def missing_proposals(state: RunState) -> Iterator[WantedProposal]:
    """Requested proposals that have not come back and still may, the oldest request first.

    One that was refused or failed too often is given up.
    """
    known = {info.name for info in state.predictors}
    for number, request in enumerate(state.steering.requests):
        for place in range(request.count if request.predictor in known else 0):
            index = APART * (number + 1) + place
            came = (request.predictor, index) in state.proposed
            if not came and not _is_given_up(state, request.predictor, index):
                yield WantedProposal(request=number, place=place, index=index, said=request)


def _is_given_up(state: RunState, predictor: str, index: int) -> bool:
    task = f"propose {predictor} {index}"  # as the worker calls it
    return state.prompt_failures.get(task, 0) >= ATTEMPTS


def wanted_results(wish: CandidateQueued, val: int) -> int:
    """Validation examples that the candidate shall have, of `val` in use."""
    return val if wish.examples is None else min(wish.examples, val)


def is_granted(state: RunState, wish: CandidateQueued, val: int) -> bool:
    """Whether the queued candidate has had all that was wanted; in full means a full evaluation."""
    candidate, wanted = wish.candidate.id, wanted_results(wish, val)
    if wanted < val:
        return len(state.results.get(candidate, {})) >= wanted
    return had_full_evaluation(state, candidate)


def had_full_evaluation(state: RunState, candidate: str) -> bool:
    """Whether the candidate was tried on all validation examples, whatever came of it."""
    return candidate in state.fully_evaluated or any(
        trial.candidate == candidate
        and trial.purpose in ("baseline", "full")
        and trial.finished is not None
        and not trial.cancelled
        for trial in state.trials.values()
    )


def candidates_with(state: RunState, ref: ChoiceRef) -> Iterator[str]:
    """Candidates of the run that use the choice."""
    for id_, candidate in state.candidates.items():
        choice = candidate.choices.get(ref.predictor)
        if choice is not None and getattr(choice, ref.part) == ref.id:
            yield id_


def is_tried(state: RunState, ref: ChoiceRef, val: int) -> bool:
    """Whether some candidate with the choice has had a block of examples."""
    enough = min(BLOCK, val)
    return any(len(state.results.get(id_, {})) >= enough for id_ in candidates_with(state, ref))


def results_wanted(state: RunState, val: int, *, pinned: int) -> int:
    """Results still to come for what is queued or pinned, less those due in trials begun for it.

    `pinned` is how many examples a pinned choice gets.
    """
    begun: dict[str, int] = {}
    for trial in state.open_trials.values():
        if trial.asked_by is not None and trial.request is None:
            begun[trial.candidate] = begun.get(trial.candidate, 0) + len(trial.examples)
    wanted = 0
    for wish in state.steering.queue.values():
        if is_sound(state, wish.candidate) and not is_granted(state, wish, val):
            had = len(state.results.get(wish.candidate.id, {})) + begun.get(wish.candidate.id, 0)
            wanted += max(0, wanted_results(wish, val) - had)
    untried = (ref for ref in state.steering.pinned if not is_tried(state, ref, val))
    return wanted + pinned * sum(1 for _ in untried)
