"""Names for the fields of programs that take whatever columns are chosen."""

import re
from collections.abc import Iterable

import dspy


def field_names(columns: Iterable[str]) -> dict[str, str]:
    """Program field → column, for programs that take columns as they are.

    A field name is the column's with everything but letters, digits and `_` replaced, made unique,
    and changed where dspy uses the name itself.
    """
    names: dict[str, str] = {}
    for column in columns:
        name = re.sub(r"\W+", "_", column).strip("_") or "field"
        name = f"field_{name}" if name[0].isdigit() else name
        name = f"{name}_column" if is_reserved(name) else name
        unique, number = name, 2
        while unique in names:
            unique, number = f"{name}_{number}", number + 1
        names[unique] = column
    return names


_TAKEN = frozenset(
    {"reasoning", "self", "instance", "signature", "new_signature", "demos", "config", "lm"}
    | {"base", "augmented"}
)
"""Chain of thought adds a field called reasoning; the others are arguments of dspy's own."""


def is_reserved(name: str) -> bool:
    """True for a name that dspy uses itself, so that no field can have it."""
    return name in _TAKEN or hasattr(dspy.Signature, name) or hasattr(dspy.Prediction, name)
