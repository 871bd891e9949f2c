"""Candidates that people permit, made from others by as few changes as possible.

For optimizers that put candidates together themselves; those that choose from a pool have
`core.runs.choices.open_choices`.
"""

from collections.abc import Iterator

from core.programs.candidate import Candidate, ChoiceRef, Part
from core.proposal.locks import missing_spans
from core.runs.choices import is_permitted
from core.runs.scores import val_scores
from core.runs.state import RunState

PARTS: tuple[Part, ...] = ("instruction", "demo_set")

DOUBT = 10
"""Results at the overall mean that are added to those of each candidate before they are ranked."""


def fitted(state: RunState, candidate: Candidate, base: Candidate) -> Candidate | None:
    """The candidate with what is not permitted replaced; None when that leads to nothing.

    By what is frozen there, else by the base's choice, else by the first that may be chosen.
    """
    for ref in candidate.refs:
        chosen = next(_choices(state, ref, base), None)
        if chosen is None:
            return None
        candidate = candidate.changed(chosen)
    if is_permitted(state, candidate):
        return candidate
    # a combination is banned: go back to the base in one place
    for ref in base.refs:
        changed = candidate.changed(ref)
        if is_permitted(state, changed):
            return changed
    return None


def frozen_id(state: RunState, predictor: str, part: Part) -> str | None:
    """The only id that may be chosen there; None when the choice is free."""
    return state.steering.frozen.get((predictor, part))


def best_so_far(state: RunState) -> Candidate:
    """The permitted candidate with the highest mean, few results counting for little.

    The baseline before there is one.
    """
    assert state.baseline is not None  # the policy starts it before anything else
    scores = {
        each: own
        for each in state.results
        if (own := val_scores(state, each)) and is_permitted(state, state.candidates[each])
    }
    count = sum(map(len, scores.values()))
    overall = sum(sum(own.values()) for own in scores.values()) / max(1, count)
    means = {
        each: (sum(own.values()) + DOUBT * overall) / (len(own) + DOUBT)
        for each, own in scores.items()
    }
    return state.candidates[max(means, key=lambda each: means[each], default=state.baseline)]


def _choices(state: RunState, ref: ChoiceRef, base: Candidate) -> Iterator[ChoiceRef]:
    """What may stand in the place of `ref`, in order of preference."""
    frozen = frozen_id(state, ref.predictor, ref.part)
    if frozen is not None:
        yield ref.model_copy(update={"id": frozen})
        return
    known = state.instructions if ref.part == "instruction" else state.demo_sets
    own = getattr(base.choices[ref.predictor], ref.part)
    for id_ in (ref.id, own, *known[ref.predictor]):
        other = ref.model_copy(update={"id": id_})
        if _may_be_chosen(state, other):
            yield other


def _may_be_chosen(state: RunState, ref: ChoiceRef) -> bool:
    if state.steering.is_rejected(ref):
        return False
    spans = state.steering.locks.get(ref.predictor, ())
    if ref.part == "demo_set" or not spans:
        return True
    return not missing_spans(state.instructions[ref.predictor][ref.id].text, spans)
