"""From a dataset and a list of steps to the cleaned dataset."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pydantic import ValidationError

from core.data.cleaning.steps import (
    CapRows,
    CapText,
    Deduplicate,
    DropMissing,
    EditCells,
    FillMissing,
    Filter,
    MapLabels,
    Recipe,
    RemoveRows,
    Rename,
    Step,
    Trim,
    described,
)
from core.data.dataset import SHOWN_COLUMNS, Dataset, Value, row_groups
from core.data.numbers import as_numbers
from core.data.seeds import derived_rng
from core.errors import DatasetError

_NUMERIC_TESTS = ("is at least", "is at most", "is longer than", "is shorter than")


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """A cleaned dataset."""

    dataset: Dataset
    touched: tuple[int, ...]
    """Per step, the rows that it changed or left out; for a renamed column, all rows."""


def clean(dataset: Dataset, steps: Sequence[Step]) -> Cleaned:
    """What the steps make of `dataset`, which stays as it is. Without steps, `dataset` itself.

    Raises:
        DatasetError: a step cannot be done; the message has its number, from 1, and what is wrong.
    """
    frame, touched = dataset.frame, []
    for number, step in enumerate(steps, start=1):
        try:
            frame, count = _DOERS[type(step)](frame, step)
            touched.append(count)
            if frame.empty:
                raise DatasetError("no row would be left.")
        except DatasetError as error:
            raise DatasetError(
                f"{dataset.name}, step {number} ({described(step)}): {error}"
            ) from error
    if not steps:
        return Cleaned(dataset=dataset, touched=())
    recipe = Recipe(source=dataset.id, steps=tuple(steps))
    before = recipe_of(dataset)
    if before is not None:
        recipe = Recipe(source=before.source, steps=before.steps + recipe.steps)
    plural = "s" * (len(recipe.steps) != 1)
    made = Dataset(
        name=dataset.name,
        origin=f"{dataset.origin.partition('; cleaned in')[0]}; cleaned in {len(recipe.steps)} "
        f"step{plural}",
        frame=frame,
        recipe=recipe.model_dump_json(),
    )
    return Cleaned(dataset=made, touched=tuple(touched))


def recipe_of(dataset: Dataset) -> Recipe | None:
    """How the dataset was made; None when it is as it was loaded.

    Raises:
        DatasetError: what is stored of it cannot be read.
    """
    if dataset.recipe is None:
        return None
    try:
        return Recipe.model_validate_json(dataset.recipe)
    except ValidationError as error:
        raise DatasetError(
            f"{dataset.name}: its cleaning steps are of another version, or damaged; the rows "
            "themselves are unharmed."
        ) from error


def similar_spellings(values: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    """Spelling → the most common one that differs only in case, blanks and punctuation.

    A suggestion for `MapLabels`, most common target first; empty when no two texts are alike.
    """
    counts = Counter(value for value in values if isinstance(value, str))
    alike: dict[str, list[str]] = {}
    for text, _ in counts.most_common():
        alike.setdefault(_bare(text), []).append(text)
    return tuple(
        (other, first) for bare, (first, *others) in alike.items() if bare for other in others
    )


def _bare(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


# Each step's doing: a table → the table afterwards, and the rows touched.


def _drop_missing(frame: pd.DataFrame, step: DropMissing) -> tuple[pd.DataFrame, int]:
    keep = frame[_columns(frame, step.columns)].notna().all(axis=1)
    return _kept(frame, keep)


def _fill_missing(frame: pd.DataFrame, step: FillMissing) -> tuple[pd.DataFrame, int]:
    return _mapped(frame, [step.column], lambda value: step.value if value is None else value)


def _trim(frame: pd.DataFrame, step: Trim) -> tuple[pd.DataFrame, int]:
    return _mapped(
        frame,
        step.columns,
        lambda value: (value.strip() or None) if isinstance(value, str) else value,
    )


def _deduplicate(frame: pd.DataFrame, step: Deduplicate) -> tuple[pd.DataFrame, int]:
    columns = _columns(frame, step.columns)
    groups = row_groups(Dataset(name="", origin="", frame=frame), columns)
    return _kept(frame, ~pd.Series(groups).duplicated())


def _rename(frame: pd.DataFrame, step: Rename) -> tuple[pd.DataFrame, int]:
    (column,) = _columns(frame, [step.column])
    to = step.to.strip()
    if not to:
        raise DatasetError("a column cannot be without a name.")
    if to in frame.columns and to != column:
        raise DatasetError(f"there is a column {to!r} already; choose another name.")
    return frame.rename(columns={column: to}), len(frame)


def _filter(frame: pd.DataFrame, step: Filter) -> tuple[pd.DataFrame, int]:
    (column,) = _columns(frame, [step.column])
    passes = _passing(step)
    return _kept(frame, pd.Series([v is not None and passes(v) for v in frame[column]]))


def _cap_rows(frame: pd.DataFrame, step: CapRows) -> tuple[pd.DataFrame, int]:
    chosen = derived_rng(step.seed, "cap rows").permutation(len(frame))[: step.rows]
    keep = pd.Series(False, index=range(len(frame)))
    keep.iloc[chosen] = True
    return _kept(frame, keep)


def _cap_text(frame: pd.DataFrame, step: CapText) -> tuple[pd.DataFrame, int]:
    return _mapped(
        frame,
        [step.column],
        lambda value: value[: step.characters] if isinstance(value, str) else value,
    )


def _map_labels(frame: pd.DataFrame, step: MapLabels) -> tuple[pd.DataFrame, int]:
    new = dict(step.spellings)
    return _mapped(
        frame, [step.column], lambda value: new.get(value, value) if type(value) is str else value
    )


def _edit_cells(frame: pd.DataFrame, step: EditCells) -> tuple[pd.DataFrame, int]:
    _columns(frame, [edit.column for edit in step.edits])
    _check_rows(frame, [edit.row for edit in step.edits])
    columns = {name: frame[name].tolist() for name in frame.columns}
    for edit in step.edits:
        columns[edit.column][edit.row] = edit.value
    return _framed(columns), len({edit.row for edit in step.edits})


def _remove_rows(frame: pd.DataFrame, step: RemoveRows) -> tuple[pd.DataFrame, int]:
    _check_rows(frame, step.rows)
    return _kept(frame, pd.Series(~frame.index.isin(step.rows)))


_DOERS: dict[type, Callable[[pd.DataFrame, Any], tuple[pd.DataFrame, int]]] = {
    DropMissing: _drop_missing,
    FillMissing: _fill_missing,
    Trim: _trim,
    Deduplicate: _deduplicate,
    Rename: _rename,
    Filter: _filter,
    CapRows: _cap_rows,
    CapText: _cap_text,
    MapLabels: _map_labels,
    EditCells: _edit_cells,
    RemoveRows: _remove_rows,
}


def _passing(step: Filter) -> Callable[[Value], bool]:
    """The test as a function of a value that is there."""
    wanted = step.value
    if step.test in _NUMERIC_TESTS:
        return _numeric_test(step)
    tests: dict[str, Callable[[Value], bool]] = {
        "is": lambda value: str(value) == wanted,
        "is not": lambda value: str(value) != wanted,
        "contains": lambda value: wanted.casefold() in str(value).casefold(),
        "does not contain": lambda value: wanted.casefold() not in str(value).casefold(),
    }
    return tests[step.test]


def _numeric_test(step: Filter) -> Callable[[Value], bool]:
    numbers = as_numbers([step.value])
    if numbers is None:
        raise DatasetError(f"{step.value!r} is no number to compare with.")
    (bound,) = numbers
    if step.test == "is longer than":
        return lambda value: len(str(value)) > bound
    if step.test == "is shorter than":
        return lambda value: len(str(value)) < bound
    at_least = step.test == "is at least"

    def passes(value: Value) -> bool:
        given = as_numbers([value])
        return given is not None and (given[0] >= bound if at_least else given[0] <= bound)

    return passes


def _columns(frame: pd.DataFrame, wanted: Sequence[str]) -> list[str]:
    """`wanted`, or every column when it is empty."""
    for name in wanted:
        if name not in frame.columns:
            listed = ", ".join(map(repr, frame.columns[:SHOWN_COLUMNS]))
            raise DatasetError(f"there is no column {name!r}; the columns are {listed}.")
    return list(wanted) or list(frame.columns)


def _check_rows(frame: pd.DataFrame, rows: Sequence[int]) -> None:
    for row in rows:
        if not 0 <= row < len(frame):
            raise DatasetError(f"there is no row {row + 1}; it has {len(frame):,} rows.")


def _kept(frame: pd.DataFrame, keep: "pd.Series[bool]") -> tuple[pd.DataFrame, int]:
    kept = frame[keep.to_numpy()].reset_index(drop=True)
    return kept, len(frame) - len(kept)


def _mapped(
    frame: pd.DataFrame, wanted: Sequence[str], new: Callable[[Any], Any]
) -> tuple[pd.DataFrame, int]:
    """Every cell of these columns replaced by what `new` says."""
    changed: set[int] = set()
    columns = {name: frame[name].tolist() for name in frame.columns}
    for name in _columns(frame, wanted):
        before = columns[name]
        columns[name] = [new(value) for value in before]
        pairs = enumerate(zip(before, columns[name], strict=True))
        changed.update(row for row, (old, now) in pairs if old is not now and old != now)
    return _framed(columns), len(changed)


def _framed(columns: dict[str, list[Any]]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(vals, dtype=object) for name, vals in columns.items()})
