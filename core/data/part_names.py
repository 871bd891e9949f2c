"""Names that people give the parts of a split, and several files put together as one dataset."""

from typing import Any

import pandas as pd

from core.data.dataset import Dataset
from core.errors import DatasetError

PART_COLUMN = "split"
"""Name of the column that `combined` adds."""

_NAMES = (
    ("train", "training", "trainset", "train set", "trn"),
    ("val", "valid", "validation", "valset", "val set", "dev", "development", "devset"),
    ("test", "testing", "testset", "test set", "tst", "eval", "evaluation", "holdout"),
)
_BY_NAME = {name: part for part, names in enumerate(_NAMES) for name in names}


def part_of(value: Any) -> int | None:
    """0 for a name of the trainset, 1 of the valset, 2 of the testset; None for anything else."""
    return _BY_NAME.get(value.strip().casefold()) if isinstance(value, str) else None


def combined(train: Dataset, *, val: Dataset | None = None, test: Dataset | None = None) -> Dataset:
    """The files given for each part as one dataset, with a column that says each row's part.

    The column is called `split`, or `split 2` and so on where a file has one already. It is to be
    the `part_column` of the split.

    Raises:
        DatasetError: the files do not have the same columns; the message names one that differs.
    """
    given = [(name, each) for name, each in (("train", train), ("validation", val), ("test", test))]
    files = [(name, each) for name, each in given if each is not None]
    columns = list(train.frame.columns)
    for _, each in files:
        odd = [name for name in each.frame.columns if name not in columns]
        lacking = [name for name in columns if name not in each.frame.columns]
        if odd or lacking:
            has = f"has {odd[0]!r}" if odd else f"lacks {lacking[0]!r}"
            other = f"{train.name!r} does not" if odd else f"{train.name!r} has it"
            raise DatasetError(
                f"{each.name}: it {has}, and {other}. Files for the parts of one split need the "
                "same columns."
            )
    names = [PART_COLUMN, *(f"{PART_COLUMN} {number}" for number in range(2, 1_002))]
    free = next(name for name in names if name not in columns)
    frames = [each.frame[columns].assign(**{free: name}) for name, each in files]
    told = ", ".join(f"{name}: {each.name}" for name, each in files)
    return Dataset(
        name=train.name,
        origin=f"Put together of {len(files)} files ({told})",
        frame=pd.concat(frames, ignore_index=True).astype(object),
    )
