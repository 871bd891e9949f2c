"""A file too big to be read whole: all of it profiled, some of its rows drawn, in one pass.

Rows are drawn by a seeded reservoir, so each has the same chance and the same file and seed give
the same sample, in the file's order. Memory is bounded by the sample and by what
`core.data.tally` keeps, not by the file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from core.data.dataset import Dataset, plain_column
from core.data.profile import ColumnProfile, Profile, column_profile
from core.data.readers.read_as import ReadAs
from core.data.readers.reading import Reading, frame_of, opened
from core.data.readers.source import MAX_ROWS, MAX_SAMPLED_BYTES, Limits, Opened, Source
from core.data.seeds import derived_rng
from core.data.tally import Distinct, Tally, row_hashes
from core.errors import DatasetError

SAMPLE_ROWS = 10_000
"""Rows drawn unless told otherwise."""

ENDLESS = 1_000_000_000
_BATCH = 20_000
_ANYTHING = ReadAs()


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """A sample of a file, and what its rows all together look like."""

    reading: Reading
    """Its dataset is the sample."""
    profile: Profile
    """Of every row of the file."""

    @property
    def is_whole(self) -> bool:
        """Whether the file had no more rows than were asked for."""
        return self.profile.rows == len(self.reading.dataset.frame)


def sampled(
    source: Source,
    *,
    rows: int = SAMPLE_ROWS,
    seed: int = 0,
    read_as: ReadAs = _ANYTHING,
    progress: Callable[[int], None] = lambda rows: None,
    max_bytes: int = MAX_SAMPLED_BYTES,
) -> Sampled:
    """`rows` rows of the file, or all if there are fewer, and the profile of the whole.

    `progress` is told how many rows have been read, now and then. JSON documents and workbooks
    cannot be read in passing; they are sampled only within the limits of whole files.

    Raises:
        DatasetError: as `read`, at the file's first fault; or it is over `max_bytes`, which is said
            before anything is read.
    """
    if not 1 <= rows <= MAX_ROWS:
        raise DatasetError(f"{source.name}: a sample has 1 to {MAX_ROWS:,} rows, not {rows:,}.")
    found = opened(source, read_as, Limits(max_bytes=max_bytes, max_rows=ENDLESS))
    survey = _Survey(source.name, found)
    reservoir = _Reservoir(rows, seed)
    while batch := list(islice(found.rows, _BATCH)):
        reservoir.add(batch)
        survey.add(batch)
        progress(survey.rows)
    drawn = reservoir.drawn
    told = f"Uploaded as {source.name}{found.read_as.described()}"
    if survey.rows > len(drawn):
        told = f"{len(drawn):,} of {survey.rows:,} rows of {source.name}, drawn with seed {seed}"
    dataset = Dataset(name=source.name, origin=told, frame=frame_of(source.name, found, drawn))
    return Sampled(
        reading=Reading(dataset=dataset, read_as=found.read_as, guesses=found.guesses),
        profile=survey.profile(),
    )


class _Reservoir:
    """Algorithm R (Vitter 1985) over batches: each row seen so far has the same chance."""

    def __init__(self, size: int, seed: int) -> None:
        self._size, self._seen = size, 0
        self._rng = derived_rng(seed, "sample")
        self._kept: list[tuple[int, tuple[Any, ...]]] = []

    def add(self, batch: list[tuple[Any, ...]]) -> None:
        free = self._size - len(self._kept)
        self._kept.extend(enumerate(batch[:free], start=self._seen))
        later = np.arange(self._seen + min(free, len(batch)), self._seen + len(batch))
        self._seen += len(batch)
        places = self._rng.integers(0, later + 1)
        for which in np.flatnonzero(places < self._size).tolist():
            row = int(later[which])
            self._kept[int(places[which])] = (row, batch[len(batch) - len(later) + which])

    @property
    def drawn(self) -> list[tuple[Any, ...]]:
        """In the order of the file."""
        return [row for _, row in sorted(self._kept, key=lambda each: each[0])]


class _Survey:
    """Tallies of all columns, of which there may come more."""

    def __init__(self, source: str, found: Opened) -> None:
        self.rows = 0
        self._source = source
        self._found = found
        self._tallies: dict[str, Tally] = {}
        self._whole_rows = Distinct()

    def add(self, batch: list[tuple[Any, ...]]) -> None:
        blank, columns = self._found.blank, []
        for name, given in zip(
            self._found.names, zip(*self._padded(batch), strict=True), strict=True
        ):
            present = [None if blank(value) else value for value in given]
            values = plain_column(present, name, self._source, first_row=self.rows + 1)
            if name not in self._tallies:
                self._tallies[name] = Tally()
                self._tallies[name].missing = self.rows
            columns.append(self._tallies[name].add(values))
        self.rows += len(batch)
        self._whole_rows.add(row_hashes(columns))

    def _padded(self, batch: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        width = len(self._found.names)
        if len(batch[0]) == width:
            return batch
        return [row + (None,) * (width - len(row)) for row in batch]

    def profile(self) -> Profile:
        columns: tuple[ColumnProfile, ...] = tuple(
            column_profile(name, tally) for name, tally in self._tallies.items()
        )
        return Profile(
            rows=self.rows,
            columns=columns,
            duplicate_rows=self.rows - min(self.rows, self._whole_rows.count),
        )
