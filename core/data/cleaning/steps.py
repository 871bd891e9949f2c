"""The steps of cleaning, as they are chosen, stored and told. What they do is in `applying`."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from core.errors import DatasetError

Scalar = str | int | float | bool | None

Test = Literal[
    "is",
    "is not",
    "contains",
    "does not contain",
    "is at least",
    "is at most",
    "is longer than",
    "is shorter than",
]
"""What a filter asks of a value. Numbers are compared as numbers, lengths are in characters."""


class _Step(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DropMissing(_Step):
    """Leave out rows that miss a value in one of these columns; in any when none is named."""

    kind: Literal["drop_missing"] = "drop_missing"
    columns: tuple[str, ...] = ()


class FillMissing(_Step):
    """Put one value where a column misses it."""

    kind: Literal["fill_missing"] = "fill_missing"
    column: str
    value: str | int | float | bool


class Trim(_Step):
    """Take the blanks around texts away; a text of nothing but blanks becomes missing."""

    kind: Literal["trim"] = "trim"
    columns: tuple[str, ...] = ()
    """All columns when none is named."""


class Deduplicate(_Step):
    """Of rows equal in these columns, keep the first; in all columns when none is named."""

    kind: Literal["deduplicate"] = "deduplicate"
    columns: tuple[str, ...] = ()


class Rename(_Step):
    """Give a column another name."""

    kind: Literal["rename"] = "rename"
    column: str
    to: str


class Filter(_Step):
    """Keep the rows whose value passes the test. A missing value passes none."""

    kind: Literal["filter"] = "filter"
    column: str
    test: Test
    value: str


class CapRows(_Step):
    """Keep at most so many rows, drawn at random, in their order."""

    kind: Literal["cap_rows"] = "cap_rows"
    rows: int = Field(ge=1)
    seed: int = Field(default=0, ge=0)


class CapText(_Step):
    """Cut the texts of a column to so many characters."""

    kind: Literal["cap_text"] = "cap_text"
    column: str
    characters: int = Field(ge=1)


class MapLabels(_Step):
    """Write the texts of a column another way: each pair is a spelling and what it becomes."""

    kind: Literal["map_labels"] = "map_labels"
    column: str
    spellings: tuple[tuple[str, str], ...]


class Edit(_Step):
    """One cell's new value."""

    row: int = Field(ge=0)
    """From 0, in the table as the step finds it."""
    column: str
    value: Scalar


class EditCells(_Step):
    """Put other values into single cells."""

    kind: Literal["edit_cells"] = "edit_cells"
    edits: tuple[Edit, ...]


class RemoveRows(_Step):
    """Leave single rows out, numbered from 0 in the table as the step finds it."""

    kind: Literal["remove_rows"] = "remove_rows"
    rows: tuple[int, ...]


Step = Annotated[
    DropMissing
    | FillMissing
    | Trim
    | Deduplicate
    | Rename
    | Filter
    | CapRows
    | CapText
    | MapLabels
    | EditCells
    | RemoveRows,
    Field(discriminator="kind"),
]


class Recipe(_Step):
    """How a dataset was made: from which, by which steps in which order."""

    source: str
    """Id of the dataset as it was before the first step."""
    steps: tuple[Step, ...]


_STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])


def steps_to_json(steps: Sequence[Step]) -> str:
    """The steps as one JSON list, from which `steps_from_json` restores them."""
    return _STEPS.dump_json(tuple(steps)).decode()


def steps_from_json(text: str, *, where: str) -> tuple[Step, ...]:
    """The steps in a JSON list, or under `steps` in an object, as a recipe has them.

    Raises:
        DatasetError: it is neither, or a step is unknown or incomplete; names `where` and the step.
    """
    try:
        found = from_json(text)
        listed = found["steps"] if isinstance(found, dict) and "steps" in found else found
        return _STEPS.validate_python(listed)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = [f"step {each + 1}" if isinstance(each, int) else str(each) for each in
                 (first["loc"][:1] + first["loc"][2:])]  # fmt: skip
        raise DatasetError(
            f"{where}: {', '.join(place) or 'the file'}: {first['msg']}. Cleaning steps are a JSON "
            'list such as [{"kind": "trim"}].'
        ) from error
    except ValueError as error:
        raise DatasetError(f"{where}: this is not JSON ({error}).") from error


def described(step: Step) -> str:
    """The step as a person reads it, names as they were given."""
    return _WORDS[type(step)](step)


_WORDS: dict[type, Callable[[Any], str]] = {
    DropMissing: lambda s: f"drop rows without {_listed(s.columns, 'some value')}",
    FillMissing: lambda s: f"fill {s.column!r} with {s.value!r}",
    Trim: lambda s: f"trim {_listed(s.columns, 'all columns')}",
    Deduplicate: lambda s: f"drop repeats of {_listed(s.columns, 'whole rows')}",
    Rename: lambda s: f"rename {s.column!r} to {s.to!r}",
    Filter: lambda s: f"keep rows where {s.column!r} {s.test} {s.value!r}",
    CapRows: lambda s: f"keep {s.rows:,} rows at most, seed {s.seed}",
    CapText: lambda s: f"cut {s.column!r} to {s.characters:,} characters",
    MapLabels: lambda s: f"write {len(s.spellings)} values of {s.column!r} another way",
    EditCells: lambda s: f"edit {len(s.edits)} cell{'s' * (len(s.edits) != 1)}",
    RemoveRows: lambda s: f"remove {len(s.rows)} row{'s' * (len(s.rows) != 1)}",
}


def _listed(columns: Sequence[str], otherwise: str) -> str:
    return ", ".join(map(repr, columns)) or otherwise
