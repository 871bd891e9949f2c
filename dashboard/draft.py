"""The next run, as chosen so far on the Data, Program and Configure pages.

Plain values and functions of them; where a tab keeps its draft is `session`'s affair, and whether
data, program and settings fit together is decided by `core.runs.preparation`.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.data.dataset import FieldMapping
from core.data.split import SplitConfig
from core.errors import ConfigError
from core.lm.connection import LMConfig
from core.lm.failures import FailurePolicy
from core.programs.pipeline.spec import PipelineSpec
from core.programs.template import ProgramTemplate, TemplateField
from core.runs.config import OptimizerName, RunConfig
from core.search.budget import Budget, preset
from core.search.family import FAMILY


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What has been chosen, and defaults for the rest."""

    dataset: str | None = None
    """Id of a stored dataset."""
    dataset_name: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    """Columns, as chosen on the Data page."""
    split: SplitConfig = field(default_factory=SplitConfig)
    program: str | None = None
    pipeline: PipelineSpec | None = None
    """What the program is made of, when it was built on the Build page."""
    suggestion: tuple[str, str] | None = None
    """Program and metric that were suggested for the data and taken; None once a person chose."""
    program_description: str | None = None
    """What a person says that the program does; None for its own description."""
    mapping: FieldMapping | None = None
    """Program fields to columns; None while a field has no column."""
    passages: str | None = None
    """Id of the stored corpus; None when the program retrieves nothing."""
    metric: str | None = None
    metric_parameters: dict[str, Any] = field(default_factory=dict)
    """As `core.evaluation.metric_parameters` names them; they may not fit yet."""
    name: str | None = None
    """None for a name made of program and dataset."""
    task_model: LMConfig = LMConfig()
    prompt_model: LMConfig = LMConfig()
    teacher_model: LMConfig | None = None
    """None for the task model."""
    response_cache: bool = True
    optimizer: OptimizerName = "mipro"
    budget: Budget | None = None
    """None for the light one."""
    seed: int = 0
    concurrency: int = 8
    max_calls: int | None = None
    on_failure: FailurePolicy = FailurePolicy()
    review: bool = True
    """Wait for a person between proposing and searching."""
    locks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Predictor → texts of its own instruction that must stay word for word."""

    def with_dataset(
        self, dataset: str, name: str, *, inputs: Iterable[str], outputs: Iterable[str]
    ) -> "Draft":
        """This draft on other data; the field mapping starts afresh."""
        return replace(
            self,
            dataset=dataset,
            dataset_name=name,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            mapping=None,
        )

    def without_dataset(self) -> "Draft":
        """This draft before a dataset was chosen."""
        return self.with_dataset("", "", inputs=(), outputs=()).changed(dataset=None)

    def with_columns(self, inputs: Sequence[str], outputs: Sequence[str]) -> "Draft":
        """This draft with these columns; the field mapping starts afresh when they differ."""
        if (tuple(inputs), tuple(outputs)) == (self.inputs, self.outputs):
            return self
        return replace(self, inputs=tuple(inputs), outputs=tuple(outputs), mapping=None)

    def with_program(self, template: ProgramTemplate) -> "Draft":
        """This draft with another program; what depends on the program starts afresh."""
        if template.name == self.program:
            return replace(self, suggestion=None)
        return replace(
            self,
            program=template.name,
            pipeline=template.pipeline,
            suggestion=None,
            program_description=None,
            mapping=None,
            passages=None,
            metric=template.metric,
            metric_parameters={},
            budget=None,
            locks={},
        )

    def with_suggestion(self, template: ProgramTemplate, metric: str) -> "Draft":
        """This draft with a program that fits its data, unless a person has chosen one."""
        suggested = template.name, metric
        if suggested == self.suggestion or (self.program is not None and self.suggestion is None):
            return self
        return replace(self.with_program(template), metric=metric, suggestion=suggested)

    def changed(self, **changes: Any) -> "Draft":
        """This draft with some fields changed."""
        return replace(self, **changes)

    @property
    def split_mapping(self) -> FieldMapping | None:
        """The chosen columns under their own names; None while a side is empty or they overlap."""
        if not self.inputs or not self.outputs or set(self.inputs) & set(self.outputs):
            return None
        return FieldMapping(
            inputs={name: name for name in self.inputs},
            outputs={name: name for name in self.outputs},
        )

    @property
    def missing(self) -> str | None:
        """The first choice that no run can do without, in words; None when all are made."""
        if self.dataset is None:
            return "Choose a dataset on the Data page."
        if self.split_mapping is None:
            return "Choose input and output columns on the Data page."
        if self.program is None:
            return "Choose a program on the Program page."
        if self.mapping is None:
            return "Map every program field to a column on the Program page."
        return None

    def config(self, *, title: str, predictors: int = 1) -> RunConfig:
        """The settings of the run that this draft describes.

        `title` is the program's; `predictors` decides the size of the light budget.

        Raises:
            ConfigError: a choice is missing.
        """
        if self.missing is not None:
            raise ConfigError(self.missing)
        return RunConfig(
            name=(self.name or "").strip() or f"{title} on {self.dataset_name}",
            program=str(self.program),
            pipeline=self.pipeline,
            program_description=self.program_description,
            dataset=str(self.dataset),
            dataset_name=self.dataset_name,
            mapping=self.mapping,
            split=self.split,
            passages=self.passages,
            metric=str(self.metric),
            metric_parameters=self.metric_parameters,
            optimizer=self.optimizer,
            budget=self.budget or preset("light", predictors, FAMILY[self.optimizer].shape),
            task_model=self.task_model,
            prompt_model=self.prompt_model,
            teacher_model=self.teacher_model,
            response_cache=self.response_cache,
            seed=self.seed,
            concurrency=self.concurrency,
            max_calls=self.max_calls,
            on_failure=self.on_failure,
            review=self.review,
            locks={name: spans for name, spans in self.locks.items() if spans},
        )


def suggested_columns(
    fields: Sequence[TemplateField], preferred: Sequence[str], columns: Sequence[str]
) -> dict[str, str | None]:
    """Field → the column that fits its name best, each column once; None when none is left.

    An equal name wins, apart from case; then a similar one; then the first of `preferred` (the
    columns chosen for this side) that is still free.
    """
    found: dict[str, str | None] = {}
    for each in fields:
        free = [name for name in columns if name not in found.values()]
        by_lower = {name.lower(): name for name in reversed(free)}
        close = difflib.get_close_matches(each.name.lower(), by_lower, n=1, cutoff=0.7)
        similar = by_lower[close[0]] if close else None
        found[each.name] = similar or next((name for name in preferred if name in free), None)
    return found


def field_mapping(
    inputs: dict[str, str | None], outputs: dict[str, str | None]
) -> FieldMapping | None:
    """The mapping, when every field has a column and no column is both input and output."""
    given = {name: column for name, column in inputs.items() if column}
    wanted = {name: column for name, column in outputs.items() if column}
    complete = len(given) == len(inputs) > 0 and len(wanted) == len(outputs) > 0
    apart = not set(given.values()) & set(wanted.values()) and not given.keys() & wanted.keys()
    return FieldMapping(inputs=given, outputs=wanted) if complete and apart else None
