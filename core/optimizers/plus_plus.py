"""MIPRO++ (paper section 4.4): TPE learns how the proposer is best asked.

One setting of the proposer per trial, shared by all predictors; each predictor gets a fresh
instruction written under it. MIPRO++ chooses every predictor's demo set in the same study, 0-shot
MIPRO++ goes without demos. The paper leaves open whether predictors share the settings; sharing
keeps the study small.
"""

from core.data.seeds import derived_seed
from core.optimizers.rounds import with_new_instructions
from core.programs.candidate import Candidate
from core.proposal.settings import GRID, GRID_SIZES, settings_at, settings_levels
from core.runs.config import RunConfig
from core.runs.events import RoundStarted
from core.runs.scores import round_mean
from core.runs.state import Round, RunState, baseline_candidate
from core.search.observation import Observation
from core.search.space import Levels
from core.search.tpe import suggest


class PlusPlus:
    """The rounds of 0-shot MIPRO++ and, where the budget has demo sets, of MIPRO++."""

    def __init__(self, config: RunConfig) -> None:
        self._seed = config.seed
        self._demos = config.shape.demos

    def opened(self, state: RunState, number: int) -> RoundStarted:
        """The settings, and demo sets, that TPE names."""
        names = [info.name for info in state.predictors]
        sets = [list(state.demo_sets[name]) for name in names] if self._demos else []
        levels = suggest(
            [*GRID_SIZES, *map(len, sets)],
            self._observations(state),
            pending=[self._levels(state, each) for each in _unscored(state)],
            seed=derived_seed(self._seed, "proposer settings", number),
        )
        assert levels is not None  # nothing is ever exhausted: the same settings write anew
        chosen = zip(names, sets, levels[len(GRID) :], strict=False)
        return RoundStarted(
            number=number,
            predictors=tuple(names),
            settings=settings_at(levels[: len(GRID)]),
            demo_sets={name: own[level] for name, own, level in chosen},
        )

    def candidate(self, state: RunState, round: Round) -> Candidate:
        """The new instructions, the program's own where a proposal failed, and the demo sets."""
        return with_new_instructions(baseline_candidate(state), round)

    def _observations(self, state: RunState) -> list[Observation]:
        return [
            Observation(levels=self._levels(state, round), mean=mean)
            for round in state.rounds.values()
            if (mean := round_mean(state, round)) is not None
        ]

    def _levels(self, state: RunState, round: Round) -> Levels:
        demos = [
            list(state.demo_sets[name]).index(round.demo_sets[name]) for name in round.demo_sets
        ]
        return (*settings_levels(round.settings), *demos)


def _unscored(state: RunState) -> list[Round]:
    return [each for each in state.rounds.values() if round_mean(state, each) is None]
