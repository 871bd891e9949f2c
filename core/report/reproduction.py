"""How to do a run again: the command line, what it does not carry, and the versions in use."""

import importlib.metadata
import json
import platform
import shlex
from collections.abc import Iterator, Mapping

from core.data.bundled import bundled, bundled_dataset
from core.data.split import SplitConfig
from core.data.split_words import described_split
from core.lm.connection import LMConfig
from core.lm.failures import GROUPS, FailurePolicy
from core.programs.pipeline.saved import PREFIX
from core.report.data import Reproduction
from core.results.run_results import RunResults
from core.runs.config import PROPOSER_TEMPERATURE, RunConfig
from core.runs.store import STORED, StoredDataset
from core.search.budget import PAPER_ROWS, Budget, paper_budget, preset, shaped

LIBRARIES = ("dspy", "optuna", "litellm", "numpy", "scipy", "pandas", "pydantic")
MOST_EVALUATIONS = 200
"""Sizes of the paper's budget that are tried."""
CONCURRENCY = 8
TIMEOUT = 60.0
"""What the command line takes where nothing is given."""

NOTHING_STORED: Mapping[str, StoredDataset] = {}

Options = dict[str, str | None]
"""Option → value; None for a switch."""


def reproduction(
    config: RunConfig, results: RunResults, stored: Mapping[str, StoredDataset] = NOTHING_STORED
) -> Reproduction:
    """How to repeat the run with these settings; `stored` are the datasets there are, by id."""
    budget, options = _budget(config, results)
    given = {**_options(config, stored), **_split(config), **options}
    words = [f"{name} {shlex.quote(value)}" if value is not None else name
             for name, value in given.items()]  # fmt: skip
    words += [f"--on-failure {each}" for each in _on_failure(config.on_failure)]
    words += [f"--lock {shlex.quote(f'{name}={text}')}"
              for name, texts in config.locks.items() for text in texts]  # fmt: skip
    return Reproduction(
        command=" \\\n  ".join(["python -m core optimize", *words]),
        notes=tuple(_notes(config, results, budget, stored)),
        seed=config.seed,
        versions=_versions(),
        settings=config.model_dump_json(indent=2, exclude_none=True),
    )


def _options(config: RunConfig, stored: Mapping[str, StoredDataset]) -> Options:
    task = config.task_model
    options: Options = {
        "--program": _pipeline_file(config) or config.program,
        "--data": _data(config, stored),
        "--inputs": _columns(config.mapping.inputs),
        "--output": _columns(config.mapping.outputs),
        "--metric": config.metric,
        "--optimizer": config.optimizer,
        "--task-model": task.model,
        "--prompt-model": config.prompt_model.model,
        "--seed": str(config.seed),
    }
    asked = task if not task.is_offline else config.prompt_model
    optional: dict[str, tuple[str | None, object]] = {
        "--corpus": (_corpus(config, stored), None),
        "--description": (config.program_description, None),
        "--metric-parameters": (_json(config.metric_parameters), None),
        "--api-base": (asked.api_base, None),
        "--api-key-env": (asked.api_key_env, None),
        "--timeout": (f"{asked.timeout:g}", f"{TIMEOUT:g}"),
        "--concurrency": (str(config.concurrency), str(CONCURRENCY)),
        "--max-calls": (None if config.max_calls is None else str(config.max_calls), None),
    }
    options |= {name: value for name, (value, usual) in optional.items() if value != usual}
    options |= dict(_of_models(config, asked))
    if config.review:
        options["--review"] = None
    return options


def _pipeline_file(config: RunConfig) -> str | None:
    """The file of a pipeline that came from one; None where it is saved, or is none.

    By its bare name the newest of that name would be taken, whatever that is.
    """
    if config.pipeline is None or "@" in config.program:
        return None
    return f"{config.program.removeprefix(PREFIX)}.json"


def _on_failure(policy: FailurePolicy) -> Iterator[str]:
    """What is done differently from the default, such as `rate-limit=pause:3`."""
    for group in GROUPS:
        rule = getattr(policy, group)
        if rule != getattr(FailurePolicy(), group):
            yield f"{group.replace('_', '-')}={rule.then}:{rule.attempts}"


def _json(parameters: Mapping[str, object]) -> str | None:
    return json.dumps(parameters, ensure_ascii=False) if parameters else None


def _columns(fields: Mapping[str, str]) -> str:
    return ",".join(
        column if field == column else f"{field}={column}" for field, column in fields.items()
    )


def _split(config: RunConfig) -> Options:
    """What differs from the split that the command makes by itself."""
    own, usual = config.split, SplitConfig(seed=config.seed)
    options: dict[str, str | None] = {
        "--split": _three(own.train, own.val, own.test),
        "--split-counts": _three(*own.counts) if own.counts else None,
        "--split-by-group": own.group_by,
        "--split-by-time": own.order_by,
        "--split-by-column": own.part_column,
        "--split-seed": str(own.seed),
    }
    if (own.train, own.val, own.test) == (usual.train, usual.val, usual.test):
        del options["--split"]
    if own.seed == usual.seed:
        del options["--split-seed"]
    given: Options = {name: value for name, value in options.items() if value is not None}
    return given if own.stratify else {**given, "--no-stratify": None}


def _three(*numbers: float) -> str:
    return ",".join(map(repr, numbers))


def _data(config: RunConfig, stored: Mapping[str, StoredDataset]) -> str:
    """Where the command finds the examples: a bundled file, the person's file, or the database."""
    bundled_one = _bundled_file(config.dataset)
    if bundled_one is not None:
        return bundled_one
    if _is_made(config.dataset, stored):
        return f"{STORED}{config.dataset}"
    return config.dataset_name


def _corpus(config: RunConfig, stored: Mapping[str, StoredDataset]) -> str | None:
    if config.passages is None:
        return None
    if (bundled_one := _bundled_file(config.passages)) is not None:
        return bundled_one
    return f"{STORED}{config.passages}" if config.passages in stored else "CORPUS_FILE"


def _is_made(dataset: str, stored: Mapping[str, StoredDataset]) -> bool:
    """Whether it is another than the file it came from, if from one: cleaned, drawn, pasted, …"""
    if dataset not in stored:
        return False
    origin, plain = stored[dataset].origin, f"Uploaded as {stored[dataset].name}"
    return origin != plain and not (origin.startswith(f"{plain} (") and origin.endswith(")"))


def _bundled_file(dataset: str) -> str | None:
    for name, entry in bundled().items():
        if bundled_dataset(name).id == dataset:
            return f"sample_programs/data/{entry.file}"
    return None


def _budget(config: RunConfig, results: RunResults) -> tuple[Budget, Options]:
    """The budget that the options give, as close to the run's as they come, and the options."""
    wanted, predictors = config.budget, max(1, len(results.predictors))
    if wanted.name in ("light", "medium", "heavy"):
        named = preset(wanted.name, predictors, config.shape)
        if named == wanted:
            return named, {"--budget": wanted.name}
    if wanted.name == "paper" and wanted.val_cap == PAPER_ROWS:
        for count in range(1, MOST_EVALUATIONS + 1):
            paper = paper_budget(
                predictors, max(1, results.sizes[1]), config.shape, full_evaluations=count
            )
            if paper == wanted:
                return paper, {"--budget": "paper", "--full-evaluations": str(count)}
    light = preset("light", predictors, config.shape).model_dump()
    exact = Budget(**{**light, "name": "exact", "trials": wanted.trials,
                      "minibatch": wanted.minibatch})  # fmt: skip
    return shaped(exact, config.shape), {
        "--trials": str(wanted.trials),
        "--minibatch": str(wanted.minibatch),
    }


def _notes(
    config: RunConfig, results: RunResults, budget: Budget, stored: Mapping[str, StoredDataset]
) -> Iterator[str]:
    yield from _data_notes(config, stored)
    if missing := [*_uncarried(config), *_other_budget(config.budget, budget)]:
        yield (
            f"The command line has no option for these settings: {'; '.join(missing)}. Set them "
            "on the screen, or from Python."
        )
    if results.steering.decisions:
        yield (
            "People stepped in while it ran. The command repeats the settings, not their decisions."
        )
    if config.pipeline is not None:
        file = _pipeline_file(config)
        where = (
            f"To have it, write what the settings below have as `pipeline` into the file {file}."
            if file
            else "Where it is not saved, write what the settings below have as `pipeline` into a "
            "file that ends in .json, and give that as --program."
        )
        yield f"The program is a pipeline. {where}"
    if results.branched_from is not None:
        yield "The run began with what another run had found, which the command does not repeat."
    if config.concurrency > 1:
        yield (
            f"{config.concurrency} answers were awaited at a time, and their order matters: "
            "numbers can differ a little from run to run. With --concurrency 1 the same answers of "
            "the models give the same run."
        )
    if not (config.task_model.is_offline and config.prompt_model.is_offline):
        yield "A language model does not answer the same way each time, and providers update them."


def _data_notes(config: RunConfig, stored: Mapping[str, StoredDataset]) -> Iterator[str]:
    if config.split != SplitConfig(seed=config.split.seed):
        yield f"The examples are divided {described_split(config.split)}."
    if _data(config, stored).startswith(STORED):
        yield (
            f"The examples are in the database ({stored[config.dataset].origin}). To take them "
            f"elsewhere: python -m core data {STORED}{config.dataset} --out examples.parquet; then "
            "give this file as --data."
        )
    elif _bundled_file(config.dataset) is None:
        yield (
            f"The data file has to be at hand. Its content has the fingerprint {config.dataset}; "
            "another content is another experiment."
        )
    if _corpus(config, stored) == "CORPUS_FILE":
        yield "CORPUS_FILE stands for the file of texts that the program searches."
    columns = [*config.mapping.inputs.items(), *config.mapping.outputs.items()]
    if any(set(name) & {",", "="} or name != name.strip() for pair in columns for name in pair):
        yield (
            "A column's name has a comma, an equals sign or blanks at its ends, which the command "
            "cannot carry. Rename the column, or start the run on the screen."
        )


def _uncarried(config: RunConfig) -> Iterator[str]:
    """Settings that differ from what the command line would make them."""
    if config.threshold != 1.0:
        yield f"score from which a worked example is kept {config.threshold:g}"
    if config.proposer_temperature != PROPOSER_TEMPERATURE:
        yield f"temperature of the prompt model {config.proposer_temperature:g}"


def _of_models(config: RunConfig, asked: LMConfig) -> Iterator[tuple[str, str | None]]:
    """Role → what its model has beside the name, where the way of `asked` is given for all."""
    shared = asked.model_dump(include={"api_base", "api_key_env", "timeout"})
    roles = {"task": config.task_model, "prompt": config.prompt_model}
    if config.teacher_model is not None:
        roles["teacher"] = config.teacher_model
        yield "--teacher-model", config.teacher_model.model
    for role, model in roles.items():
        usual = LMConfig() if model.is_offline else LMConfig(model=model.model, **shared)
        own = model.model_dump(exclude={"model"})
        differing = [
            f"{name}={'' if value is None else value}"
            for name, value in own.items()
            if value != getattr(usual, name)
        ]
        if differing:
            yield f"--{role}-options", ",".join(differing)
    if not config.response_cache:
        yield "--no-cache", None


def _other_budget(wanted: Budget, given: Budget) -> Iterator[str]:
    changed = given.model_dump()
    for name, value in wanted.model_dump(exclude={"name"}).items():
        if changed[name] != value:
            yield f"{name.replace('_', ' ')} {value}"


def _versions() -> dict[str, str]:
    versions = {"Python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
