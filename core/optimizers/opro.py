"""Optimization by prompting (paper sections 4.2 and 4.5): the proposer sees what has been tried.

All predictors change together in every round. Module-level, each predictor is asked about with its
own history, in which the program's score stands for the predictor's; program-level, one call gets
the history of whole sets and answers with a set.
"""

from core.data.seeds import derived_rng
from core.optimizers.rounds import open_predictors, with_new_instructions
from core.programs.candidate import Candidate
from core.proposal.grounding import TIPS
from core.proposal.settings import ProposerSettings
from core.runs.config import RunConfig
from core.runs.events import RoundStarted
from core.runs.parts import Round
from core.runs.state import RunState, baseline_candidate

UNGROUNDED = ProposerSettings(
    dataset_summary=False, program_summary=False, shown_set=None, history=True
)
"""Nothing but the history (OPRO -G in the paper)."""


class Opro:
    """The rounds of module-level and of program-level OPRO; how they ask is in their shape."""

    def __init__(self, config: RunConfig) -> None:
        self._config = config

    def opened(self, state: RunState, number: int) -> RoundStarted:
        """Every open predictor, with a random tip and other demos each time when grounded."""
        return RoundStarted(
            number=number,
            predictors=open_predictors(state),
            settings=history_settings(self._config, number),
        )

    def candidate(self, state: RunState, round: Round) -> Candidate:
        """The new instructions; the program's own where a proposal failed."""
        return with_new_instructions(self.base(state), round)

    def base(self, state: RunState) -> Candidate:
        """The program as given."""
        return baseline_candidate(state)


def history_settings(config: RunConfig, number: int) -> ProposerSettings:
    """With history, and with all grounding unless the optimizer goes without."""
    if not config.shape.grounded:
        return UNGROUNDED
    tip = str(derived_rng(config.seed, "tip", number).choice(list(TIPS)))
    return ProposerSettings(tip=tip, shown_set=number, history=True)
