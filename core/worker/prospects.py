"""What is expected of candidates that may never have been tried: grids, and the next in line.

Deliberately not here: which of them is tried next (`core.search.allocation`).
"""

from collections.abc import Collection, Sequence

import numpy as np

from core.data.seeds import derived_rng
from core.programs.candidate import Part
from core.runs.snapshot import Considered, Grid, LevelEffect, Predicted
from core.search.additive import Layout
from core.search.pool import DRAWS, VISITED, WHOLE, Choices, large_pool
from core.search.space import Levels, SearchSpace
from core.search.surrogate import INTERVAL, Surrogate

CELLS = 400
"""Most cells of one predictor's grid."""

ALL_CELLS = 1_600
"""Most cells of all grids together."""

CONSIDERED, FEWEST, ALL_CHOICES = 10, 3, 120
"""Candidates that are named though nobody tried them; fewer where each is of many choices."""

DIGITS = 3
"""Of expected scores in grids: a tenth of a point."""


def grids(
    surrogate: Surrogate, space: SearchSpace, best: Levels, effects: Sequence[LevelEffect]
) -> tuple[Grid, ...]:
    """One grid for each predictor that has a choice, while there is room for its cells.

    All other predictors keep the choices of `best`. Predictors with the largest effects come
    first; of too many rows or columns those with the largest effects are kept, and `best`'s own.
    """
    size: dict[tuple[str, Part], dict[str, float]] = {}
    for each in effects:
        size.setdefault((each.predictor, each.part), {})[each.id] = abs(each.mean)
    largest = {name: 0.0 for name in space.predictors}
    for (name, _), own in size.items():
        largest[name] = max(largest[name], *own.values())
    found, room = [], ALL_CELLS
    for name in sorted(largest, key=lambda name: -largest[name]):
        place = 2 * space.predictors.index(name)
        if space.sizes[place] * space.sizes[place + 1] == 1 or room <= 0:
            continue
        rows, columns = _kept(
            _ranked(space.instructions[name], size.get((name, "instruction"), {}), best[place]),
            _ranked(space.demo_sets[name], size.get((name, "demo_set"), {}), best[place + 1]),
            min(CELLS, room),
        )
        found.append(_grid(surrogate, space, best, name, rows, columns))
        room -= len(rows) * len(columns)
    return tuple(found)


def considered(
    surrogate: Surrogate, space: SearchSpace, choices: Choices, tried: Collection[Levels]
) -> tuple[Considered, ...]:
    """The candidates, permitted but not tried, whose 90 % intervals reach highest."""
    fresh = [each for each in _pool(surrogate, choices) if each not in tried]
    if not fresh:
        return ()
    predicted = surrogate.predict(fresh)
    reach = predicted.mean + INTERVAL * predicted.sd
    most = min(CONSIDERED, max(FEWEST, ALL_CHOICES // len(space.predictors)))
    return tuple(
        Considered(
            candidate=space.candidate(fresh[place]),
            predicted=Predicted(
                mean=round(float(predicted.mean[place]), DIGITS + 1),
                sd=round(float(predicted.sd[place]), DIGITS + 1),
            ),
        )
        for place in np.argsort(-reach, kind="stable")[:most]
    )


def _pool(surrogate: Surrogate, choices: Choices) -> list[Levels]:
    """The candidates that a search would weigh."""
    if not all(choices.levels(variable) for variable in range(len(choices.sizes))):
        return []
    if choices.count <= WHOLE:
        return choices.every()
    layout, rng = Layout(choices.sizes), derived_rng(0, "prospects", surrogate.results)
    functions = surrogate.tables(layout, draws=DRAWS, rng=rng)
    standings = surrogate.standings()
    best = np.argsort(-standings.mean, kind="stable")
    visited = [tuple(row) for row in standings.levels[best].tolist()]
    return large_pool(choices, layout, functions, choices.kept(visited)[:VISITED], rng)


def _ranked(ids: Sequence[str], effects: dict[str, float], own: int) -> list[int]:
    """Levels, the recommended candidate's own first, then by the size of their effects."""
    by_size = sorted(range(len(ids)), key=lambda level: -effects.get(ids[level], 0.0))
    return [own, *(level for level in by_size if level != own)]


def _kept(rows: list[int], columns: list[int], cells: int) -> tuple[list[int], list[int]]:
    """As many of the first rows and columns as there are cells for, in their own order."""
    height, width = len(rows), len(columns)
    while height * width > cells:
        height, width = (height - 1, width) if height >= width else (height, width - 1)
    return sorted(rows[: max(1, height)]), sorted(columns[: max(1, width)])


def _grid(
    surrogate: Surrogate,
    space: SearchSpace,
    best: Levels,
    name: str,
    rows: Sequence[int],
    columns: Sequence[int],
) -> Grid:
    place = 2 * space.predictors.index(name)
    cells = [(*best[:place], row, column, *best[place + 2 :]) for row in rows for column in columns]
    predicted = surrogate.predict(cells)
    shape = len(rows), len(columns)
    return Grid(
        predictor=name,
        instructions=tuple(space.instructions[name][row] for row in rows),
        demo_sets=tuple(space.demo_sets[name][column] for column in columns),
        mean=tuple(map(tuple, np.round(predicted.mean, DIGITS).reshape(shape).tolist())),
        sd=tuple(map(tuple, np.round(predicted.sd, DIGITS).reshape(shape).tolist())),
        complete=shape == space.sizes[place : place + 2],
    )
