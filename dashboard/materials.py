"""What a run is made of: datasets, programs and examples, with their caches. It starts no run.

Besides `services` the only access to the store; a page asks here and draws.
"""

import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import streamlit as st

from core.data.bundled import Bundled, bundled, bundled_dataset
from core.data.dataset import Dataset, FieldMapping
from core.data.profile import Profile, profile
from core.data.readers import read
from core.data.split import Split, SplitConfig, split
from core.errors import StudioError
from core.evaluation.evaluator import ExampleResult, evaluate_example
from core.evaluation.metric_parameters import with_judge
from core.evaluation.metrics import Metric, metric
from core.lm.answers import keep_answers
from core.lm.connection import LMConfig, connect
from core.lm.keys import carried, key_of
from core.programs.pipeline.saved import PREFIX
from core.programs.registry import ProgramLibrary, program_library
from core.runs.config import RunConfig
from core.runs.preparation import Task, prepare
from core.runs.programs import named_template, saved_library
from core.runs.store import Store, StoredDataset
from core.search.budget import preset
from core.storage.location import open_store
from dashboard.costs import PromptSample, prompt_sample


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The store named by `STUDIO_DB`, opened once per server."""
    return open_store()


def warm_up() -> None:
    """Import what is large, once per server. Answers of models tried here stay in memory."""
    keep_answers(in_memory=1_000)
    program_library()


def programs(chosen: str | None = None) -> ProgramLibrary:
    """The programs to choose from, saved ones first, and those that cannot be used.

    Of a saved program there is the latest version, and that which is `chosen`.
    """
    library, saved = program_library(), saved_library(store())
    found = dict(saved.templates)
    if chosen is not None and chosen not in found and chosen.startswith(PREFIX):
        with contextlib.suppress(StudioError):  # it was deleted, and cannot be chosen any more
            found[chosen] = named_template(chosen, store())
    found |= library.templates
    return ProgramLibrary(templates=found, faults={**library.faults, **saved.faults})


def datasets() -> list[StoredDataset]:
    """Stored datasets, newest first."""
    return store().datasets()


def bundled_datasets() -> dict[str, Bundled]:
    """Name → bundled dataset."""
    return bundled()


@st.cache_resource(show_spinner=False, max_entries=16)
def dataset(dataset_id: str) -> Dataset:
    """A stored dataset; its content never changes, so it is read once. Do not change its frame."""
    return store().dataset(dataset_id)


@st.cache_resource(show_spinner=False, max_entries=16)
def dataset_profile(dataset_id: str) -> Profile:
    """The profile of a stored dataset."""
    return profile(dataset(dataset_id))


def keep_upload(name: str, content: bytes) -> Dataset:
    """The dataset in an uploaded file, which is stored now.

    Raises:
        DatasetError: the file cannot be used; nothing is stored.
    """
    loaded = read(name, content)
    store().put_dataset(loaded)
    return loaded


def keep_bundled(name: str) -> Dataset:
    """A bundled dataset, which is stored now."""
    loaded = bundled_dataset(name)
    store().put_dataset(loaded)
    return loaded


def corpora(default: str) -> list[StoredDataset]:
    """Stored datasets to retrieve from; `default` is a bundled one that is always among them."""
    titled = [each for each in datasets() if {"title", "text"} <= set(each.columns)]
    bundled_id = _bundled_id(default)
    if bundled_id not in {each.id for each in titled}:
        keep_bundled(default)
        return corpora(default)
    return sorted(titled, key=lambda each: each.id != bundled_id)


@st.cache_resource(show_spinner=False)
def _bundled_id(name: str) -> str:
    return bundled_dataset(name).id


@st.cache_resource(
    show_spinner=False, max_entries=32, hash_funcs={FieldMapping: FieldMapping.model_dump_json}
)
def split_of(dataset_id: str, mapping: FieldMapping, config: SplitConfig) -> Split:
    """The three parts of a stored dataset.

    Raises:
        DatasetError: the columns or the shares cannot be used.
    """
    return split(dataset(dataset_id), mapping, config)


@st.cache_resource(
    show_spinner=False, max_entries=16, hash_funcs={RunConfig: RunConfig.model_dump_json}
)
def _task(config: RunConfig) -> Task:
    return prepare(config, store())


def task(config: RunConfig) -> Task:
    """The program, examples and metric that these settings describe. Do not change them.

    Raises:
        InputError: data, program and settings do not fit together.
        DatasetNotFound: the dataset or the corpus has been removed.
    """
    return _task(_task_settings(config))


def _task_settings(config: RunConfig) -> RunConfig:
    """`config` with everything made equal that program, examples and metric do not depend on."""
    budget = preset("light", 1).model_copy(update={"val_cap": config.budget.val_cap})
    equal = {
        "name": "",
        "task_model": LMConfig(),
        "prompt_model": LMConfig(),
        "teacher_model": None,
        "response_cache": True,
        "budget": budget,
        "concurrency": 1,
        "max_calls": None,
        "review": False,
        "locks": {},
    }
    return config.model_copy(update=equal)


def metric_of(config: RunConfig) -> Metric:
    """The metric, its judges connected here and now with the keys of this tab.

    That of `task` is shared by all tabs and must not be asked to judge.

    Raises:
        ConfigError: it cannot be used; a judge's key is not set, for example.
    """
    made = metric(config.metric, config.metric_parameters)
    made.check()
    return made


def tried_example(config: RunConfig, number: int) -> ExampleResult:
    """What the program makes of validation example `number`, run here and now.

    Raises:
        InputError: as `task`, or the key of a model is not set.
    """
    return _tried(config, [number])[0]


def tried_examples(config: RunConfig, count: int) -> tuple[ExampleResult, ...]:
    """The same for the first `count` validation examples, several at a time.

    Raises:
        InputError: as `task`, or the key of a model is not set.
    """
    return _tried(config, range(count))


def _tried(config: RunConfig, numbers: Sequence[int]) -> tuple[ExampleResult, ...]:
    prepared, scoring = task(config), metric_of(config)
    model = config.task_model.model_copy(update={"delay": 0.0, "timeout": 30.0, "retries": 1})
    lm = connect(model, role="task model")

    def run(number: int) -> ExampleResult:
        return evaluate_example(prepared.program, prepared.val[number], metric=scoring, lm=lm)

    with ThreadPoolExecutor(min(len(numbers), config.concurrency)) as pool:
        return tuple(pool.map(carried(run), numbers))


@st.cache_resource(
    show_spinner=False, max_entries=16, hash_funcs={RunConfig: RunConfig.model_dump_json}
)
def _sample(config: RunConfig) -> PromptSample | None:
    return prompt_sample(tried_example(config, 0), judged=len(config.judge_models))


def sample_of(config: RunConfig) -> PromptSample | None:
    """How long the prompts are, a judge's too, from one example with the offline model."""
    offline = with_judge(config.metric, config.metric_parameters, LMConfig())
    return _sample(_task_settings(config).model_copy(update={"metric_parameters": offline}))


def is_set(variable: str) -> bool:
    """Whether the key with this name is in the environment, a secrets file or this tab."""
    return bool(key_of(variable))
