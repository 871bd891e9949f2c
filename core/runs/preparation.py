"""From a run's settings to the things it works with: program, examples, metric.

The same settings and the same dataset always give the same examples in the same parts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import dspy

from core.data.dataset import Dataset, Example, examples
from core.data.seeds import derived_rng
from core.data.split import Split, split
from core.errors import ConfigError, ProgramError
from core.evaluation.metrics import Metric, fitting_metric, metric
from core.lm.connection import connect
from core.programs.predictors import PredictorInfo, predictors
from core.programs.template import Passage, ProgramTemplate
from core.proposal.locks import missing_spans, split_marks
from core.runs.config import RunConfig
from core.runs.programs import template_of
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
    locks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Predictor → texts of its own instruction that must stay word for word."""

    @property
    def sizes(self) -> Sizes:
        """The numbers that the call estimate needs."""
        return Sizes(
            predictors=len(self.predictors),
            calls_per_run=self.template.calls_per_run,
            train=len(self.train),
            val=len(self.val),
            test=len(self.test),
            judged=self.metric.calls,
        )

    def teacher_calls(self, config: RunConfig) -> int:
        """Calls to a teacher model in one run of the program that makes a trace; 0 without one."""
        if config.teacher_model is None:
            return 0
        return self.template.calls_per_run - self.metric.calls

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
    chosen = template_of(config).described(config.program_description)
    setup = chosen.checked_setup(
        inputs=tuple(config.mapping.inputs),
        outputs=tuple(config.mapping.outputs),
        labels=labels(train),
        passages=passages(store.dataset(config.passages)) if config.passages else (),
    )
    program = chosen.build(setup)
    marked = _without_marks(program)
    infos = predictors(program)
    scoring = fitting_metric(config.metric, config.metric_parameters, setup.outputs)
    order = derived_rng(config.seed, "validation order").permutation(len(val))
    return Task(
        template=chosen.judged(scoring.calls),
        program=program,
        predictors=infos,
        train=tuple(train),
        val=tuple(val[i] for i in order[: config.budget.val_cap]),
        test=tuple(test),
        metric=scoring,
        split=parts,
        locks=_locks(infos, marked, config.locks),
    )


def check_keys(config: RunConfig) -> None:
    """Do nothing, if the keys that the run's models name are there.

    Raises:
        ConfigError: one is not; the message says which and for what.
    """
    for role, model in config.models.items():
        model.check(role)


def check_models(config: RunConfig) -> None:
    """Do nothing, if all models can be asked as configured, a judge's included. Asks none of them.

    Raises:
        ConfigError: a key is not there, or a model does not take its settings.
    """
    metric(config.metric, config.metric_parameters).check()
    connect(config.task_model, role="task model")
    connect(config.prompt_model, role="prompt model", temperature=config.prompt_temperature)
    if config.teacher_model is not None:
        connect(config.teacher_model, role="teacher model")


def _without_marks(program: dspy.Module) -> dict[str, tuple[str, ...]]:
    """Predictor → spans that its instruction marks with `<keep>`; takes the marks out."""
    marked: dict[str, tuple[str, ...]] = {}
    for name, predictor in program.named_predictors():
        plain, spans = split_marks(predictor.signature.instructions, where=f"predictor {name!r}")
        if spans:
            predictor.signature = predictor.signature.with_instructions(plain)
            marked[name] = spans
    return marked


def _locks(
    infos: tuple[PredictorInfo, ...],
    marked: Mapping[str, tuple[str, ...]],
    given: Mapping[str, tuple[str, ...]],
) -> dict[str, tuple[str, ...]]:
    """The spans that the program marks, then those of the settings, for predictors with any."""
    own = {info.name: info.instruction for info in infos}
    if strange := [name for name in given if name not in own]:
        raise ConfigError(
            f"locks: the program has no predictor {strange[0]!r}; it has {', '.join(own)}."
        )
    locks = {
        name: tuple(dict.fromkeys([*marked.get(name, ()), *map(str.strip, given.get(name, ()))]))
        for name in own
    }
    for name, spans in locks.items():
        if not all(spans):
            raise ConfigError(f"locks: an empty text is locked in predictor {name!r}.")
        if missing := missing_spans(own[name], spans):
            raise ConfigError(
                f"locks: {missing[0]!r} is not in the own instruction of predictor {name!r}. "
                "Copy the text to be locked from there, word for word."
            )
    return {name: spans for name, spans in locks.items() if spans}


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
