"""The source of a program as a proposer may read it: its own classes, nothing of dspy.

A program that was made by `exec` or in a notebook has none; its signatures then have to do. One
that was built of stages is written down as the Python that it would be.
"""

import inspect

import dspy

from core.programs.pipeline.module import PipelineProgram, spec_of
from core.programs.pipeline.source import source_text

LONGEST_SOURCE = 8000
"""Characters; the rest is cut, to bound the prompt."""


def source_of(program: dspy.Module) -> str:
    """The program's classes, its own first; empty when there is no source to read."""
    parts: dict[str, None] = {}
    for _, module in program.named_sub_modules():
        kind = type(module)
        if kind.__module__.split(".")[0] == "dspy":
            continue
        if isinstance(module, PipelineProgram):
            parts[source_text(spec_of(module))] = None
            continue
        try:
            parts[inspect.getsource(kind).strip()] = None
        except (OSError, TypeError):
            continue
    text = "\n\n\n".join(parts)
    return text if len(text) <= LONGEST_SOURCE else f"{text[:LONGEST_SOURCE]}\n…"
