"""Taking a run home: a candidate as a dspy program and as Python, trials and examples as CSV.

The program file is dspy's own (`program.save`), so that `dspy.Module.load` takes it. The Python
file is complete: it builds the same program from the same template, loads that file from its own
folder and calls it. No export holds a key; the Python file names the environment variable.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from core.data.bundled import bundled, bundled_dataset
from core.data.dataset import Example
from core.evaluation.evaluator import Trace
from core.programs.candidate import program_with
from core.programs.template import Passage, ProgramSetup
from core.results.comparison import in_one_line
from core.results.run_results import CandidateTexts
from core.runs.config import RunConfig
from core.runs.parts import Result
from core.runs.preparation import Task, labels, passages
from core.runs.store import DatasetStore

PROGRAM_FILE = "optimized_program.json"
SNIPPET_FILE = "run_optimized_program.py"

_RISKY_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that starts with one of these for a formula (OWASP, CSV injection)."""


@dataclass(frozen=True, kw_only=True)
class ExportFile:
    """A file for somebody to keep."""

    name: str
    mime: str
    text: str


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


def python_snippet(task: Task, config: RunConfig, store: DatasetStore) -> str:
    """A Python file that runs `program_json`'s file on one example.

    It needs MIPRO Studio's folder on `PYTHONPATH`.

    Raises:
        DatasetNotFound: the corpus is not in the store.
    """
    setup = ProgramSetup(
        inputs=tuple(config.mapping.inputs),
        outputs=tuple(config.mapping.outputs),
        labels=labels(list(task.train)),
    )
    example = (task.test or task.val or task.train)[0]
    corpus_import, corpus = _corpus(config, store)
    model = config.task_model.model_dump(exclude_defaults=True, exclude={"delay"})
    arguments = ", ".join(f"{name}={value!r}" for name, value in model.items())
    head = f"{_plain_line(config.name)}: {_plain_line(config.program)}, optimized by MIPRO Studio."
    return _SNIPPET.format(
        head=head,
        key=_key_advice(config),
        corpus_import=corpus_import,
        corpus=corpus,
        template=config.program,
        inputs=setup.inputs,
        outputs=setup.outputs,
        labels=setup.labels,
        program_file=PROGRAM_FILE,
        snippet_file=SNIPPET_FILE,
        model=arguments,
        example=example.inputs,
        outputs_shown=setup.outputs,
    )


def trials_csv(trials: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """The trials as CSV; times in UTC, scores as fractions. `labels` as in `RunResults`."""
    frame = trials.copy()
    frame.insert(2, "label", [labels[each] for each in frame["candidate"]])
    for column in ("started", "finished"):
        frame[column] = pd.to_datetime(frame[column], unit="s", utc=True)
    return _csv(frame)


def examples_csv(
    parts: Mapping[str, tuple[Sequence[Example], Mapping[str, Result]]],
    traces: Mapping[str, Trace],
) -> str:
    """One line per example that one candidate was run on, part by part.

    `parts`: `val` or `test` → (its examples, example → result). `traces` (example → trace) give the
    outputs; without one they stay empty.
    """
    lines = [
        _line(example, results[example.id], traces.get(example.id), part)
        for part, (examples, results) in parts.items()
        for example in examples
        if example.id in results
    ]
    return _csv(pd.DataFrame(lines))


def neutralised(cell: Any) -> Any:
    """The cell, with a leading `'` when a spreadsheet would otherwise run it as a formula."""
    if isinstance(cell, str) and cell.startswith(_RISKY_STARTS):
        return f"'{cell}"
    return cell


def _line(example: Example, result: Result, trace: Trace | None, part: str) -> dict[str, Any]:
    return {
        "example": example.id,
        "part": part,
        **{f"input.{name}": value for name, value in example.inputs.items()},
        **{f"expected.{name}": value for name, value in example.outputs.items()},
        "output": in_one_line(trace.outputs) if trace and trace.outputs else None,
        "score": result.score,
        "failure": f"{result.failure.kind}: {result.failure.message}" if result.failure else None,
        "seconds": round(result.seconds, 3),
    }


def _csv(frame: pd.DataFrame) -> str:
    safe = frame.rename(columns=neutralised)
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = safe[column].astype(object).map(neutralised)
    return safe.to_csv(index=False)


def _corpus(config: RunConfig, store: DatasetStore) -> tuple[str, str]:
    """The import line and the `passages=` argument; both empty when nothing is retrieved."""
    if config.passages is None:
        return "", ""
    for name, each in bundled().items():
        if not each.outputs and bundled_dataset(name).id == config.passages:
            imports = (
                "from core.data.bundled import bundled_dataset\n"
                "from core.runs.preparation import passages\n"
            )
            return imports, f"        passages=passages(bundled_dataset({name!r})),\n"
    lines = "".join(map(_passage_line, passages(store.dataset(config.passages))))
    return (
        "from core.programs.template import Passage\n",
        f"        passages=(\n{lines}        ),\n",
    )


def _passage_line(passage: Passage) -> str:
    return f"            Passage(title={passage.title!r}, text={passage.text!r}),\n"


def _key_advice(config: RunConfig) -> str:
    name = config.task_model.api_key_env
    return f" Set {name} to your key first." if name else ""


def _plain_line(text: str) -> str:
    """The text on one line, without what could end a docstring."""
    return " ".join(text.replace("\\", "/").replace('"', "'").split())


_SNIPPET = '''"""{head}

Keep it next to {program_file} and run it from MIPRO Studio's folder (or with that folder on
PYTHONPATH): python path/to/{snippet_file}
{key}
"""

import sys
from pathlib import Path

import dspy

sys.path.append(".")
{corpus_import}from core.lm.connection import LMConfig, connect
from core.programs.registry import template
from core.programs.template import ProgramSetup

program = template({template!r}).build(
    ProgramSetup(
        inputs={inputs!r},
        outputs={outputs!r},
        labels={labels!r},
{corpus}    )
)
program.load(str(Path(__file__).with_name({program_file!r})))

lm = connect(LMConfig({model}), role="task model")
adapter = dspy.ChatAdapter(use_json_adapter_fallback=False)
with dspy.context(lm=lm, adapter=adapter, warn_on_type_mismatch=False):
    prediction = program(**{example!r})

for name in {outputs_shown!r}:
    print(f"{{name}}: {{prediction[name]}}")
'''
