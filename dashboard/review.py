"""What the Proposals page reads of a run, with its caches, and the decisions that end a review.

Beside `services`, for one page; single decisions are in `steer`.
"""

from functools import partial

import streamlit as st

from core.errors import DatasetNotFound, InputError
from core.evaluation.evaluator import Trace, trace_from_json
from core.programs.candidate import ChoiceRef
from core.proposal.likeness import Alike, nearly_the_same
from core.runs import decisions as de
from core.runs.events import PersonEvent, TraceBootstrapped
from core.runs.parts import DemoSet, Instruction
from core.runs.snapshot import LevelEffect
from core.runs.state import RunState
from dashboard import services, session, steer
from dashboard.components.demo_set_cards import DemoSetCard
from dashboard.components.proposal_cards import InstructionCard
from dashboard.demo_list import SourcedDemo, demos_at_hand, sourced
from dashboard.materials import store, task
from dashboard.proposal_list import Board, Gate, Marks, board, compared_with, gate


def board_of(view: services.RunView, predictor: str) -> Board:
    """What is decided about one predictor's choices; made once per change for all viewers."""
    return _board(view.run.id, view.results.seq, predictor)


@st.cache_resource(show_spinner=False, max_entries=64)
def _board(run_id: str, seq: int, predictor: str) -> Board:
    return services.ask(run_id, partial(board, predictor=predictor))


def gate_of(run_id: str) -> Gate:
    """Where the review of the run stands, as of now."""
    return services.ask(run_id, gate)


def search_approved_only(run_id: str) -> None:
    """Reject what is not approved wherever something is, and let the search begin, in one go."""
    by = session.person()
    reason = "Not among those approved in the review."
    rest: list[PersonEvent] = [
        de.ChoiceRejected(by=by, choice=ref, reason=reason) for ref in gate_of(run_id).rest
    ]
    steer.decide(run_id, *rest, de.ReviewApproved(by=by))


def demos_with_sources(view: services.RunView, card: DemoSetCard) -> list[SourcedDemo]:
    """The demos of a set and where each came from."""
    return sourced(card.demo_set.demos, addable_demos(view, card.ref.predictor))


def addable_demos(view: services.RunView, predictor: str) -> list[SourcedDemo]:
    """What a demo set can be made of: accepted traces, then training examples as labelled."""
    count = services.ask(view.run.id, lambda state: len(state.traces))
    return _at_hand(view.run.id, predictor, count, view)


@st.cache_resource(show_spinner=False, max_entries=16)
def _at_hand(
    run_id: str, predictor: str, traces: int, _view: services.RunView
) -> list[SourcedDemo]:
    def accepted(state: RunState) -> dict[str, TraceBootstrapped]:
        return {example: each for example, each in state.traces.items() if each.accepted}

    try:
        train = task(_view.run.config).train
    except (InputError, DatasetNotFound):  # deleted since; the traces stand without the dataset
        train = ()
    info = next(each for each in _view.results.predictors if each.name == predictor)
    return demos_at_hand(info, services.ask(run_id, accepted), train)


@st.cache_data(show_spinner=False, max_entries=64)
def _alike(texts: tuple[str, ...]) -> list[Alike | None]:
    return nearly_the_same(texts)


@st.cache_data(show_spinner=False, max_entries=64, ttl=60)
def bootstrap_trace(run_id: str, example: str) -> Trace | None:
    """What the teacher did on a training example; None when no trace was kept."""
    key = f"bootstrap/{example}"
    found = store().traces(run_id, [key])
    return trace_from_json(found[key]) if key in found else None


def instruction_cards(
    view: services.RunView, predictor: str, known: Board
) -> list[InstructionCard]:
    """One card for each instruction of the predictor, by number."""
    own = view.results.instructions.get(predictor, ())
    numbers = {each.id: each.number for each in own}
    effects, near = _effects(view), _alike(tuple(each.text for each in own))
    requests, cards = view.results.steering.requests, []
    for each, twin in zip(own, near, strict=True):
        asked = None if each.request is None else requests[each.request]
        ref = ChoiceRef(predictor=predictor, part="instruction", id=each.id)
        cards.append(
            InstructionCard(
                instruction=each,
                marks=known.marks.get(ref, Marks()),
                effect=effects.get(ref),
                alike=twin,
                compared=compared_with(each, own),
                parent=numbers.get(each.parent or ""),
                asked_by=asked.by if asked else None,
                hint=asked.hint if asked else "",
            )
        )
    return cards


def demo_set_cards(view: services.RunView, predictor: str, known: Board) -> list[DemoSetCard]:
    """One card for each demo set of the predictor, in the order in which they were made."""
    own = view.results.demo_sets.get(predictor, ())
    numbers = {each.id: number for number, each in enumerate(own)}
    outputs = [info.outputs for info in view.results.predictors if info.name == predictor]
    effects, cards = _effects(view), []
    for number, each in enumerate(own):
        ref = ChoiceRef(predictor=predictor, part="demo_set", id=each.id)
        cards.append(
            DemoSetCard(
                ref=ref,
                number=number,
                demo_set=each,
                marks=known.marks.get(ref, Marks()),
                outputs=tuple(each.name for own_fields in outputs for each in own_fields),
                effect=effects.get(ref),
                parent=numbers.get(each.parent or ""),
            )
        )
    return cards


def shown_demo_set(view: services.RunView, instruction: Instruction) -> DemoSet | None:
    """The demo set that the proposer was shown."""
    own = view.results.demo_sets.get(instruction.predictor, ())
    return next((each for each in own if each.id == instruction.demo_set), None)


def _effects(view: services.RunView) -> dict[ChoiceRef, LevelEffect]:
    belief = view.snapshot.belief if view.snapshot else None
    return {
        ChoiceRef(predictor=each.predictor, part=each.part, id=each.id): each
        for each in (belief.effects if belief else ())
    }
