"""Proposals that people ask for while a run is under way, whatever the optimizer."""

from collections.abc import Iterator

from core.data.seeds import derived_rng
from core.optimizers.actions import Propose
from core.programs.candidate import NO_DEMOS
from core.proposal.grounding import TIPS
from core.proposal.settings import ProposerSettings
from core.runs.state import RunState
from core.runs.wishes import WantedProposal, missing_proposals


def requested_proposals(state: RunState, seed: int) -> Iterator[Propose]:
    """Those that are still missing, calls under way included, the oldest request first."""
    for wanted in missing_proposals(state):
        yield _proposal(state, wanted, seed)


def _proposal(state: RunState, wanted: WantedProposal, seed: int) -> Propose:
    said, number, place = wanted.said, wanted.request, wanted.place
    rng = derived_rng(seed, f"requested tip {said.predictor} {number}", place)
    tip = said.tip if said.tip in TIPS else str(rng.choice(list(TIPS)))
    sets = _sets_to_show(state, said.predictor)
    return Propose(
        predictor=said.predictor,
        index=wanted.index,
        tip=tip,
        demo_set=sets[place % len(sets)] if sets else None,
        settings=ProposerSettings(
            tip=tip,
            temperature=said.temperature,
            shown_set=place,
            history=said.learn,
            mistakes=said.learn,
            hint=said.hint,
        ),
        request=number,
    )


def _sets_to_show(state: RunState, predictor: str) -> list[str]:
    rejected = {
        ref.id
        for ref in state.steering.rejected
        if ref.part == "demo_set" and ref.predictor == predictor
    }
    return [id_ for id_ in state.demo_sets.get(predictor, {}) if id_ not in {NO_DEMOS, *rejected}]
