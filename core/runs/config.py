"""The settings of a run, as stored with it and never changed afterwards."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.data.dataset import FieldMapping
from core.data.split import SplitConfig
from core.lm.connection import LMConfig
from core.search.budget import Budget

OptimizerName = Literal["mipro"]


class RunConfig(BaseModel):
    """Everything that, with the dataset's content and the models' answers, decides a run."""

    model_config = ConfigDict(frozen=True)

    name: str
    program: str
    """Name of a template in `sample_programs/`."""
    dataset: str
    """Id of a stored dataset."""
    dataset_name: str
    mapping: FieldMapping
    """Which column feeds which program field."""
    split: SplitConfig = SplitConfig()
    passages: str | None = None
    """Id of the stored dataset to retrieve from; None when the program retrieves nothing."""
    metric: str
    threshold: float = Field(default=1.0, ge=0.0, le=1.0)
    """A teacher trace becomes a demo when its score is at least this."""
    optimizer: OptimizerName = "mipro"
    budget: Budget
    task_model: LMConfig = LMConfig()
    prompt_model: LMConfig = LMConfig()
    proposer_temperature: float = Field(default=0.7, ge=0.0, le=2.0)
    """0.7 as in the paper (section 5)."""
    seed: int = Field(default=0, ge=0)
    concurrency: int = Field(default=8, ge=1, le=256)
    """Examples and proposals in flight together."""
    max_calls: int | None = Field(default=None, ge=1)
    """Cap on LM calls over both models; None for no cap."""

    @property
    def uses_offline_model(self) -> bool:
        """True when either model is the built-in text matcher."""
        return self.task_model.is_offline or self.prompt_model.is_offline
