"""Cleaning as data: a list of steps that turns one dataset into another, again and again.

A step changes nothing in place and knows how many rows it touched; the last is undone by leaving it
out. The cleaned dataset is a dataset like any other, identified by its own content, and remembers
which one it was made from and how (`Recipe`). Steps that have to guess (which spellings mean the
same) only suggest; a person decides.
"""

from core.data.cleaning.applying import Cleaned, clean, recipe_of, similar_spellings
from core.data.cleaning.steps import (
    CapRows,
    CapText,
    Deduplicate,
    DropMissing,
    Edit,
    EditCells,
    FillMissing,
    Filter,
    MapLabels,
    Recipe,
    RemoveRows,
    Rename,
    Step,
    Test,
    Trim,
    described,
    steps_from_json,
    steps_to_json,
)

__all__ = [
    "CapRows",
    "CapText",
    "Cleaned",
    "Deduplicate",
    "DropMissing",
    "Edit",
    "EditCells",
    "FillMissing",
    "Filter",
    "MapLabels",
    "Recipe",
    "RemoveRows",
    "Rename",
    "Step",
    "Test",
    "Trim",
    "clean",
    "described",
    "recipe_of",
    "similar_spellings",
    "steps_from_json",
    "steps_to_json",
]
