"""All that a run can be taken home as: the one list that screen and command line read.

Adding a format means adding a line here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import pandas as pd

from core.export.files import ExportFile, zipped
from core.export.messages import MESSAGES_FILE, message_files
from core.export.mlflow_log import log_to_mlflow
from core.export.program import PROGRAM_FILE, SCRIPT_FILE, dspy_files, python_files
from core.export.promptfoo import ARCHIVE, promptfoo_files
from core.export.source import Source
from core.export.study import STUDY_FILE, study_files
from core.export.table_files import to_csv, to_parquet
from core.export.tables import (
    candidates_table,
    decisions_table,
    examples_table,
    proposals_table,
    ratings_table,
    results_table,
    trials_table,
)
from core.runs.config import RunConfig

Group = Literal["Program", "Data", "Other tools"]
GROUPS: tuple[Group, ...] = ("Program", "Data", "Other tools")


@dataclass(frozen=True, kw_only=True)
class ExportFormat:
    """One kind of file."""

    name: str
    """On the command line."""
    title: str
    words: str
    """What it is for, in a sentence."""
    group: Group
    file: str
    """Name of the file, or of the first when there are several."""
    make: Callable[[Source], tuple[ExportFile, ...]]
    of_candidate: bool
    """False for what is the same whichever candidate is chosen."""
    needs_data: bool
    """Whether the dataset of the run must still be there."""
    with_passages: bool = False
    """Whether the corpus of a program that retrieves comes with it."""

    def download_name(self, config: RunConfig, label: str) -> str:
        """What a browser shall call it; `label` is the candidate's."""
        stem, _, suffix = self.file.rpartition(".")
        if self.with_passages and config.passages is not None:
            return f"{stem}.zip"
        is_table = self.group == "Data" and suffix != "zip"
        return f"{stem}_{label}.{suffix}" if is_table and self.of_candidate else self.file


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Another tool's server that a run can be sent to."""

    name: str
    title: str
    words: str
    address: str
    """An example of an address."""
    send: Callable[[Source, str], str]
    """Sends the run to the address and says in a sentence where it is."""


@dataclass(frozen=True, kw_only=True)
class _Table:
    name: str
    words: str
    frame: Callable[[Source], pd.DataFrame]
    of_candidate: bool = False


_TABLES = (
    _Table(
        name="trials",
        words="One line per trial of the run, test trials included.",
        frame=trials_table,
    ),
    _Table(
        name="candidates",
        words="One line per candidate: its choices, its scores, what the search expects.",
        frame=candidates_table,
    ),
    _Table(
        name="results",
        words="One line per candidate and example: score, failure, seconds; no texts.",
        frame=results_table,
    ),
    _Table(
        name="examples",
        words="One line per example the candidate was run on: inputs, expected, output, score.",
        frame=examples_table,
        of_candidate=True,
    ),
    _Table(
        name="proposals",
        words="One line per instruction and demo set: where it came from, what people said of it.",
        frame=proposals_table,
    ),
    _Table(
        name="decisions",
        words="One line per decision of a person: who, when, what.",
        frame=decisions_table,
    ),
    _Table(
        name="ratings",
        words="One line per rating of an answer: who, thumbs, own score, comment.",
        frame=ratings_table,
    ),
)
_WRITERS: dict[str, tuple[str, Callable[[pd.DataFrame], bytes]]] = {
    "csv": ("CSV", to_csv),
    "parquet": ("Parquet", to_parquet),
}


def _table_files(table: _Table, suffix: str, source: Source) -> tuple[ExportFile, ...]:
    content = _WRITERS[suffix][1](table.frame(source))
    return (ExportFile(name=f"{table.name}.{suffix}", content=content),)


def _all_tables(suffix: str, source: Source) -> tuple[ExportFile, ...]:
    files = [file for table in _TABLES for file in _table_files(table, suffix, source)]
    return (zipped(f"tables_{suffix}.zip", files),)


def _to_mlflow(source: Source, address: str) -> str:
    logged = log_to_mlflow(source, address)
    return f"Run {logged.run_id} of experiment {logged.experiment!r} at {address}."


_CODE = (
    ExportFormat(
        name="dspy",
        title="DSPy program",
        words="Instructions and demos as DSPy saves them; `dspy.Module.load` takes the file.",
        group="Program",
        file=PROGRAM_FILE,
        make=dspy_files,
        of_candidate=True,
        needs_data=True,
    ),
    ExportFormat(
        name="python",
        title="Python",
        words="A file that runs: the program, its instructions and demos. It needs only dspy.",
        group="Program",
        file=SCRIPT_FILE,
        make=python_files,
        of_candidate=True,
        needs_data=True,
        with_passages=True,
    ),
    ExportFormat(
        name="messages",
        title="Messages",
        words="The chat messages of each predictor with placeholders, for use without dspy.",
        group="Program",
        file=MESSAGES_FILE,
        make=message_files,
        of_candidate=True,
        needs_data=True,
    ),
)
_TOOLS = (
    ExportFormat(
        name="promptfoo",
        title="promptfoo",
        words="Repeats the comparison of baseline and candidate on the held-out examples.",
        group="Other tools",
        file=ARCHIVE,
        make=promptfoo_files,
        of_candidate=True,
        needs_data=True,
    ),
    ExportFormat(
        name="optuna",
        title="Optuna study",
        words="A database for Optuna's tools: `optuna-dashboard sqlite:///study.db`.",
        group="Other tools",
        file=STUDY_FILE,
        make=study_files,
        of_candidate=False,
        needs_data=False,
    ),
)
_DATA = tuple(
    ExportFormat(
        name=f"{table.name}-{suffix}",
        title=f"{table.name.capitalize()} ({title})",
        words=table.words,
        group="Data",
        file=f"{table.name}.{suffix}",
        make=partial(_table_files, table, suffix),
        of_candidate=table.of_candidate,
        needs_data=table.of_candidate,
    )
    for table in _TABLES
    for suffix, (title, _) in _WRITERS.items()
)
_ALL = tuple(
    ExportFormat(
        name=f"tables-{suffix}",
        title=f"All tables ({title})",
        words="All of these tables in one zip.",
        group="Data",
        file=f"tables_{suffix}.zip",
        make=partial(_all_tables, suffix),
        of_candidate=True,
        needs_data=True,
    )
    for suffix, (title, _) in _WRITERS.items()
)

FORMATS: dict[str, ExportFormat] = {each.name: each for each in (*_CODE, *_DATA, *_ALL, *_TOOLS)}
"""Name → kind of file, in the order of the screen."""

DESTINATIONS: dict[str, Destination] = {
    "mlflow": Destination(
        name="mlflow",
        title="MLflow",
        words="Logs settings, scores over the trials, prompts, program and examples.",
        address="http://localhost:5000",
        send=_to_mlflow,
    )
}
