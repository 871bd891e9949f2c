"""A candidate as a program: as dspy saves it, and as one Python file that runs.

The Python file holds the program's own source, its instructions and its demos, and needs neither
MIPRO Studio nor anything but dspy and what the program itself imports. No file holds a key; it
names the environment variable.
"""

import json
import pprint
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.export.bundling import PASSAGE, SETUP, Bundle, bundle
from core.export.files import ExportFile, text_file
from core.export.pipeline_bundle import pipeline_bundle
from core.export.program_script import BUILT, CUT_OUT, IMPORTED, ROWS, SCRIPT
from core.export.source import Source
from core.lm.connection import LMConfig
from core.programs.candidate import program_with
from core.programs.importing import is_import_path
from core.programs.registry import PACKAGE
from core.results.run_results import CandidateTexts
from core.runs.config import RunConfig
from core.runs.preparation import Task, labels, passages

PROGRAM_FILE = "optimized_program.json"
SCRIPT_FILE = "run_optimized_program.py"
PASSAGES_FILE = "passages.jsonl"

_WIDTH = 96


def program_json(task: Task, chosen: CandidateTexts) -> str:
    """The task's program with the candidate's instructions and demos, as dspy saves it.

    Raises:
        ProgramError: the candidate belongs to another program.
    """
    program = program_with(task.program, chosen.instructions, chosen.demos)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PROGRAM_FILE
        program.save(str(path))
        return path.read_text(encoding="utf-8")


def dspy_files(source: Source) -> tuple[ExportFile, ...]:
    """The chosen candidate as dspy saves it.

    Raises:
        InputError: data and program do not fit together any more.
        DatasetNotFound: the dataset or the corpus has been removed.
    """
    return (text_file(PROGRAM_FILE, program_json(source.task, source.texts)),)


def python_files(source: Source) -> tuple[ExportFile, ...]:
    """The chosen candidate as a Python file, and the passages it searches, if it does.

    Raises:
        InputError: data and program do not fit together any more.
        DatasetNotFound: the dataset or the corpus has been removed.
    """
    return (
        text_file(SCRIPT_FILE, python_script(source, source.texts)),
        *passage_files(source),
    )


def passage_files(source: Source) -> tuple[ExportFile, ...]:
    """The corpus, a JSON object per line; nothing for a program that retrieves nothing.

    Raises:
        DatasetNotFound: the corpus has been removed.
    """
    if source.config.passages is None:
        return ()
    corpus = passages(source.store.dataset(source.config.passages))
    lines = (
        json.dumps({"title": each.title, "text": each.text}, ensure_ascii=False) for each in corpus
    )
    return (text_file(PASSAGES_FILE, "".join(f"{line}\n" for line in lines)),)


def python_script(source: Source, chosen: CandidateTexts) -> str:
    """Source of a file that runs the candidate; it reads the corpus from the folder it is in."""
    task, config = source.task, source.config
    alone = pipeline_bundle(config.pipeline) if config.pipeline else bundle(config.program)
    example = (task.test or task.val or task.train)[0]
    return SCRIPT.format(
        head=f"{plain_line(config.name)}: {plain_line(config.program)}, {chosen.label}, by MIPRO "
        "Studio.",
        scores=_scores(source, chosen),
        needs=_needs(config.program, alone),
        model_advice=_model_advice(config.task_model),
        imports="\n".join(import_lines(config.program, alone)),
        outputs=repr(_written(source)),
        example=literal(example.inputs),
        model=repr(_model_name(config.task_model)),
        settings=literal(_model_settings(config.task_model)),
        key=_key(config.task_model),
        instructions=literal(dict(chosen.instructions)),
        demos=literal({name: list(own) for name, own in chosen.demos.items()}),
        source=_source(config, alone),
        rows=ROWS if config.passages is not None else "",
        build=_build(config.program, alone),
        setup=_setup(source),
    )


def _written(source: Source) -> tuple[str, ...]:
    """The output fields that the program itself writes; others are there for the metric only."""
    others = {each.name for each in source.task.template.outputs if each.for_metric}
    return tuple(name for name in source.config.mapping.outputs if name not in others)


def _scores(source: Source, chosen: CandidateTexts) -> str:
    """What the run found out about the candidate, in a sentence."""
    tables = source.results.tables
    parts = [
        f"{mean.value:.1%} on {mean.n} {part} examples (95 %: {mean.low:.1%} to {mean.high:.1%})"
        for part, known in (("validation", tables.val), ("held-out", tables.test))
        if (mean := known.get(chosen.candidate)) is not None
    ]
    found = ",\n".join(parts) or "not measured"
    return f"Score ({source.config.metric}): {found}."


def _build(program: str, alone: Bundle | None) -> str:
    if alone is None:
        return f"template({program!r}).build" if is_import_path(program) else "TEMPLATE.build"
    return alone.build if alone.build.isidentifier() else f"({alone.build})"


def import_lines(program: str, alone: Bundle | None) -> list[str]:
    """The file's import statements in their groups, with empty lines between these."""
    lines = {"import json", "import os", "import sys", "import dspy"}
    if alone is not None:
        lines |= {*alone.imports}
    else:
        lines.add(f"from core.programs.template import {PASSAGE}, {SETUP}")
        own = f"from sample_programs.{program} import TEMPLATE"
        by_path = "from core.programs.registry import template"
        lines.add(by_path if is_import_path(program) else own)
    groups: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for line in sorted(lines, key=lambda line: (line.startswith("from"), line)):
        head = line.split()[1].split(".")[0]
        groups[0 if head == "__future__" else 1 if head in sys.stdlib_module_names else 2].append(
            line
        )
    return "\n\n".join("\n".join(own) for own in groups.values() if own).split("\n")


def _source(config: RunConfig, alone: Bundle | None) -> str:
    if alone is None:
        return ""
    head = BUILT if config.pipeline else CUT_OUT.format(program=config.program)
    return f"{head}\n\n\n{alone.code}\n\n\n"


def _needs(program: str, alone: Bundle | None) -> str:
    if alone is None:
        path = program.partition(":")[0] if is_import_path(program) else f"{PACKAGE}.{program}"
        return IMPORTED.format(file=f"{path.replace('.', '/')}.py")
    return f"It needs nothing but: pip install {' '.join(alone.packages)}"


def _setup(source: Source) -> str:
    """The arguments of `ProgramSetup` as source."""
    mapping = source.config.mapping
    known = labels(list(source.task.train))
    lines = [f"inputs={tuple(mapping.inputs)!r},", f"outputs={tuple(mapping.outputs)!r},"]
    if known:
        lines.append(f"labels={literal(known, indent=12)},")
    if source.config.passages is not None:
        lines.append(f"passages=tuple({PASSAGE}(**row) for row in rows({PASSAGES_FILE!r})),")
    return "\n".join(f"            {line}" for line in lines)


def _model_name(model: LMConfig) -> str:
    if model.is_offline:
        return ""
    return f"{model.protocol}/{model.model}" if model.api_base else model.model


def _model_settings(model: LMConfig) -> dict[str, Any]:
    if model.is_offline:
        return {}
    settings = model.model_dump(
        include={"api_base", "api_version", "temperature", "max_tokens", "timeout"},
        exclude_none=True,
    )
    return {**settings, "num_retries": model.retries}


def _key(model: LMConfig) -> str:
    """Source of the key: where it is read from, never the key."""
    if model.api_key_env:
        return f"os.environ.get({model.api_key_env!r})"
    return repr("none") if model.api_base else "None"


def _model_advice(model: LMConfig) -> str:
    if model.is_offline:
        return (
            "The run used MIPRO Studio's built-in text matcher, which is no part of this file.\n"
            "Name a language model in MODEL below or in the environment variable DSPY_MODEL."
        )
    named = "The model is the run's; the environment variable DSPY_MODEL names another."
    return f"Set {model.api_key_env} to your key first. {named}" if model.api_key_env else named


def literal(value: Any, indent: int = 0) -> str:
    """The value as Python source of several lines, exact to the letter."""
    text = pprint.pformat(_plain(value), width=_WIDTH - indent, sort_dicts=False)
    return text.replace("\n", "\n" + " " * indent) if indent and "\n" in text else text


def _plain(value: Any) -> Any:
    """Mappings as dicts, so that they are written as such."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(each) for each in value)
    return value


def plain_line(text: str) -> str:
    """The text on one line, without what could end a docstring."""
    line = " ".join(text.replace("\\", "/").replace('"', "'").split())
    return "".join(ch for ch in line if ch.isprintable())
