"""From a run's settings to the things it works with: program, examples, metric.

The same settings and the same dataset always give the same examples in the same parts.
"""

from dataclasses import dataclass

import dspy

from core.data.dataset import Dataset, Example, examples
from core.data.seeds import derived_rng
from core.data.split import Split, split
from core.errors import ProgramError
from core.evaluation.metrics import Metric, metric
from core.lm.connection import connect
from core.programs.predictors import PredictorInfo, predictors
from core.programs.registry import template
from core.programs.template import Passage, ProgramTemplate
from core.runs.config import RunConfig
from core.runs.store import DatasetStore
from core.search.budget import CallEstimate, Sizes, estimate

MOST_LABELS = 20
"""An output with at most this many different values is treated as a label."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a run optimizes: a program, its examples in three parts, and a metric."""

    template: ProgramTemplate
    program: dspy.Module
    """As given: own instructions, no demos."""
    predictors: tuple[PredictorInfo, ...]
    train: tuple[Example, ...]
    val: tuple[Example, ...]
    """At most `budget.val_cap`, in an order fixed by the seed."""
    test: tuple[Example, ...]
    metric: Metric
    split: Split

    @property
    def sizes(self) -> Sizes:
        """The numbers that the call estimate needs."""
        return Sizes(
            predictors=len(self.predictors),
            calls_per_run=self.template.calls_per_run,
            train=len(self.train),
            val=len(self.val),
            test=len(self.test),
        )

    def estimate(self, config: RunConfig) -> CallEstimate:
        """The most LM calls this run can take, by phase."""
        return estimate(config.budget, self.sizes, config.shape)


def prepare(config: RunConfig, store: DatasetStore) -> Task:
    """The task that these settings describe.

    Raises:
        DatasetNotFound: the dataset or the corpus is not in the store.
        InputError: data, program and settings do not fit together; the message says where.
    """
    dataset = store.dataset(config.dataset)
    parts = split(dataset, config.mapping, config.split)
    train = examples(dataset, config.mapping, parts.train)
    val = examples(dataset, config.mapping, parts.val)
    test = examples(dataset, config.mapping, parts.test)
    chosen = template(config.program)
    setup = chosen.checked_setup(
        inputs=tuple(config.mapping.inputs),
        outputs=tuple(config.mapping.outputs),
        labels=labels(train),
        passages=passages(store.dataset(config.passages)) if config.passages else (),
    )
    program = chosen.build(setup)
    order = derived_rng(config.seed, "validation order").permutation(len(val))
    return Task(
        template=chosen,
        program=program,
        predictors=predictors(program),
        train=tuple(train),
        val=tuple(val[i] for i in order[: config.budget.val_cap]),
        test=tuple(test),
        metric=metric(config.metric),
        split=parts,
    )


def check_models(config: RunConfig) -> None:
    """Do nothing, if both models can be asked as configured. Asks none of them.

    Raises:
        ConfigError: a key is not there, or a model does not take its settings.
    """
    connect(config.task_model, role="task model")
    connect(config.prompt_model, role="prompt model", temperature=config.prompt_temperature)


def labels(train: list[Example]) -> tuple[str, ...]:
    """The output's values, sorted, when there is one output with few values; else nothing.

    Few means at most 20, and each at least twice on average.
    """
    if not train or len(train[0].outputs) != 1:
        return ()
    values = {str(next(iter(example.outputs.values()))) for example in train}
    few = len(values) <= MOST_LABELS and 2 * len(values) <= len(train)
    return tuple(sorted(values)) if few else ()


def passages(dataset: Dataset) -> tuple[Passage, ...]:
    """The corpus in a dataset with the columns `title` and `text`.

    Raises:
        ProgramError: one of the columns is missing.
    """
    missing = [name for name in ("title", "text") if name not in dataset.frame.columns]
    if missing:
        raise ProgramError(
            f"the corpus {dataset.name!r} has no column {missing[0]!r}; "
            "a corpus needs the columns 'title' and 'text'."
        )
    rows = dataset.frame[["title", "text"]].itertuples(index=False)
    return tuple(Passage(title=str(title), text=str(text)) for title, text in rows)
