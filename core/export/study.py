"""A run as an Optuna study, for Optuna's own tools (its dashboard, its plots, its samplers).

One Optuna trial is one candidate. It is COMPLETE with its mean over the valset once it is fully
evaluated, and PRUNED at its last mean where minibatches are all that it got. The study is derived
from the run and can be made anew at any time; nothing reads it back.
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from core.evaluation.statistics import Mean
from core.export.files import ExportFile
from core.export.source import Source
from core.programs.candidate import Demo
from core.results.frames import PREDICTED_REACH
from core.runs.parts import Trial

STUDY_FILE = "study.db"


def study_files(source: Source) -> tuple[ExportFile, ...]:
    """A SQLite file that Optuna opens as `sqlite:///PATH`; the study is called as the run is."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # else it tells of every study it makes
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / STUDY_FILE
        storage = RDBStorage(f"sqlite:///{path}")
        study = optuna.create_study(
            study_name=source.config.name, direction="maximize", storage=storage
        )
        for name, value in _about(source).items():
            study.set_user_attr(name, value)
        study.add_trials(study_trials(source))
        storage.remove_session()
        storage.engine.dispose()
        return (ExportFile(name=STUDY_FILE, content=path.read_bytes()),)


def study_trials(source: Source) -> list[FrozenTrial]:
    """A frozen trial per candidate that has a score, in the order of their first trials.

    Parameters are `PREDICTOR instruction` and `PREDICTOR demo set`, with ids as categories.
    Intermediate values are the means after so many examples. User attributes: label, evaluation
    (`full` or `minibatch`), n, mean with the 95 % interval, the same of the held-out test where
    there is one, the surrogate's mean and 90 % interval where the snapshot has them, the trials of
    the run, and for each predictor the text of its instruction and its demos.
    """
    tables = source.results.tables
    distributions = _distributions(source)
    own: dict[str, list[Trial]] = {each: [] for each in tables.labels}
    for trial in source.facts.trials:
        own[trial.candidate].append(trial)
    return [
        _trial(source, candidate, own[candidate], distributions)
        for candidate in tables.labels
        if candidate in tables.val
    ]


def _trial(
    source: Source,
    candidate: str,
    own: list[Trial],
    distributions: dict[str, BaseDistribution],
) -> FrozenTrial:
    tables = source.results.tables
    full = candidate in tables.fully_evaluated
    made = create_trial(
        state=TrialState.COMPLETE if full else TrialState.PRUNED,
        value=tables.val[candidate].value,
        params=_parameters(source, candidate),
        distributions=distributions,
        intermediate_values=_running_means(source, candidate, own),
        user_attrs={
            "label": tables.labels[candidate],
            "candidate": candidate,
            "evaluation": "full" if full else "minibatch",
            "best": candidate == tables.best,
            **_interval("", tables.val[candidate]),
            **(_interval("test_", tables.test[candidate]) if candidate in tables.test else {}),
            **_belief(source, candidate),
            "run_trials": [
                {"number": each.number, "purpose": each.purpose, "n": each.n, "mean": each.mean}
                for each in own
            ],
            **_texts(source, candidate),
        },
    )
    finished = [each.finished for each in own if each.finished is not None]
    made.datetime_start = _local(min(each.started for each in own))
    made.datetime_complete = _local(max(finished)) if finished else made.datetime_start
    return made


def _about(source: Source) -> dict[str, Any]:
    config = source.config
    return {
        "run": source.run_id,
        "program": config.program,
        "dataset": config.dataset_name,
        "metric": config.metric,
        "optimizer": config.optimizer,
        "task_model": config.task_model.label,
        "prompt_model": config.prompt_model.label,
        "seed": config.seed,
    }


def _interval(prefix: str, mean: Mean) -> dict[str, float | int]:
    return {
        f"{prefix}n": mean.n,
        f"{prefix}mean": mean.value,
        f"{prefix}low95": mean.low,
        f"{prefix}high95": mean.high,
    }


def _distributions(source: Source) -> dict[str, BaseDistribution]:
    found: dict[str, BaseDistribution] = {}
    for name, instructions in source.results.instructions.items():
        known = tuple(each.id for each in instructions)
        found[f"{name} instruction"] = CategoricalDistribution(known)
        demo_sets = tuple(each.id for each in source.results.demo_sets.get(name, ()))
        found[f"{name} demo set"] = CategoricalDistribution(demo_sets)
    return found


def _parameters(source: Source, candidate: str) -> dict[str, str]:
    found = {}
    for name, choice in source.results.choices[candidate].choices.items():
        found[f"{name} instruction"] = choice.instruction
        found[f"{name} demo set"] = choice.demo_set
    return found


def _running_means(source: Source, candidate: str, own: list[Trial]) -> dict[int, float]:
    """Examples scored → mean over them, after each finished trial of the candidate."""
    results = source.facts.val.get(candidate, {})
    seen: dict[str, float] = {}
    means: dict[int, float] = {}
    for trial in own:
        if trial.purpose == "test" or trial.finished is None:
            continue
        for example in trial.examples:
            result = results.get(example)
            if result is not None and result.score is not None:
                seen[example] = result.score
        if seen:
            means[len(seen)] = sum(seen.values()) / len(seen)
    return means


def _texts(source: Source, candidate: str) -> dict[str, Any]:
    texts = source.results.texts(candidate)
    return {
        f"{name} {part}": value
        for name in texts.instructions
        for part, value in (
            ("instruction text", texts.instructions[name]),
            ("demos", _as_json(texts.demos[name])),
        )
    }


def _as_json(demos: tuple[Demo, ...]) -> list[dict[str, Any]]:
    return [dict(each) for each in demos]


def _belief(source: Source, candidate: str) -> dict[str, float]:
    predicted = source.results.tables.predictions.get(candidate)
    if predicted is None:
        return {}
    reach = PREDICTED_REACH * predicted.sd
    return {
        "surrogate_mean": predicted.mean,
        "surrogate_low90": predicted.mean - reach,
        "surrogate_high90": predicted.mean + reach,
    }


def _local(seconds: float) -> datetime:
    """Optuna keeps times without a zone, in the zone of the machine."""
    return datetime.fromtimestamp(seconds, tz=UTC).astimezone().replace(tzinfo=None)
