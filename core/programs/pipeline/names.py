"""Which names fields and stages can have, so that dspy and the written source understand them."""

import inspect
import keyword
import unicodedata

import dspy

from core.programs.fields import is_reserved
from core.programs.pipeline import steps
from core.programs.pipeline.spec import REASONING

LONGEST_NAME = 60
"""Characters."""

IN_SOURCE = frozenset(
    {
        "self",
        "dspy",
        "str",
        "each",
        *(name for name, _ in inspect.getmembers(steps, inspect.isfunction)),
    }
)
"""What a written program calls by these names itself."""
_OF_MODULES = frozenset({"callbacks", "history", "forward", "aforward"})
"""What every program of dspy has besides the attributes of `dspy.Module`."""


def field_fault(name: str) -> str | None:
    """Why no field can be called so, and what to do; None if one can."""
    if (fault := _fault(name)) is not None:
        return fault
    taken = name != REASONING and is_reserved(name)
    if taken or name in IN_SOURCE:
        return f"{name!r} is a name that the program uses itself. Call it {name}_text, say."
    return None


def stage_fault(name: str) -> str | None:
    """Why no stage can be called so, and what to do; None if one can."""
    if (fault := _fault(name)) is not None:
        return fault
    if name in _OF_MODULES or hasattr(dspy.Module, name):
        return f"{name!r} is a name that dspy uses itself. Call it {name}_stage, say."
    return None


def _fault(name: str) -> str | None:
    if not name:
        return "it has no name. Give it one."
    if len(name) > LONGEST_NAME:
        return f"its name has {len(name)} characters. Use at most {LONGEST_NAME}."
    is_plain = name.isidentifier() and unicodedata.normalize("NFKC", name) == name
    if not is_plain or name.startswith("_"):
        return f"{name!r} is no name. Use letters, digits and _, with a letter first."
    if keyword.iskeyword(name):
        return f"{name!r} is a word of Python itself. Call it {name}_text, say."
    return None
