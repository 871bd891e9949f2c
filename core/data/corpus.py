"""A corpus to retrieve from: a dataset with the columns `title` and `text`, one passage per row.

Made from a table (JSON Lines, CSV, …), from a file of text or Markdown, or from many of them in a
zip archive or a folder. Documents are cut into passages at headings and blank lines. Stored by its
content like any dataset; the index over it (`core.programs.retrieval`) is built where it is used.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd

from core.data.dataset import Dataset, json_text
from core.data.readers.read_as import ReadAs
from core.data.readers.reading import Reading, reading
from core.data.readers.source import (
    MAX_ROWS,
    Limits,
    Source,
    members,
    source_of_path,
)
from core.data.readers.text import encoding_of, whole_text
from core.errors import DatasetError

TITLE, TEXT = "title", "text"

DOCUMENTS = (".txt", ".md", ".markdown")
"""Suffixes of files that are read as running text."""

PASSAGE_WORDS = 150
"""A passage is closed once it has this many words; a longer paragraph is cut at sentences."""

TITLE_WORDS = 8
_TITLES = (TITLE, "heading", "headline", "name", "subject", "topic", "url", "source", "id", "_id")
_TEXTS = (TEXT, "passage", "paragraph", "content", "contents", "body", "document", "abstract")
_HEADING = re.compile(r"#{1,6}\s+(.+?)\s*#*")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+")
_ANYTHING = ReadAs()


@dataclass(frozen=True, kw_only=True)
class CorpusColumns:
    """Which columns of a table hold the passages."""

    text: str
    title: str | None
    """None for the first words of the text."""


def read_corpus(source: Source, read_as: ReadAs = _ANYTHING, limits: Limits = Limits()) -> Dataset:  # noqa: B008
    """The corpus in a file: a table, running text, or a zip archive with either.

    Raises:
        DatasetError: the file cannot be read, or holds no passage.
    """
    if source.suffix in DOCUMENTS:
        limits.check_size(source.name, source.size)
        return _of_documents(source.name, [source])
    if source.suffix == ".zip":
        limits.check_size(source.name, source.size)
        if documents := [each for each in members(source, limits) if each.suffix in DOCUMENTS]:
            return _of_documents(source.name, documents)
    return corpus_of(reading(source, read_as, limits))


def read_corpus_folder(folder: Path, limits: Limits = Limits()) -> Dataset:  # noqa: B008
    """The corpus in the files of text and Markdown below a folder, in the order of their paths.

    Raises:
        DatasetError: there are none, they are too big together, or one cannot be read.
    """
    paths = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in DOCUMENTS and path.is_file()
    )
    sources = [source_of_path(path) for path in paths]
    limits.check_size(folder.name, sum(each.size for each in sources))
    return _of_documents(folder.name, sources)


def corpus_columns(dataset: Dataset) -> CorpusColumns:
    """The columns that look like text and title: by their names, else the longest texts.

    Raises:
        DatasetError: no column holds text.
    """
    by_lower = {name.lower(): name for name in reversed(list(dataset.frame.columns))}
    lengths = {name: _mean_length(dataset, name) for name in dataset.frame.columns}
    named = [by_lower[name] for name in _TEXTS if name in by_lower]
    text = (named or sorted(lengths, key=lambda name: -lengths[name]))[0]
    if not lengths[text]:
        raise DatasetError(
            f"{dataset.name}: no column holds text to retrieve. A corpus has the columns "
            f"{TITLE!r} and {TEXT!r}."
        )
    titles = [by_lower[name] for name in _TITLES if name in by_lower and by_lower[name] != text]
    return CorpusColumns(text=text, title=titles[0] if titles else None)


def corpus_of(read: Reading, columns: CorpusColumns | None = None) -> Dataset:
    """The passages in a table that was read; rows without text are left out.

    Raises:
        DatasetError: no row has text.
    """
    dataset = read.dataset
    chosen = columns or corpus_columns(dataset)
    texts = map(_words, dataset.frame[chosen.text])
    titles = (
        [""] * len(dataset.frame)
        if chosen.title is None
        else map(_words, dataset.frame[chosen.title])
    )
    passages = [
        (title or _first_words(text), text)
        for title, text in zip(titles, texts, strict=True)
        if text
    ]
    return _corpus(dataset.name, dataset.origin, passages)


def cut(title: str, text: str, *, is_markdown: bool = False) -> Iterator[tuple[str, str]]:
    """Title and text of each passage of a document.

    A heading of Markdown begins a new one and joins its title. Words are never cut, and no passage
    has more than twice `PASSAGE_WORDS` words unless one sentence has.
    """
    heading, waiting = "", list[str]()
    for block in re.split(r"\n\s*\n", re.sub(r"\r\n?", "\n", text)):
        for piece in _pieces(block, is_markdown=is_markdown):
            found = _HEADING.fullmatch(piece) if is_markdown else None
            is_full = sum(len(each.split()) for each in waiting) >= PASSAGE_WORDS
            if waiting and (found or is_full):
                yield _titled(title, heading), "\n\n".join(waiting)
                waiting = []
            if found:
                heading = found[1]
            elif piece:
                waiting.append(piece)
    if waiting:
        yield _titled(title, heading), "\n\n".join(waiting)


def _of_documents(name: str, sources: Iterable[Source]) -> Dataset:
    passages: list[tuple[str, str]] = []
    count = 0
    for source in sources:
        count += 1
        if not source.start().strip():
            continue  # an empty note in a folder of notes is no fault
        text = whole_text(source, encoding_of(source, None).name)
        title = PurePath(source.name).stem.replace("_", " ")
        passages += cut(title, text, is_markdown=source.suffix != ".txt")
        if len(passages) > MAX_ROWS:
            raise DatasetError(
                f"{name}: the documents give more than {MAX_ROWS:,} passages, which is the limit. "
                "Take fewer documents."
            )
    plural = "" if count == 1 else "s"
    return _corpus(name, f"Uploaded as {name}, {count:,} document{plural} cut up", passages)


def _corpus(name: str, origin: str, passages: list[tuple[str, str]]) -> Dataset:
    if not passages:
        raise DatasetError(f"{name}: there is no passage in it. Give texts with at least a word.")
    return Dataset(
        name=name,
        origin=origin,
        frame=pd.DataFrame(passages, columns=[TITLE, TEXT], dtype=object),
    )


def _pieces(block: str, *, is_markdown: bool) -> Iterator[str]:
    """A paragraph, or the parts of one that is too long; headings by themselves."""
    lines = block.strip().split("\n")
    if is_markdown and len(lines) > 1 and _HEADING.fullmatch(lines[0]):
        yield lines[0]
        lines = lines[1:]
    paragraph = "\n".join(lines).strip()
    if len(paragraph.split()) <= 2 * PASSAGE_WORDS:
        yield paragraph
        return
    sentences: list[str] = []
    for sentence in _SENTENCE_END.split(paragraph):
        sentences.append(sentence)
        if sum(len(each.split()) for each in sentences) >= PASSAGE_WORDS:
            yield " ".join(sentences)
            sentences = []
    yield " ".join(sentences)


def _titled(title: str, heading: str) -> str:
    return f"{title}: {heading}" if heading and heading != title else title


def _words(value: object) -> str:
    if value is None:
        return ""
    return (value if isinstance(value, str) else json_text(value)).strip()  # type: ignore[arg-type]


def _first_words(text: str) -> str:
    words = text.split()
    return " ".join(words[:TITLE_WORDS]) + (" …" if len(words) > TITLE_WORDS else "")


def _mean_length(dataset: Dataset, column: str) -> float:
    lengths = [len(value) for value in dataset.frame[column] if isinstance(value, str)]
    return sum(lengths) / len(dataset.frame)
