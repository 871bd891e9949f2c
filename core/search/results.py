"""What has been observed, and what is being waited for, as counts and sums.

Deliberately not here: what follows from it (`crossed_effects`).
"""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from core.search.linear import FloatArray, IntArray
from core.search.space import Levels

ANCHOR = 0.45
"""Score that results are counted from; the data move the common mean away from it freely."""


class Results:
    """Counts and sums of the scores of candidates on examples; adding one is O(1), amortised.

    Sums are of scores minus `ANCHOR`. An example may weigh more or less than one result.
    """

    def __init__(self, variables: int, weights: Mapping[str, float]) -> None:
        self.rows: dict[Levels, int] = {}
        self.columns: dict[str, int] = {}
        self.total = 0
        self.squares = 0.0
        """Weighted sum over results of (score - ANCHOR) squared."""
        self.log_weights = 0.0
        """Sum over results of the logarithm of their weight."""
        self.cells: list[dict[int, tuple[float, float]]] = []
        """Per example: the count and the sum of each candidate that was scored on it, by row."""
        self._variables = variables
        self._weights = weights
        self._levels = np.zeros((16, variables), dtype=np.int64)
        self._counts = np.zeros((16, 0))
        self._of_candidates = np.zeros((2, 16))
        """Counts and sums of each."""
        self._of_examples = np.zeros((2, 0))
        self._expected: list[tuple[int, int, float]] = []

    @property
    def levels(self) -> IntArray:
        """The candidates as rows of level indices."""
        return self._levels[: len(self.rows)]

    @property
    def counts(self) -> FloatArray:
        """[K, N]: how often each candidate was scored on each example."""
        return self._counts[: len(self.rows)]

    @property
    def per_candidate(self) -> tuple[FloatArray, FloatArray]:
        """[K] each: how often each candidate was scored, and the sum of its scores."""
        return self._of_candidates[0, : len(self.rows)], self._of_candidates[1, : len(self.rows)]

    @property
    def per_example(self) -> tuple[FloatArray, FloatArray]:
        """[N] each: how often each example was scored, and the sum of the scores on it."""
        return self._of_examples[0], self._of_examples[1]

    def expected(self) -> tuple[IntArray, FloatArray]:
        """Examples that results are expected on, and [K, these]: how many of each candidate."""
        columns = sorted({column for _, column, _ in self._expected})
        place = {column: at for at, column in enumerate(columns)}
        counts = np.zeros((len(self.rows), len(columns)))
        for row, column, weight in self._expected:
            counts[row, place[column]] += weight
        return np.array(columns, dtype=np.int64), counts

    def expected_cells(self) -> dict[int, dict[int, float]]:
        """Per example that results are expected on: how many of each candidate, by row."""
        cells: dict[int, dict[int, float]] = {}
        for row, column, weight in self._expected:
            of_example = cells.setdefault(column, {})
            of_example[row] = of_example.get(row, 0.0) + weight
        return cells

    def known(self, examples: Sequence[str]) -> FloatArray:
        """How often each of `examples` was scored under any candidate, or is in flight."""
        totals = np.append(self._of_examples[0], 0.0)
        for _, column, weight in self._expected:
            totals[column] += weight
        return totals[[self.columns.get(example, -1) for example in examples]]

    def add(self, candidate: Levels, example: str, score: float) -> None:
        """Adds one result."""
        row, column, weight = self._place(candidate, example)
        centred = float(score) - ANCHOR
        counted = weight, weight * centred
        self._counts[row, column] += weight
        count, total = self.cells[column].get(row, (0.0, 0.0))
        self.cells[column][row] = count + weight, total + weight * centred
        for kind, value in enumerate(counted):
            self._of_candidates[kind, row] += value
            self._of_examples[kind, column] += value
        self.squares += weight * centred * centred
        self.log_weights += math.log(weight)
        self.total += 1

    def expect(self, in_flight: Iterable[tuple[Levels, str]]) -> None:
        """Replaces the results in flight."""
        self._expected = [self._place(candidate, example) for candidate, example in in_flight]

    def _place(self, candidate: Levels, example: str) -> tuple[int, int, float]:
        """Row, column and weight; room for them is made where there is none."""
        row = self.rows.get(candidate)
        if row is None:
            check_levels(candidate, self._variables)
            row = self.rows[candidate] = len(self.rows)
            self._make_room()
            self._levels[row] = candidate
        column = self.columns.setdefault(example, len(self.columns))
        if column == len(self.cells):
            self.cells.append({})
        self._make_room()
        return row, column, self._weights.get(example, 1.0)

    def _make_room(self) -> None:
        """Rows are made ahead, columns are not: all rows then stand in one piece."""
        height, width = self._counts.shape
        taller = height if len(self.rows) > height else 0
        wider = len(self.columns) - width
        if taller or wider:
            self._counts = np.pad(self._counts, ((0, taller), (0, wider)))
            self._levels = np.pad(self._levels, ((0, taller), (0, 0)))
            self._of_candidates = np.pad(self._of_candidates, ((0, 0), (0, taller)))
            self._of_examples = np.pad(self._of_examples, ((0, 0), (0, wider)))


def check_levels(candidate: Levels, variables: int) -> None:
    """Raises ValueError unless `candidate` has one level per variable."""
    if len(candidate) != variables:
        raise ValueError(
            f"Candidate {candidate} has {len(candidate)} levels and the space {variables} "
            "variables. Give one level per variable."
        )


def level_array(candidates: Sequence[Levels], variables: int) -> IntArray:
    """The candidates as rows of level indices.

    Raises:
        ValueError: a candidate does not have one level per variable.
    """
    for candidate in candidates:
        check_levels(candidate, variables)
    return np.array(candidates, dtype=np.int64).reshape(len(candidates), variables)
