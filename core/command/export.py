"""What `export` writes: a run's best candidate as dspy JSON or Python, or its trials as CSV."""

from collections.abc import Callable
from pathlib import Path

from core.errors import ConfigError
from core.results.export import PROGRAM_FILE, program_json, python_snippet, trials_csv
from core.results.run_results import RunResults, run_results
from core.results.study import write_study
from core.runs.config import RunConfig
from core.runs.preparation import prepare
from core.runs.state import RunState
from core.runs.store import Store


def export(run_id: str, store: Store, form: str, out: Path) -> list[Path]:
    """Write the export to `out` and return the files written.

    A Python file needs the program beside it, so that is written, too.

    Raises:
        RunNotFound: there is no such run.
        ConfigError: the run has no fully evaluated candidate yet, or a file cannot be written.
    """
    config = store.run(run_id).config
    state = RunState().fold(store.since(run_id, 0))
    if form == STUDY:
        write_study(out, config.name, state, store.snapshot(run_id))
        return [out]
    results = run_results(state, config)
    contents = _FORMS[form](out, results, config, store)
    try:
        for path, text in contents.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{out}: cannot be written ({error.strerror}).") from error
    return list(contents)


def _dspy(out: Path, results: RunResults, config: RunConfig, store: Store) -> dict[Path, str]:
    return {out: program_json(prepare(config, store), results.texts(_best(results)))}


def _python(out: Path, results: RunResults, config: RunConfig, store: Store) -> dict[Path, str]:
    task = prepare(config, store)
    return {
        out: python_snippet(task, config, store),
        out.parent / PROGRAM_FILE: program_json(task, results.texts(_best(results))),
    }


def _csv(out: Path, results: RunResults, config: RunConfig, store: Store) -> dict[Path, str]:
    return {out: trials_csv(results.tables.trials, results.labels)}


def _best(results: RunResults) -> str:
    if results.best is None:
        raise ConfigError("this run has no fully evaluated candidate yet; let it go on.")
    return results.best.candidate


_FORMS: dict[str, Callable[[Path, RunResults, RunConfig, Store], dict[Path, str]]] = {
    "dspy": _dspy,
    "python": _python,
    "csv": _csv,
}
STUDY = "study"
FORMATS = (*_FORMS, STUDY)
"""Names of the forms."""
