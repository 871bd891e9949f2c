"""What the Data page does with the store: files and pasted rows in, cleaning, corpora.

Beside `materials`, which every page reads datasets through. A file that is in the upload box is
read once per setting; the box gives its bytes again whenever a setting changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.data.cleaning import Recipe, Step, clean, recipe_of
from core.data.corpus import read_corpus
from core.data.dataset import Dataset, FieldMapping
from core.data.leaks import LeakReport, leaks
from core.data.part_names import combined
from core.data.profile import Profile
from core.data.quality import Finding, findings
from core.data.readers import (
    MAX_BYTES,
    Limits,
    ReadAs,
    Reading,
    read,
    read_pasted,
    reading,
    sampled,
    source_of_bytes,
)
from core.data.readers.hub import read_hub
from core.data.readers.workbook import sheet_names
from core.data.split import SplitConfig
from core.errors import DatasetError, DatasetNotFound
from core.programs.retrieval import PassageIndex
from core.runs.preparation import passages
from dashboard.materials import dataset, split_of, store


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that was read, as far as the page tells of it."""

    dataset: str
    """Id of the stored dataset."""
    read_as: ReadAs
    guesses: tuple[str, ...]
    sheets: tuple[str, ...]
    whole: Profile | None
    """Of the whole file, when only a sample of its rows was kept."""


@st.cache_resource(show_spinner=False, max_entries=8)
def _uploads() -> dict[str, Upload]:
    """What was read lately, by file and settings; a server keeps the last ones."""
    return {}


def known_upload(file_id: str) -> Upload | None:
    """The file as it was read last; None before that, or long ago."""
    return _uploads().get(file_id)


def keep_upload(
    file_id: str, name: str, content: bytes, read_as: ReadAs, sample: int, seed: int = 0
) -> Dataset:
    """The dataset in an uploaded file, which is stored now; of a big one, a sample of its rows.

    Raises:
        DatasetError: the file cannot be used; nothing is stored.
    """
    source, whole = source_of_bytes(name, content), None
    if len(content) > MAX_BYTES:
        drawn = sampled(source, rows=sample, seed=seed, read_as=read_as)
        made, whole = drawn.reading, drawn.profile
    else:
        made = reading(source, read_as)
    sheets = sheet_names(source, Limits()) if made.read_as.sheet is not None else ()
    store().put_dataset(made.dataset)
    kept = _uploads()
    kept[file_id] = Upload(
        dataset=made.dataset.id,
        read_as=made.read_as,
        guesses=made.guesses,
        sheets=sheets,
        whole=whole,
    )
    for old in list(kept)[:-_MOST_UPLOADS]:
        kept.pop(old, None)
    return made.dataset


_MOST_UPLOADS = 50


def keep_pasted(text: str) -> Reading:
    """The dataset in pasted rows, which is stored now. Raises DatasetError."""
    made = read_pasted(text)
    store().put_dataset(made.dataset)
    return made


def keep_hub(name: str, config: str | None, split: str, rows: int) -> Dataset:
    """The first rows of a dataset of the Hugging Face hub, stored now. Raises DatasetError."""
    made = read_hub(name, config=config, split=split, rows=rows)
    store().put_dataset(made)
    return made


def keep_with_parts(
    dataset_id: str, val: tuple[str, bytes] | None, test: tuple[str, bytes] | None
) -> Dataset:
    """A stored dataset put together with files for other parts, each a name and its bytes.

    Raises:
        DatasetError: a file cannot be read, or has other columns.
    """
    made = combined(
        dataset(dataset_id),
        val=read(*val) if val else None,
        test=read(*test) if test else None,
    )
    store().put_dataset(made)
    return made


@dataclass(frozen=True, kw_only=True)
class History:
    """How a dataset was cleaned."""

    recipe: Recipe
    touched: tuple[int, ...] | None
    """Rows per step; None when the raw dataset was deleted, so that nothing can be undone."""


@st.cache_resource(show_spinner=False, max_entries=32)
def history(dataset_id: str) -> History | None:
    """The steps that made a stored dataset; None when it is as it was loaded.

    Raises:
        DatasetError: its steps are of another version.
    """
    recipe = recipe_of(dataset(dataset_id))
    if recipe is None:
        return None
    try:
        raw = store().dataset(recipe.source)
    except DatasetNotFound:
        return History(recipe=recipe, touched=None)
    return History(recipe=recipe, touched=clean(raw, recipe.steps).touched)


def cleaned(dataset_id: str, *steps: Step) -> Dataset:
    """A stored dataset after these further steps, stored now. Raises DatasetError."""
    made = clean(dataset(dataset_id), steps).dataset
    store().put_dataset(made)
    _forget(dataset_id, but=made.id)
    return made


def undone(dataset_id: str) -> Dataset:
    """The dataset as it was before its last step.

    Raises:
        DatasetNotFound: the raw dataset was deleted.
        DatasetError: nothing was cleaned.
    """
    recipe = recipe_of(dataset(dataset_id))
    if recipe is None:
        raise DatasetError("There is no step to undo.")
    made = clean(store().dataset(recipe.source), recipe.steps[:-1]).dataset
    if recipe.steps[:-1]:
        store().put_dataset(made)
    _forget(dataset_id, but=made.id)
    return made


def _forget(dataset_id: str, *, but: str) -> None:
    """Remove a dataset that only stood between two steps: cleaned, and part of no run."""
    is_used = any(dataset_id in (run.config.dataset, run.config.passages) for run in store().runs())
    if dataset_id != but and not is_used and recipe_of(dataset(dataset_id)) is not None:
        try:
            store().delete_dataset(dataset_id)
        except DatasetNotFound:
            return  # somebody else removed it


@st.cache_resource(show_spinner=False, max_entries=16)
def odd_values(dataset_id: str) -> tuple[Finding, ...]:
    """What in a stored dataset deserves a second look."""
    return findings(dataset(dataset_id))


@st.cache_resource(
    show_spinner=False, max_entries=16, hash_funcs={FieldMapping: FieldMapping.model_dump_json}
)
def leaks_of(dataset_id: str, mapping: FieldMapping, config: SplitConfig) -> LeakReport:
    """Rows of one part of a split that nearly repeat rows of another. Raises DatasetError."""
    parts = split_of(dataset_id, mapping, config)
    return leaks(dataset(dataset_id), list(mapping.inputs.values()), parts)


@st.cache_resource(show_spinner="Reading the corpus", max_entries=16)
def keep_corpus(file_id: str, name: str, _content: bytes) -> str:
    """Id of the corpus in an uploaded file, which is read and stored once. Raises DatasetError."""
    return store().put_dataset(read_corpus(source_of_bytes(name, _content)))


@st.cache_resource(show_spinner="Building the index", max_entries=4)
def _index(dataset_id: str) -> PassageIndex:
    return PassageIndex(passages(dataset(dataset_id)))


def found_passages(corpus_id: str, query: str, most: int) -> Sequence[str]:
    """The best passages of a stored corpus as "title | text"; none for an empty query."""
    return _index(corpus_id).search(query, most) if query.strip() else []
