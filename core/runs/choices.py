"""What a run can choose between, as `core.search` sees it: the space, less what is ruled out.

Rejections, bans, frozen choices and locked spans all end here, so that no optimizer has to know
them apart.
"""

from core.programs.candidate import Candidate, ChoiceRef
from core.proposal.locks import missing_spans
from core.runs.state import RunState
from core.search.pool import Ban, Choices
from core.search.space import SearchSpace


def search_space(state: RunState) -> SearchSpace:
    """Every instruction and demo set of the run, in the order in which they were made."""
    names = tuple(info.name for info in state.predictors)
    return SearchSpace(
        predictors=names,
        instructions={name: tuple(state.instructions[name]) for name in names},
        demo_sets={name: tuple(state.demo_sets[name]) for name in names},
    )


def open_choices(state: RunState, space: SearchSpace) -> Choices:
    """Which candidates of the space may be chosen now."""
    steering = state.steering
    bans: set[Ban] = {
        (space.level_of(ref),) for ref in (*steering.rejected, *unlocked(state)) if space.has(ref)
    }
    bans |= {
        tuple(sorted(space.level_of(ref) for ref in combination))
        for combination in steering.banned
        if all(space.has(ref) for ref in combination)
    }
    frozen = (
        ChoiceRef(predictor=name, part=part, id=id_)
        for (name, part), id_ in steering.frozen.items()
    )
    pins = dict(space.level_of(ref) for ref in frozen if space.has(ref))
    return Choices(sizes=space.sizes, bans=frozenset(bans), pins=pins)


def unlocked(state: RunState) -> list[ChoiceRef]:
    """Instructions that lack a locked span of their predictor."""
    return [
        ChoiceRef(predictor=name, part="instruction", id=each.id)
        for name, spans in state.steering.locks.items()
        for each in state.instructions.get(name, {}).values()
        if missing_spans(each.text, spans)
    ]


def is_permitted(state: RunState, candidate: Candidate) -> bool:
    """Whether the search may choose the candidate, and recommend it."""
    return state.steering.permits(candidate) and keeps_locks(state, candidate)


def is_sound(state: RunState, candidate: Candidate) -> bool:
    """Whether a person may queue it: known choices, none rejected, every locked span in place.

    What is frozen or banned binds the search, not a person who names a candidate.
    """
    return (
        is_known(state, candidate)
        and state.steering.is_sound(candidate)
        and keeps_locks(state, candidate)
    )


def is_known(state: RunState, candidate: Candidate) -> bool:
    """Whether the run has every instruction and demo set of it, for all of its predictors."""
    return {info.name for info in state.predictors} == candidate.choices.keys() and all(
        choice.instruction in state.instructions.get(name, {})
        and choice.demo_set in state.demo_sets.get(name, {})
        for name, choice in candidate.choices.items()
    )


def keeps_locks(state: RunState, candidate: Candidate) -> bool:
    """Whether every locked span is in the candidate's instructions, word for word."""
    return not any(
        missing_spans(state.instructions[name][choice.instruction].text, spans)
        for name, choice in candidate.choices.items()
        if (spans := state.steering.locks.get(name))
    )
