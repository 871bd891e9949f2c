"""A dataset of the Hugging Face hub by name, configuration and split, read as a stream.

Needs the library `datasets`, an extra that is imported only here and only when it is asked for. No
code out of a dataset is run (the library does not offer it any more), and a name never reaches the
server's own folders: that is what `read_folder` is for, which no page calls.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from core.data.dataset import Dataset
from core.data.readers.source import MAX_COLUMNS, MAX_ROWS
from core.errors import DatasetError

EXTRA = "datasets>=5.2,<6"
"""What `pip install` gives the library with; the extra `huggingface` of pyproject.toml too."""

_NAME = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*")


def read_hub(
    name: str, *, config: str | None = None, split: str = "train", rows: int = MAX_ROWS
) -> Dataset:
    """The first `rows` rows of one split of a dataset on the hub.

    Raises:
        DatasetError: the library is not installed, the name is none, the hub does not have it or
            cannot be reached, configuration or split do not exist, or a row has no plain form.
    """
    if not _NAME.fullmatch(name):
        raise DatasetError(
            f"{name!r} is no name of a dataset on the hub. Write OWNER/NAME as in its address."
        )
    if Path(name).exists():
        raise DatasetError(
            f"{name!r} is also a folder of this server, which would be read instead of the hub. "
            "Start the app from another folder."
        )
    return _read(name, name, config, split, rows)


def read_folder(folder: Path, *, split: str = "train", rows: int = MAX_ROWS) -> Dataset:
    """As `read_hub`, out of a local folder with the files of a dataset.

    Raises:
        DatasetError: as `read_hub`.
    """
    return _read(folder.name, str(folder), None, split, rows)


def _read(shown: str, path: str, config: str | None, split: str, rows: int) -> Dataset:
    if not 1 <= rows <= MAX_ROWS:
        raise DatasetError(f"{shown}: 1 to {MAX_ROWS:,} rows can be read, not {rows:,}.")
    parts = ", ".join(part for part in (config, split) if part)
    where = f"{shown} ({parts})"
    taken = list(islice(_rows(where, path, config, split), rows + 1))
    if not taken:
        raise DatasetError(f"{where}: the split has no rows.")
    names = list(dict.fromkeys(name for row in taken for name in row))
    if len(names) > MAX_COLUMNS:
        raise DatasetError(f"{where}: {len(names):,} columns; the limit is {MAX_COLUMNS:,}.")
    kept = taken[:rows]
    columns = {n: pd.Series([row.get(n) for row in kept], dtype=object) for n in names}
    first = f"The first {rows:,} rows of " if len(taken) > rows else ""
    return Dataset(
        name=shown,
        origin=f"{first}{where}, from the Hugging Face hub",
        frame=pd.DataFrame(columns),
    )


def _rows(where: str, path: str, config: str | None, split: str) -> Iterator[dict[str, Any]]:
    try:
        from datasets import load_dataset
        from datasets.exceptions import DatasetNotFoundError
    except ImportError as error:
        raise DatasetError(
            f'{where}: the library that reads the hub is not installed. Run pip install "{EXTRA}".'
        ) from error
    try:
        yield from load_dataset(path, config, split=split, streaming=True)
    except DatasetNotFoundError as error:
        raise DatasetError(
            f"{where}: the hub has no such dataset, or it needs an agreement or a login."
        ) from error
    except ValueError as error:  # an unknown configuration or split; the message lists those known
        raise DatasetError(f"{where}: {_first_line(error)}") from error
    except OSError as error:  # of the network, in every client that the library uses
        raise DatasetError(
            f"{where}: the hub cannot be reached or a file cannot be read ({_first_line(error)})."
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).partition("\n")[0][:300]
