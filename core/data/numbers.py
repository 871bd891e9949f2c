"""Numbers where a number is meant: for statistics and charts, never for what a program is shown.

A file's text stays as it was written (3.10 is not 3.1); this reads it.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

# Longer runs of digits are identifiers: as numbers they would lose digits.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def as_numbers(values: Sequence[Any]) -> list[int | float] | None:
    """The values as numbers, if all of them are, or if all are texts that are written as such.

    Written as a number means plainly: no leading zeros as in `007`, no plus sign, no more digits
    than a number can hold; blanks around it do not matter. None when a value is anything else
    (true and false are no numbers), and when there is no value.
    """
    kinds = set(map(type, values))
    if kinds and kinds <= {int, float}:
        return list(values)
    if kinds != {str}:
        return None
    bare = [value.strip() for value in values]
    if all(map(_INTEGER.fullmatch, bare)):
        return list(map(int, bare))
    if all(_NUMBER.fullmatch(text) and math.isfinite(float(text)) for text in bare):
        return list(map(float, bare))
    return None
