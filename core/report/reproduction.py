"""How to do a run again: the command line, what it does not carry, and the versions in use."""

import importlib.metadata
import platform
import shlex
from collections.abc import Iterator, Mapping

from core.data.bundled import bundled, bundled_dataset
from core.data.split import SplitConfig
from core.lm.connection import LMConfig
from core.report.data import Reproduction
from core.results.run_results import RunResults
from core.runs.config import PROPOSER_TEMPERATURE, RunConfig
from core.search.budget import PAPER_ROWS, Budget, paper_budget, preset, shaped

LIBRARIES = ("dspy", "optuna", "litellm", "numpy", "scipy", "pandas", "pydantic")
MOST_EVALUATIONS = 200
"""Sizes of the paper's budget that are tried."""
CONCURRENCY = 8
TIMEOUT = 60.0
"""What the command line takes where nothing is given."""

Options = dict[str, str | None]
"""Option → value; None for a switch."""


def reproduction(config: RunConfig, results: RunResults) -> Reproduction:
    """How to repeat the run with these settings."""
    budget, options = _budget(config, results)
    given = {**_options(config, _data_file(config)), **options}
    words = [f"{name} {shlex.quote(value)}" if value is not None else name
             for name, value in given.items()]  # fmt: skip
    words += [f"--lock {shlex.quote(f'{name}={text}')}"
              for name, texts in config.locks.items() for text in texts]  # fmt: skip
    return Reproduction(
        command=" \\\n  ".join(["python -m core optimize", *words]),
        notes=tuple(_notes(config, results, budget)),
        seed=config.seed,
        versions=_versions(),
        settings=config.model_dump_json(indent=2, exclude_none=True),
    )


def _options(config: RunConfig, data: str) -> Options:
    task = config.task_model
    options: Options = {
        "--program": config.program,
        "--data": data,
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
        "--passages": (_corpus_file(config), None),
        "--api-base": (asked.api_base, None),
        "--api-key-env": (asked.api_key_env, None),
        "--timeout": (f"{asked.timeout:g}", f"{TIMEOUT:g}"),
        "--concurrency": (str(config.concurrency), str(CONCURRENCY)),
        "--max-calls": (None if config.max_calls is None else str(config.max_calls), None),
    }
    options |= {name: value for name, (value, usual) in optional.items() if value != usual}
    if config.review:
        options["--review"] = None
    return options


def _columns(fields: Mapping[str, str]) -> str:
    return ",".join(
        column if field == column else f"{field}={column}" for field, column in fields.items()
    )


def _data_file(config: RunConfig) -> str:
    return _bundled_file(config.dataset) or config.dataset_name


def _corpus_file(config: RunConfig) -> str | None:
    if config.passages is None:
        return None
    return _bundled_file(config.passages) or "CORPUS_FILE"


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


def _notes(config: RunConfig, results: RunResults, budget: Budget) -> Iterator[str]:
    yield from _data_notes(config)
    if missing := [*_uncarried(config), *_other_budget(config.budget, budget)]:
        yield (
            f"The command line has no option for these settings: {'; '.join(missing)}. Set them "
            "on the screen, or from Python."
        )
    if results.steering.decisions:
        yield (
            "People stepped in while it ran. The command repeats the settings, not their decisions."
        )
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


def _data_notes(config: RunConfig) -> Iterator[str]:
    if _bundled_file(config.dataset) is None:
        yield (
            f"The data file has to be at hand. Its content has the fingerprint {config.dataset}; "
            "another content is another experiment."
        )
    if config.passages is not None and _bundled_file(config.passages) is None:
        yield "CORPUS_FILE stands for the file of texts that the program searches."
    columns = [*config.mapping.inputs.items(), *config.mapping.outputs.items()]
    if any(set(name) & {",", "="} or name != name.strip() for pair in columns for name in pair):
        yield (
            "A column's name has a comma, an equals sign or blanks at its ends, which the command "
            "cannot carry. Rename the column, or start the run on the screen."
        )


def _uncarried(config: RunConfig) -> Iterator[str]:
    """Settings that differ from what the command line would make them."""
    usual = SplitConfig(seed=config.seed)
    if config.split != usual:
        own = config.split
        shares = f"{own.train:g} / {own.val:g} / {own.test:g}"
        yield (
            f"split into training, validation and held-out {shares}, seed {own.seed}"
            f"{'' if own.stratify else ', not stratified'}"
        )
    if config.threshold != 1.0:
        yield f"score from which a worked example is kept {config.threshold:g}"
    if config.proposer_temperature != PROPOSER_TEMPERATURE:
        yield f"temperature of the prompt model {config.proposer_temperature:g}"
    carried = {"model", "api_base", "api_key_env", "timeout", "input_price", "output_price"}
    for role, model in (("task", config.task_model), ("prompt", config.prompt_model)):
        for name, value in model.model_dump(exclude=carried, exclude_defaults=True).items():
            yield f"{role} model's {name.replace('_', ' ')} {value:g}"
    task, prompt = config.task_model, config.prompt_model
    if not task.is_offline and not prompt.is_offline and _way(task) != _way(prompt):
        yield f"the prompt model's own address or key (variable {prompt.api_key_env or 'none'})"


def _way(model: LMConfig) -> tuple[object, ...]:
    return model.api_base, model.api_key_env, model.timeout


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
