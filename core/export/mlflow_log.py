"""A run sent to an MLflow tracking server: settings, scores over the trials, prompts, program.

MLflow is an extra: it is imported when a run is sent, and not before. No global of MLflow's is
touched, so that other code in the same process keeps its own tracking server.
"""

import math
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import ConfigError
from core.export.files import ExportFile
from core.export.program import dspy_files, python_files
from core.export.source import Source
from core.export.table_files import to_parquet
from core.export.tables import candidates_table, examples_table, proposals_table, trials_table
from core.results.run_results import CandidateTexts, Standing

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXTRA = "mlflow-skinny>=3.17,<4"
"""What `pip install` gives the client with; the extra `mlflow` of pyproject.toml says the same."""

_BATCH = 1_000
"""Metrics that MLflow takes in one request."""
_LONGEST_PARAM = 6_000
_REACHABLE_WITHIN = 10.0
"""Seconds until an address without an answer counts as wrong; MLflow itself would wait minutes."""


class Logged(NamedTuple):
    """Where a run is found on the tracking server."""

    experiment: str
    """Name."""
    experiment_id: str
    run_id: str
    """MLflow's own."""


class _Point(NamedTuple):
    key: str
    value: float
    at: float
    step: int


def log_to_mlflow(source: Source, tracking_uri: str, experiment: str = "MIPRO Studio") -> Logged:
    """Log the run as one MLflow run of the experiment, which is made when it is not there.

    Raises:
        ConfigError: MLflow is not installed, or the address cannot be reached.
        InputError: data and program do not fit together any more.
    """
    client = _client(tracking_uri)
    from mlflow.exceptions import MlflowException

    try:
        known = client.get_experiment_by_name(experiment)
        experiment_id = known.experiment_id if known else client.create_experiment(experiment)
        run = client.create_run(
            experiment_id,
            start_time=_milliseconds(source.results.started),
            tags=_tags(source),
            run_name=source.config.name,
        )
        with _ended_as_failed(client, run.info.run_id):
            _log(client, run.info.run_id, source)
        ended = source.results.ended or source.results.last_event_at
        client.set_terminated(run.info.run_id, _status(source), _milliseconds(ended))
    except MlflowException as error:
        raise ConfigError(f"{tracking_uri}: MLflow refused: {error.message}") from error
    return Logged(experiment, experiment_id, run.info.run_id)


def _client(tracking_uri: str) -> "MlflowClient":
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # else it reports each use
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    try:
        from mlflow import MlflowClient
    except ImportError as error:
        raise ConfigError(
            f"MLflow is not installed. Install it beside MIPRO Studio: pip install '{EXTRA}'"
        ) from error
    _check_reachable(tracking_uri)
    return MlflowClient(tracking_uri=tracking_uri)


def _check_reachable(tracking_uri: str) -> None:
    if not tracking_uri.startswith(("http://", "https://")):
        raise ConfigError(
            f"{tracking_uri!r} is no address of an MLflow server; give one such as "
            "http://localhost:5000."
        )
    try:
        urllib.request.urlopen(tracking_uri, timeout=_REACHABLE_WITHIN).close()
    except urllib.error.HTTPError as error:
        error.close()  # it answers; whether it lets us in, MLflow itself will find out
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ConfigError(
            f"{tracking_uri}: no MLflow server answers there ({reason}). Is it running?"
        ) from error


@contextmanager
def _ended_as_failed(client: "MlflowClient", run_id: str) -> Iterator[None]:
    """A run that could not be logged in full is marked, and not left as running."""
    try:
        yield
    except Exception:
        client.set_terminated(run_id, "FAILED")
        raise


def _log(client: "MlflowClient", run_id: str, source: Source) -> None:
    from mlflow.entities import Metric, Param

    params = [Param(name, value[:_LONGEST_PARAM]) for name, value in _params(source).items()]
    client.log_batch(run_id, params=params)
    points = [
        Metric(each.key, each.value, _milliseconds(each.at) or 0, each.step)
        for each in _points(source)
    ]
    for first in range(0, len(points), _BATCH):
        client.log_batch(run_id, metrics=points[first : first + _BATCH])
    for texts, folder in _prompts(source):
        for name, text in texts.instructions.items():
            client.log_text(run_id, text, f"prompts/{folder}/{_safe(name)}.instruction.txt")
            demos = {"demos": [dict(each) for each in texts.demos[name]]}
            client.log_dict(run_id, demos, f"prompts/{folder}/{_safe(name)}.demos.json")
    if source.chosen is not None:
        for file in (*dspy_files(source), *python_files(source)):
            client.log_text(run_id, file.text, f"program/{file.name}")
        client.log_table(run_id, examples_table(source), "examples.json")
    for file in _tables(source):
        _log_bytes(client, run_id, file)


def _tags(source: Source) -> dict[str, str]:
    return {
        "mipro_studio.run": source.run_id,
        "mipro_studio.status": source.results.status,
        "mipro_studio.candidate": source.texts.label if source.chosen else "",
    }


def _params(source: Source) -> dict[str, str]:
    config = source.config
    flat: dict[str, Any] = {
        "program": config.program,
        "dataset": config.dataset_name,
        "dataset_id": config.dataset,
        "inputs": ", ".join(config.mapping.inputs),
        "outputs": ", ".join(config.mapping.outputs),
        "metric": config.metric,
        "threshold": config.threshold,
        "optimizer": config.optimizer,
        "seed": config.seed,
        "concurrency": config.concurrency,
        "max_calls": config.max_calls,
    }
    for role, model in (("task_model", config.task_model), ("prompt_model", config.prompt_model)):
        flat[role] = model.label
        flat[f"{role}.temperature"] = model.temperature
        flat[f"{role}.max_tokens"] = model.max_tokens
    flat |= {f"budget.{name}": value for name, value in config.budget.model_dump().items()}
    flat |= {f"split.{name}": value for name, value in config.split.model_dump().items()}
    sizes = zip(("train", "val", "test"), source.results.sizes, strict=True)
    flat |= {f"examples.{name}": size for name, size in sizes}
    return {name: str(value) for name, value in flat.items() if value is not None}


def _points(source: Source) -> Iterator[_Point]:
    """Means over the trials at the trial's number, then what the run ended with."""
    results = source.results
    best = -math.inf
    for row in results.tables.rows:
        if row.mean is None or row.finished is None:
            continue
        yield _Point(f"{row.purpose}_mean", row.mean, row.finished, row.number)
        yield _Point(f"{row.purpose}_n", row.n, row.finished, row.number)
        if row.purpose in ("baseline", "full"):
            best = max(best, row.mean)
            yield _Point("best_so_far", best, row.finished, row.number)
    last = results.last_event_at
    for name, standing in (("baseline", results.baseline), ("best", results.best)):
        for key, value in _standing(standing):
            yield _Point(f"{name}.{key}", value, last, 0)
    for role, usage in (("task", results.task_usage), ("prompt", results.prompt_usage)):
        yield _Point(f"{role}.calls", usage.calls, last, 0)
        yield _Point(f"{role}.input_tokens", usage.input_tokens, last, 0)
        yield _Point(f"{role}.output_tokens", usage.output_tokens, last, 0)
        if usage.priced:
            yield _Point(f"{role}.cost_usd", usage.cost_usd, last, 0)


def _standing(standing: Standing | None) -> Iterator[tuple[str, float]]:
    if standing is None:
        return
    for part, mean in (("val", standing.val), ("test", standing.test)):
        if mean is not None:
            yield part, mean.value
            yield f"{part}_low95", mean.low
            yield f"{part}_high95", mean.high
            yield f"{part}_n", mean.n


def _prompts(source: Source) -> list[tuple[CandidateTexts, str]]:
    found = [(source.baseline_texts, "baseline")]
    if source.chosen is not None:
        found.append((source.texts, "candidate"))
    return found


def _tables(source: Source) -> list[ExportFile]:
    return [
        ExportFile(name=f"{name}.parquet", content=to_parquet(frame))
        for name, frame in (
            ("trials", trials_table(source)),
            ("candidates", candidates_table(source)),
            ("proposals", proposals_table(source)),
        )
    ]


def _log_bytes(client: "MlflowClient", run_id: str, file: ExportFile) -> None:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file.name
        path.write_bytes(file.content)
        client.log_artifact(run_id, str(path), "tables")


def _status(source: Source) -> str:
    match source.results.status:
        case "finished":
            return "FINISHED"
        case "failed":
            return "FAILED"
        case "stopped":
            return "KILLED"
        case _:
            return "RUNNING"


def _safe(name: str) -> str:
    """A predictor's name as part of a path."""
    return "".join(ch if ch.isalnum() or ch in "._-" else "_" for ch in name)


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(1000 * seconds)
