"""From the options of `optimize` to the settings of a run. All is checked first."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from core.command.data import corpus_at, loaded, split_config
from core.command.failures import failure_policy
from core.command.models import models
from core.data.bundled import bundled_dataset
from core.data.dataset import Dataset, FieldMapping
from core.errors import ConfigError, ProgramError
from core.programs.fields import field_names
from core.programs.template import ProgramTemplate, TemplateField
from core.runs.config import RunConfig
from core.runs.preparation import check_models, prepare
from core.runs.programs import program_at
from core.runs.store import Store
from core.search.budget import (
    PAPER_EVALUATIONS,
    PAPER_ROWS,
    Budget,
    check_cap,
    paper_budget,
    preset,
    shaped,
)


def run_config(options: argparse.Namespace, store: Store) -> RunConfig:
    """The settings; stores the dataset and the corpus.

    Raises:
        InputError: something does not fit; nothing has been spent, no run has been made.
        pydantic.ValidationError: a number is out of its range.
    """
    chosen = program_at(options.program, store)
    rows = loaded(options.data, options, store)
    dataset = rows.dataset
    mapping = FieldMapping(
        inputs=_fields(options.inputs, chosen.inputs),
        outputs=_fields(options.output, chosen.outputs),
    )
    config = RunConfig(
        name=options.name or f"{chosen.title}: {dataset.name}",
        program=chosen.name,
        pipeline=chosen.pipeline,
        dataset=store.put_dataset(dataset),
        dataset_name=dataset.name,
        mapping=mapping,
        split=split_config(options, rows.part_column),
        passages=_corpus(options, chosen, store),
        metric=options.metric or chosen.metric,
        metric_parameters=_parameters(options.metric_parameters),
        optimizer=options.optimizer,
        budget=preset("light", predictors=1),
        **models(options),
        seed=options.seed,
        concurrency=options.concurrency,
        max_calls=options.max_calls,
        on_failure=failure_policy(options.on_failure),
        review=options.review,
        locks=_locks(options.lock),
        program_description=options.description,
    )
    return _checked(config.model_copy(update={"budget": _budget(options, config, store)}), store)


def _budget(options: argparse.Namespace, config: RunConfig, store: Store) -> Budget:
    chosen = _named_budget(options, config, store)
    changes = {"trials": options.trials, "minibatch": options.minibatch}
    given = {name: value for name, value in changes.items() if value is not None}
    if not given:
        return chosen
    exact = Budget.model_validate({**chosen.model_dump(), **given, "name": "exact"})
    return shaped(exact, config.shape)


def _named_budget(options: argparse.Namespace, config: RunConfig, store: Store) -> Budget:
    if options.budget != "paper":
        if options.full_evaluations is not None:
            raise ConfigError("--full-evaluations goes with --budget paper only.")
        predictors = len(prepare(config, store).predictors)
        return preset(options.budget, predictors, config.shape)
    wide = config.budget.model_copy(update={"val_cap": PAPER_ROWS})
    task = prepare(config.model_copy(update={"budget": wide}), store)
    return paper_budget(
        len(task.predictors),
        len(task.val),
        config.shape,
        full_evaluations=options.full_evaluations or PAPER_EVALUATIONS,
    )


def _checked(config: RunConfig, store: Store) -> RunConfig:
    task = prepare(config, store)
    check_models(config)
    if config.max_calls is not None:
        check_cap(config.max_calls, task.estimate(config))
    return config


def _fields(given: str, wanted: tuple[TemplateField, ...]) -> dict[str, str]:
    """Program field → column. `field=column` names both; a bare column is its own field.

    A single bare column feeds a program's single field whatever its name. Where a program takes
    any columns, names that dspy cannot use are changed.
    """
    parts = [part.strip() for part in given.split(",") if part.strip()]
    if not wanted and not any("=" in part for part in parts):
        return field_names(parts)
    pairs = [part.split("=", 1) if "=" in part else [part, part] for part in parts]
    if len(wanted) == 1 and len(parts) == 1 and "=" not in parts[0]:
        return {wanted[0].name: parts[0]}
    return {field.strip(): column.strip() for field, column in pairs}


def _parameters(given: str | None) -> dict[str, Any]:
    """The metric's parameters; none without the option."""
    try:
        found = json.loads(given) if given else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConfigError('--metric-parameters: write one JSON object, such as {"relative": 0.01}.')
    return found


def _locks(given: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Predictor → texts; each is given as `predictor=text`."""
    locks: dict[str, tuple[str, ...]] = {}
    for each in given:
        predictor, equals, text = each.partition("=")
        if not equals or not predictor.strip() or not text.strip():
            raise ConfigError(
                f"--lock {each!r}: write PREDICTOR=TEXT, with text of the predictor's own "
                "instruction that must stay word for word."
            )
        locks[predictor.strip()] = (*locks.get(predictor.strip(), ()), text.strip())
    return locks


def _corpus(options: argparse.Namespace, chosen: ProgramTemplate, store: Store) -> str | None:
    if chosen.passages is None:
        if options.passages:
            raise ProgramError(f"program {chosen.name!r} retrieves nothing; leave out --corpus.")
        return None
    if chosen.pipeline is not None and not options.passages:
        raise ProgramError(f"{chosen.name!r} searches a corpus; name one with --corpus.")
    corpus: Dataset = (
        corpus_at(options.passages, store) if options.passages else bundled_dataset(chosen.passages)
    )
    return store.put_dataset(corpus)
