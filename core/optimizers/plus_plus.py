"""MIPRO++ (paper section 4.4): TPE learns how the proposer is best asked.

One setting of the proposer per trial, shared by all predictors; each predictor gets a fresh
instruction written under it. MIPRO++ chooses every predictor's demo set in the same study, 0-shot
MIPRO++ goes without demos. The paper leaves open whether predictors share the settings; sharing
keeps the study small.
"""

from core.data.seeds import derived_seed
from core.optimizers.rounds import open_predictors, with_new_instructions
from core.programs.candidate import Candidate
from core.proposal.settings import GRID, GRID_SIZES, settings_at, settings_levels
from core.runs.choices import open_choices, search_space
from core.runs.config import RunConfig
from core.runs.events import RoundStarted
from core.runs.parts import Round
from core.runs.scores import round_mean
from core.runs.state import RunState, baseline_candidate
from core.search.observation import Observation
from core.search.pool import Choices
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
        sizes = (*GRID_SIZES, *map(len, sets))
        levels = suggest(
            sizes,
            self._observations(state),
            pending=[self._levels(state, each) for each in _unscored(state)],
            choices=_open_sets(state, sizes) if sets else None,
            seed=derived_seed(self._seed, "proposer settings", number),
        )
        # nothing is ever exhausted, as the same settings write anew; but all sets can be ruled out
        levels = levels or (0,) * len(sizes)
        chosen = zip(names, sets, levels[len(GRID) :], strict=False)
        return RoundStarted(
            number=number,
            predictors=open_predictors(state),
            settings=settings_at(levels[: len(GRID)]),
            demo_sets={name: own[level] for name, own, level in chosen},
        )

    def candidate(self, state: RunState, round: Round) -> Candidate:
        """The new instructions, the program's own where a proposal failed, and the demo sets."""
        return with_new_instructions(self.base(state), round)

    def base(self, state: RunState) -> Candidate:
        """The program as given."""
        return baseline_candidate(state)

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


def _open_sets(state: RunState, sizes: tuple[int, ...]) -> Choices:
    """The demo sets that may be chosen, as variables after the settings of the proposer."""
    opened = open_choices(state, search_space(state))
    place = {2 * at + 1: len(GRID) + at for at in range(len(state.predictors))}
    bans = {
        tuple((place[variable], level) for variable, level in ban)
        for ban in opened.bans
        if all(variable in place for variable, _ in ban)
    }
    pins = {place[variable]: level for variable, level in opened.pins.items() if variable in place}
    return Choices(sizes=sizes, bans=frozenset(bans), pins=pins)


def _unscored(state: RunState) -> list[Round]:
    return [each for each in state.rounds.values() if round_mean(state, each) is None]
