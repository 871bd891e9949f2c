"""Two texts compared word by word. Deliberately not here: how a difference is drawn."""

import re
from difflib import SequenceMatcher

from core.report.data import Piece

MOST_EXACT = 4_000
"""Words up to which frequent ones are not left out of the search for what is shared; the search
takes time that grows with their square."""

_WORDS = re.compile(r"\s*(?:\w+|[^\w\s])|\s+\Z")
_WORD = re.compile(r"\w")
SHORTEST_SHARED = 2
"""Words. A shorter stretch between two changes reads better as a part of them."""


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """What both share, what only `before` has (`gone`) and what only `after` has (`new`).

    The pieces that are not new, joined, are `before`; those that are not gone are `after`.
    """
    found: list[Piece] = []
    gone = new = ""
    for is_shared, old, fresh in _stretches(_WORDS.findall(before), _WORDS.findall(after)):
        if not is_shared:
            gone, new = gone + old, new + fresh
            continue
        found += _changed(gone, new)
        gone = new = ""
        found.append(Piece(kind="same", text=old))
    return (*found, *_changed(gone, new))


def _changed(gone: str, new: str) -> list[Piece]:
    changes = [Piece(kind="gone", text=gone), Piece(kind="new", text=new)]
    return [each for each in changes if each.text]


def _stretches(old: list[str], new: list[str]) -> list[tuple[bool, str, str]]:
    """(whether it is shared, as it is in the old text, as it is in the new one)."""
    crowded = max(len(old), len(new)) > MOST_EXACT
    codes = SequenceMatcher(None, old, new, autojunk=crowded).get_opcodes()
    found = []
    for place, (change, i1, i2, j1, j2) in enumerate(codes):
        is_inside = 0 < place < len(codes) - 1
        words = sum(bool(_WORD.search(word)) for word in old[i1:i2])
        is_shared = change == "equal" and not (is_inside and words < SHORTEST_SHARED)
        found.append((is_shared, "".join(old[i1:i2]), "".join(new[j1:j2])))
    return found
