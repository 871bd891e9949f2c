"""Which instructions are nearly the same as an earlier one: the same words in the same order.

It compares wording, not meaning: "Answer yes" and "Answer no" are alike in half their words only,
but one word in a long text makes no difference here, whatever it changes. A script without spaces
between words is compared clause by clause.
"""

import difflib
import re
from array import array
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

NEARLY = 0.85
"""Least likeness of texts that count as nearly the same: about every seventh word may differ.

Of 315 pairs of real proposals for the same predictor, three had all words in common and none was
between that and 0.84; those just below differ in what they ask for.
"""

_WORD = re.compile(r"\w+(?:['’]\w+)*")


class Alike(NamedTuple):
    """An earlier text that is nearly the same."""

    earlier: int
    """Its place among all texts, from 0."""
    likeness: float
    """Share of words in common, in order (difflib's ratio over words); 1 for the same words."""


class Likeness:
    """Takes the instructions of one predictor one by one. Not thread-safe.

    Only texts that share enough words, in whatever order, are compared word by word: their number
    is an upper bound of difflib's ratio. With 5,000 texts of about 100 words each takes some
    milliseconds at most.
    """

    def __init__(self) -> None:
        self._words: list[list[str]] = []
        self._having: dict[tuple[str, int], array[int]] = {}
        """(word, its how-manieth in a text) → places of the texts that have it."""

    def add(self, text: str) -> Alike | None:
        """The first of the texts so far that this one is nearly the same as, if there is one."""
        words = [match.casefold().replace("’", "'") for match in _WORD.findall(text)]
        found = self._first_alike(words)
        place = len(self._words)
        self._words.append(words)
        for token in _numbered(words):
            self._having.setdefault(token, array("q")).append(place)
        return found

    def _first_alike(self, words: list[str]) -> Alike | None:
        matcher = difflib.SequenceMatcher(b=words, autojunk=False)
        for place in self._sharing(words):
            matcher.set_seq1(self._words[place])
            if (likeness := matcher.ratio()) >= NEARLY:
                return Alike(place, likeness)
        return None

    def _sharing(self, words: list[str]) -> list[int]:
        """Texts with enough words in common, the first one first."""
        shared = np.zeros(len(self._words))
        for token in _numbered(words):
            if token in self._having:
                shared[np.frombuffer(self._having[token], dtype=np.int64)] += 1
        lengths = np.fromiter(map(len, self._words), dtype=float, count=len(self._words))
        enough = 2 * shared >= NEARLY * (lengths + len(words))
        return [int(place) for place in np.flatnonzero(enough)]


def nearly_the_same(texts: Iterable[str]) -> list[Alike | None]:
    """For each text, the first of the earlier ones that it is nearly the same as, or None."""
    known = Likeness()
    return [known.add(text) for text in texts]


def _numbered(words: list[str]) -> list[tuple[str, int]]:
    """The words, each with how often it was there before: no two are the same."""
    seen: dict[str, int] = {}
    numbered = []
    for word in words:
        numbered.append((word, seen.get(word, 0)))
        seen[word] = seen.get(word, 0) + 1
    return numbered
