"""The settings of a run, as stored with it and never changed afterwards."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from core.data.dataset import FieldMapping
from core.data.split import SplitConfig
from core.lm.connection import LMConfig
from core.search.budget import Budget, shaped
from core.search.family import FAMILY
from core.search.shape import Shape

OptimizerName = Literal[
    "mipro",
    "mipro_tpe",
    "zero_shot_mipro",
    "bayesian_bootstrap",
    "bootstrap_random_search",
    "module_opro",
    "module_opro_ungrounded",
    "program_opro",
    "coordinate_opro",
    "zero_shot_mipro_plus_plus",
    "mipro_plus_plus",
    "random_search",
]

PROPOSER_TEMPERATURE = 0.7
"""As in the paper (section 5)."""


class RunConfig(BaseModel):
    """Everything that, with the dataset's content and the models' answers, decides a run."""

    model_config = ConfigDict(frozen=True)

    name: str
    program: str
    """Name of a template in `sample_programs/`, or `package.module:NAME`."""
    dataset: str
    """Id of a stored dataset."""
    dataset_name: str
    mapping: FieldMapping
    """Which column feeds which program field."""
    split: SplitConfig = SplitConfig()
    passages: str | None = None
    """Id of the stored dataset to retrieve from; None when the program retrieves nothing."""
    metric: str
    metric_parameters: dict[str, Any] = {}
    """What is set about the metric, as `core.evaluation.metric_parameters` names it; no keys."""
    threshold: float = Field(default=1.0, ge=0.0, le=1.0)
    """A teacher trace becomes a demo when its score is at least this."""
    optimizer: OptimizerName = "mipro"
    budget: Budget
    """Without what the optimizer does not search, whatever was given."""
    task_model: LMConfig = LMConfig()
    prompt_model: LMConfig = LMConfig()
    proposer_temperature: float = Field(default=PROPOSER_TEMPERATURE, ge=0.0, le=2.0)
    """Of the prompt model, unless its own settings say another one."""
    seed: int = Field(default=0, ge=0)
    concurrency: int = Field(default=8, ge=1, le=256)
    """Examples and proposals in flight together."""
    max_calls: int | None = Field(default=None, ge=1)
    """Cap on LM calls over both models; None for no cap."""
    review: bool = False
    """Wait for a person to look through the proposals before the search begins."""
    locks: dict[str, tuple[str, ...]] = {}
    """Predictor → texts of its own instruction that must stay word for word, from the start."""

    @property
    def prompt_temperature(self) -> float:
        """The temperature at which the prompt model is asked."""
        own = self.prompt_model.temperature
        return self.proposer_temperature if own is None else own

    @field_validator("budget")
    @classmethod
    def _shaped(cls, budget: Budget, given: ValidationInfo) -> Budget:
        name = given.data.get("optimizer")
        return shaped(budget, FAMILY[name].shape) if name else budget

    @property
    def shape(self) -> Shape:
        """What the optimizer searches and how it spends the budget."""
        return FAMILY[self.optimizer].shape

    @property
    def uses_offline_model(self) -> bool:
        """True when either model is the built-in text matcher."""
        return self.task_model.is_offline or self.prompt_model.is_offline
