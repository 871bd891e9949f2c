"""Examples of one part of a split that stand, nearly word for word, in another part.

A program that has seen a question while it was optimized answers it too well later. Equal up to
case, blanks and punctuation is found for certain, over all rows. Nearly equal is looked for by
cosine similarity of weighted letter groups (scikit-learn), over at most a few thousand rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

from core.data.dataset import Dataset, json_text
from core.data.seeds import derived_rng
from core.data.split import Split

SIMILAR = 0.85
"""Cosine from which on two texts count as nearly the same."""

MOST_COMPARED = 2_000
"""Rows of each part that are compared for near equality, drawn at random if there are more."""

_AT_ONCE = 200

SHORTEST = 20
"""Characters of all inputs together; shorter ones are alike by chance."""


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A row, and the row of an earlier part that it repeats."""

    row: int
    part: str
    """`val` or `test`."""
    like: int
    like_part: str
    """`train` or `val`."""
    similarity: float
    """1 for texts that differ in case, blanks and punctuation only."""


@dataclass(frozen=True, kw_only=True)
class LeakReport:
    """All leaks that were found, the most similar first, and how far was looked."""

    leaks: tuple[Leak, ...]
    compared: int
    """Rows that were compared for near equality."""
    rows: int
    """Rows of all parts."""


def leaks(dataset: Dataset, inputs: Sequence[str], parts: Split) -> LeakReport:
    """What val repeats of train, and test of train and val, in the input columns."""
    texts = _texts(dataset, inputs)
    named = {"train": parts.train, "val": parts.val, "test": parts.test}
    part_of = {row: name for name, rows in named.items() for row in rows}
    found = _equal(texts, part_of)
    sample = sorted(row for rows in named.values() for row in _drawn(rows))
    compared = [row for row in sample if len(texts[row]) >= SHORTEST]
    for leak in _similar([texts[row] for row in compared], compared, part_of):
        found.setdefault(leak.row, leak)
    ordered = sorted(found.values(), key=lambda leak: (-leak.similarity, leak.row))
    return LeakReport(leaks=tuple(ordered), compared=len(compared), rows=len(part_of))


_ORDER = ("train", "val", "test")


def _texts(dataset: Dataset, inputs: Sequence[str]) -> list[str]:
    columns = [dataset.frame[name].tolist() for name in inputs]
    rows = zip(*columns, strict=True)
    return [_bare(" ".join(v if isinstance(v, str) else json_text(v) for v in row)) for row in rows]


def _bare(text: str) -> str:
    """In lower case, with one blank for whatever is neither letter nor digit."""
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _equal(texts: Sequence[str], part_of: dict[int, str]) -> dict[int, Leak]:
    first: dict[str, int] = {}
    found = {}
    for row in sorted(part_of, key=lambda row: (_ORDER.index(part_of[row]), row)):
        like = first.setdefault(texts[row], row)
        if part_of[like] != part_of[row] and texts[row]:
            found[row] = _leak(row, like, part_of, 1.0)
    return found


def _similar(texts: Sequence[str], rows: Sequence[int], part_of: dict[int, str]) -> list[Leak]:
    """For each row the most similar one of an earlier part, if it is similar enough."""
    parts: NDArray[np.int64] = np.array([_ORDER.index(part_of[row]) for row in rows], dtype=int)
    if len(set(parts.tolist())) < 2:
        return []
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True)
    matrix = vectors.fit_transform(texts)
    found = []
    for later in sorted(set(parts.tolist()) - {parts.min()}):
        earlier, asked = np.flatnonzero(parts < later), np.flatnonzero(parts == later)
        near = NearestNeighbors(n_neighbors=1, metric="cosine", algorithm="brute")
        near.fit(matrix[earlier])
        for some in np.array_split(asked, -(-len(asked) // _AT_ONCE)):  # memory stays small
            distances, places = near.kneighbors(matrix[some])
            for place in np.flatnonzero(1 - distances[:, 0] >= SIMILAR).tolist():
                row, like = rows[some[place]], rows[earlier[places[place, 0]]]
                found.append(_leak(row, like, part_of, float(min(1 - distances[place, 0], 0.999))))
    return found


def _leak(row: int, like: int, part_of: dict[int, str], similarity: float) -> Leak:
    return Leak(
        row=row, part=part_of[row], like=like, like_part=part_of[like], similarity=similarity
    )


def _drawn(rows: Sequence[int]) -> Sequence[int]:
    if len(rows) <= MOST_COMPARED:
        return rows
    chosen: list[int] = derived_rng(0, "leaks").choice(rows, MOST_COMPARED, replace=False).tolist()
    return chosen
