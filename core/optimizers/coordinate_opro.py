"""Coordinate ascent with OPRO's proposals (paper section 4.5; `COPRO` in DSPy).

Predictor by predictor and then round the program again: N proposals for one predictor, each tried
while the others stay at their best so far.
"""

from core.optimizers.opro import history_settings
from core.optimizers.rounds import open_predictors, with_new_instructions
from core.programs.candidate import Candidate
from core.runs.choices import is_permitted
from core.runs.config import RunConfig
from core.runs.events import RoundStarted
from core.runs.history import FEWEST_SCORES
from core.runs.parts import Round
from core.runs.scores import val_scores
from core.runs.state import RunState


class CoordinateOpro:
    """The rounds of coordinate ascent: one proposal each, N in a row for the same predictor."""

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._each = config.budget.instructions - 1

    def opened(self, state: RunState, number: int) -> RoundStarted:
        """One proposal for the predictor whose turn it is; frozen ones are passed over."""
        names = open_predictors(state)
        turn = number // self._each % len(names)
        return RoundStarted(
            number=number,
            predictors=(names[turn],),
            settings=history_settings(self._config, number),
        )

    def candidate(self, state: RunState, round: Round) -> Candidate:
        """The new instruction in the best candidate so far."""
        return with_new_instructions(self.base(state), round)

    def base(self, state: RunState) -> Candidate:
        """The best candidate so far."""
        return best_by_mean(state)


def best_by_mean(state: RunState) -> Candidate:
    """The permitted candidate with the highest mean over enough examples.

    The baseline counts from its first examples on; it stands in before there is one.
    """
    assert state.baseline is not None  # the policy starts it before anything else
    fewest = min(FEWEST_SCORES, state.sizes[1])
    known = {each: val_scores(state, each) for each in state.results}
    means = {
        each: sum(own.values()) / len(own)
        for each, own in known.items()
        if len(own) >= max(1, fewest) and is_permitted(state, state.candidates[each])
    }
    return state.candidates[max(means, key=lambda each: means[each], default=state.baseline)]
