"""From a program's name to its template, whether it is code or a pipeline that people saved."""

import importlib.util
from pathlib import Path

from core.errors import PipelineNotFound, ProgramError
from core.programs.importing import is_import_path
from core.programs.pipeline.saved import (
    LONGEST_FILE,
    PREFIX,
    parsed_name,
    program_name,
    spec_from_json,
)
from core.programs.pipeline.template import pipeline_template
from core.programs.registry import ProgramLibrary, template
from core.programs.template import ProgramTemplate
from core.runs.config import RunConfig
from core.runs.store import PipelineStore


def template_of(config: RunConfig) -> ProgramTemplate:
    """The program of a run, which carries its pipeline, if it is one.

    Raises:
        ProgramError: there is no such program, or it cannot be used.
    """
    if config.pipeline is not None:
        return pipeline_template(config.pipeline, config.program)
    if config.program.startswith(PREFIX) and not is_import_path(config.program):
        raise ProgramError(
            f"the settings name {config.program!r}, but do not hold the pipeline itself. Choose it "
            "again."
        )
    return template(config.program)


def named_template(name: str, store: PipelineStore) -> ProgramTemplate:
    """The program called `name`: a template, an import path, or a saved pipeline.

    A pipeline is `pipeline:NAME` for its newest version, or `pipeline:NAME@2`; the template is
    named with the version in any case. Where none is saved under a name, `pipeline` can be a module
    of people's own.

    Raises:
        ProgramError: there is none, or it cannot be used.
    """
    parsed = parsed_name(name)
    if parsed is None:
        return template(name)
    try:
        found = store.pipeline(*parsed)
    except PipelineNotFound as error:
        if is_import_path(name) and importlib.util.find_spec(PREFIX.rstrip(":")) is not None:
            return template(name)
        listed = ", ".join(each.name for each in store.pipelines()) or "none"
        raise ProgramError(f"{error} Saved pipelines: {listed}.") from error
    return pipeline_template(found.spec, program_name(found.name, found.version))


def program_at(name: str, store: PipelineStore) -> ProgramTemplate:
    """The program that a person names: as of `named_template`, or a pipeline's `.json` file.

    Raises:
        ProgramError: there is none, or it cannot be used.
    """
    if name.endswith(".json"):
        return template_from_file(Path(name))
    return named_template(name, store)


def template_from_file(path: Path) -> ProgramTemplate:
    """The pipeline in a JSON file, called after the file.

    Raises:
        ProgramError: the file cannot be read, or holds no pipeline that can run.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST_FILE + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise ProgramError(f"{path.name} cannot be read as a pipeline: {error}.") from error
    return pipeline_template(spec_from_json(text, path.name), f"{PREFIX}{path.stem}")


def saved_library(store: PipelineStore) -> ProgramLibrary:
    """The newest version of every saved pipeline; those with errors are among the faults."""
    found: dict[str, ProgramTemplate] = {}
    faults: dict[str, str] = {}
    for each in store.pipelines():
        name = program_name(each.name, each.version)
        try:
            found[name] = pipeline_template(each.spec, name)
        except ProgramError as error:
            faults[name] = str(error)
    return ProgramLibrary(templates=found, faults=faults)
