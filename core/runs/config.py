"""The settings of a run, as stored with it and never changed afterwards."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from core.data.dataset import FieldMapping
from core.data.split import SplitConfig
from core.evaluation.metric_parameters import judges
from core.lm.connection import LMConfig
from core.lm.failures import FailurePolicy
from core.programs.pipeline.spec import PipelineSpec
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

MOST_DESCRIBED = 10_000
"""Characters of a program's description, as with its source, to bound the prompt."""


class RunConfig(BaseModel):
    """Everything that, with the dataset's content and the models' answers, decides a run."""

    model_config = ConfigDict(frozen=True)

    name: str
    program: str
    """Name of a template in `sample_programs/`, `package.module:NAME`, or `pipeline:NAME@2`."""
    pipeline: PipelineSpec | None = None
    """What a pipeline consists of; then the program is only what it is called."""
    program_description: str | None = Field(default=None, max_length=MOST_DESCRIBED)
    """What the program does, for proposals; None for the template's own description."""
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
    teacher_model: LMConfig | None = None
    """Makes the traces that become demos; None for the task model."""
    proposer_temperature: float = Field(default=PROPOSER_TEMPERATURE, ge=0.0, le=2.0)
    """Of the prompt model, unless its own settings say another one."""
    seed: int = Field(default=0, ge=0)
    concurrency: int = Field(default=8, ge=1, le=256)
    """Examples and proposals in flight together."""
    on_failure: FailurePolicy = FailurePolicy()
    """What happens when a call or an example fails, per group of failures."""
    max_calls: int | None = Field(default=None, ge=1)
    """Cap on LM calls over all models; None for no cap."""
    response_cache: bool = True
    """Whether an answer of a model is used again for the same question within the run."""
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
    def judge_models(self) -> tuple[LMConfig, ...]:
        """The models that judge each answer; none for most metrics."""
        return judges(self.metric, self.metric_parameters)

    @property
    def uses_offline_model(self) -> bool:
        """True when any model, a judge included, is the built-in text matcher."""
        return any(each.is_offline for each in self.models.values())

    @property
    def models(self) -> dict[str, LMConfig]:
        """Role → model, of all that the run asks; several judges are told apart by number."""
        found = {"task model": self.task_model, "prompt model": self.prompt_model}
        if self.teacher_model is not None:
            found["teacher model"] = self.teacher_model
        judges = self.judge_models
        names = ["judge"] if len(judges) == 1 else [f"judge {n + 1}" for n in range(len(judges))]
        return found | dict(zip(names, judges, strict=True))

    @property
    def key_names(self) -> tuple[str, ...]:
        """Names of the keys that its models want, each once."""
        named = (each.api_key_env for each in self.models.values() if not each.is_offline)
        return tuple(dict.fromkeys(name for name in named if name))
