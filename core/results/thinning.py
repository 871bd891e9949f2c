"""Fewer marks than there are, chosen fairly and so that they stay while more come in."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def thinned(items: Sequence[T], most: int) -> Sequence[T]:
    """At most `most` of the items, evenly spread, the newest among them.

    Every second, fourth, eighth, … counted from the first, so that what is shown of a growing
    list stays, until half of it makes room.
    """
    if len(items) <= most:
        return items
    if most <= 1:
        return items[-1:] if most == 1 else items[:0]
    step = 2
    while -(-len(items) // step) > most - 1:
        step *= 2
    kept = items[::step]
    return kept if (len(items) - 1) % step == 0 else [*kept, items[-1]]
