"""The datasets that come with the app: where they are and how they are meant to be used.

They are listed in `sample_programs/data/catalogue.json`; adding one means adding a line there.
"""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from core.data.dataset import Dataset
from core.data.readers import read
from core.errors import DatasetError

FOLDER = Path(__file__).resolve().parents[2] / "sample_programs" / "data"


class Bundled(BaseModel):
    """One bundled dataset."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    file: str
    origin: str
    """One sentence: who made it, under which licence."""
    inputs: tuple[str, ...] = ()
    """Columns meant as inputs; empty for a corpus."""
    outputs: tuple[str, ...] = ()


@cache
def bundled() -> dict[str, Bundled]:
    """Name → bundled dataset, in the catalogue's order."""
    text = (FOLDER / "catalogue.json").read_text(encoding="utf-8")
    return {each.name: each for each in TypeAdapter(list[Bundled]).validate_json(text)}


def bundled_dataset(name: str) -> Dataset:
    """The rows of a bundled dataset.

    Raises:
        DatasetError: none has this name.
    """
    if name not in bundled():
        raise DatasetError(f"no bundled dataset is called {name!r}; there are {list(bundled())}.")
    entry = bundled()[name]
    loaded = read(entry.file, (FOLDER / entry.file).read_bytes())
    return Dataset(name=entry.title, origin=entry.origin, frame=loaded.frame)
