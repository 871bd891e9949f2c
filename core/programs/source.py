"""The source of a program as a proposer may read it: its own classes, nothing of dspy.

A program that was made by `exec` or in a notebook has none; its signatures then have to do.
"""

import inspect

import dspy

LONGEST_SOURCE = 8000
"""Characters; the rest is cut, to bound the prompt."""


def source_of(program: dspy.Module) -> str:
    """The program's classes, its own first; empty when there is no source to read."""
    parts: dict[str, None] = {}
    for _, module in program.named_sub_modules():
        kind = type(module)
        if kind.__module__.split(".")[0] == "dspy":
            continue
        try:
            parts[inspect.getsource(kind).strip()] = None
        except (OSError, TypeError):
            continue
    text = "\n\n\n".join(parts)
    return text if len(text) <= LONGEST_SOURCE else f"{text[:LONGEST_SOURCE]}\n…"
