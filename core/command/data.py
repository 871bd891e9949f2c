"""Where the rows of a run come from, as options: files, the hub, cleaning, the split, a corpus.

All that the Data page can do, so that a run started there can be started from here, too.
"""

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from core.data.cleaning import Step, clean, steps_from_json
from core.data.corpus import read_corpus, read_corpus_folder
from core.data.dataset import Dataset
from core.data.part_names import combined
from core.data.profile import Profile
from core.data.readers import (
    MAX_BYTES,
    SAMPLE_ROWS,
    ReadAs,
    reading,
    sampled,
    source_of_path,
)
from core.data.readers.hub import read_hub
from core.data.readers.reading import check_type
from core.data.split import SplitConfig
from core.errors import ConfigError
from core.runs.store import STORED, DatasetStore

_HUB = re.compile(r"hub:(?P<name>[^:#]+)(?::(?P<config>[^#]+))?(?:#(?P<split>.+))?")
_PARTS = ("train", "val", "test")
_MOST_SHARES = 1.5
"""Numbers that add up to more are percent."""

SOURCES = "a table in a file, stored:ID, or hub:OWNER/NAME[:CONFIGURATION][#SPLIT]"
"""What can be named as data."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """The rows to work with."""

    dataset: Dataset
    guesses: tuple[str, ...] = ()
    """What was guessed in reading the file, in sentences."""
    whole: Profile | None = None
    """Of the whole file, when only a sample of its rows was kept."""
    part_column: str | None = None
    """The column that says each row's part, when there are files for validation or test."""


def add_task_options(parser: argparse.ArgumentParser) -> None:
    """How rows are read, cleaned and divided, and what is retrieved from."""
    _add_reading(parser)
    _add_split(parser)
    parser.add_argument(
        "--corpus",
        "--passages",
        dest="passages",
        metavar="PATH",
        help="what to retrieve from: a table, texts, a folder or a zip archive of them, stored:ID",
    )


def add_looking_options(parser: argparse.ArgumentParser) -> None:
    """What `data` takes: the rows, how to read and divide them, and where to keep them."""
    parser.add_argument("data", metavar="FILE", help=SOURCES)
    parser.add_argument("--inputs", help="input columns: a,b; default: suggested")
    parser.add_argument("--output", help="output column; default: suggested")
    parser.add_argument("--seed", type=int, default=0, help="of the split")
    parser.add_argument("--out", metavar="FILE", help="keep the rows in this Parquet file, too")
    parser.add_argument("--db", help="address of the database; default: STUDIO_DB")
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    _add_reading(parser)
    _add_split(parser)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("rows")
    group.add_argument(
        "--read-as",
        metavar="JSON",
        help='how the file is read, such as {"delimiter": ";", "sheet": "Two"}; default: detected',
    )
    group.add_argument(
        "--sample",
        type=int,
        metavar="N",
        help=f"draw N rows at random; of files over {MAX_BYTES // 1_000_000} MB, "
        f"{SAMPLE_ROWS:,} are drawn without it. Of a hub dataset, the first N",
    )
    group.add_argument(
        "--clean", metavar="FILE", help="cleaning steps as JSON, as the Data page saves them"
    )
    group.add_argument("--validation", metavar="FILE", help="validation examples of their own")
    group.add_argument("--test", metavar="FILE", help="test examples of their own")


def _add_split(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("split into training, validation and test")
    group.add_argument("--split", metavar="A,B,C", help="shares or percent; default: 40,40,20")
    group.add_argument("--split-counts", metavar="A,B,C", help="exact numbers of rows")
    group.add_argument("--split-by-group", metavar="COLUMN", help="equal values stay in one part")
    group.add_argument("--split-by-time", metavar="COLUMN", help="earliest train, latest test")
    group.add_argument("--split-by-column", metavar="COLUMN", help="it says each row's part")
    group.add_argument("--split-seed", type=int, metavar="N", help="default: that of the run")
    group.add_argument(
        "--no-stratify", action="store_true", help="do not spread the output's values evenly"
    )


def loaded(named: str, options: argparse.Namespace, store: DatasetStore | None) -> Loaded:
    """The rows that `named` (a file, `stored:…`, `hub:…`) and the options give, cleaned.

    Files for validation and test are put together with it before the cleaning.

    Raises:
        InputError: the rows cannot be read or cleaned, or the options do not fit.
    """
    found = _read(named, options, store)
    others = {
        part: _read(path, argparse.Namespace(read_as=options.read_as, sample=None), store).dataset
        for part, path in (("val", options.validation), ("test", options.test))
        if path is not None
    }
    if others:
        together = combined(found.dataset, **others)
        column = str(together.frame.columns[-1])
        found = replace(found, dataset=together, part_column=column)
    if options.clean is None:
        return found
    return replace(found, dataset=clean(found.dataset, _steps(options.clean)).dataset)


def split_config(options: argparse.Namespace, part_column: str | None = None) -> SplitConfig:
    """The split that the options describe; `part_column` is that of given files.

    Raises:
        ConfigError: an option is no list of three numbers.
        pydantic.ValidationError: the options contradict each other.
    """
    seed = options.seed if options.split_seed is None else options.split_seed
    return SplitConfig.model_validate(
        {
            **_shares(options.split),
            "seed": seed,
            "stratify": not options.no_stratify,
            "counts": _counts(options.split_counts),
            "group_by": options.split_by_group,
            "order_by": options.split_by_time,
            "part_column": options.split_by_column or part_column,
        }
    )


def corpus_at(path: str, store: DatasetStore) -> Dataset:
    """The passages in a file, a folder, a zip archive, or a stored dataset.

    Raises:
        InputError: there is none, or it holds no passage.
    """
    if path.startswith(STORED):
        return store.dataset(path.removeprefix(STORED))
    place = Path(path)
    return read_corpus_folder(place) if place.is_dir() else read_corpus(source_of_path(place))


def kept(dataset: Dataset, out: Path) -> Path:
    """Write the rows to a Parquet file that gives the same dataset again; back comes its path.

    Raises:
        ConfigError: the name has another suffix, or the file cannot be written.
    """
    if out.suffix.lower() != ".parquet":
        raise ConfigError(f"{out}: the rows are kept as Parquet. Give --out a name in .parquet.")
    try:
        out.write_bytes(dataset.to_parquet())
    except OSError as error:
        raise ConfigError(f"{out}: cannot be written ({error.strerror}).") from error
    return out


def is_stored(named: str) -> bool:
    """Whether these rows are in the database."""
    return named.startswith(STORED)


def _read(named: str, options: argparse.Namespace, store: DatasetStore | None) -> Loaded:
    if is_stored(named) and store is not None:
        return Loaded(dataset=store.dataset(named.removeprefix(STORED)))
    if named.startswith("hub:"):
        return Loaded(dataset=_from_hub(named, options.sample))
    read_as = _read_as(options.read_as)
    check_type(Path(named).name)
    source = source_of_path(Path(named))
    if options.sample is None and source.size <= MAX_BYTES:
        made = reading(source, read_as)
        return Loaded(dataset=made.dataset, guesses=made.guesses)
    drawn = sampled(source, rows=options.sample or SAMPLE_ROWS, read_as=read_as)
    return Loaded(
        dataset=drawn.reading.dataset,
        guesses=drawn.reading.guesses,
        whole=None if drawn.is_whole else drawn.profile,
    )


def _from_hub(named: str, rows: int | None) -> Dataset:
    found = _HUB.fullmatch(named)
    if found is None:
        raise ConfigError(f"--data {named!r}: write {SOURCES}.")
    return read_hub(
        found["name"],
        config=found["config"],
        split=found["split"] or "train",
        rows=SAMPLE_ROWS if rows is None else rows,
    )


def _read_as(given: str | None) -> ReadAs:
    return ReadAs() if given is None else ReadAs.model_validate_json(given)


def _steps(given: str) -> tuple[Step, ...]:
    """The cleaning steps in a file, or written out as JSON."""
    if given.lstrip()[:1] in ("[", "{"):
        return steps_from_json(given, where="--clean")
    try:
        text = Path(given).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{given}: the file cannot be opened ({error.strerror}).") from error
    except UnicodeError as error:
        raise ConfigError(f"{given}: the file is not UTF-8 text.") from error
    return steps_from_json(text, where=given)


def _shares(given: str | None) -> Mapping[str, float]:
    """Fractions; percent where the numbers add up to more than 1."""
    if given is None:
        return {}
    numbers = _three(given, "--split")
    scale = 100 if sum(numbers) > _MOST_SHARES else 1
    return {name: each / scale for name, each in zip(_PARTS, numbers, strict=True)}


def _counts(given: str | None) -> tuple[float, ...] | None:
    return None if given is None else _three(given, "--split-counts")


def _three(given: str, option: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in given.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != len(_PARTS):
        raise ConfigError(
            f"{option} {given!r}: write three numbers, for training, validation and test, such as "
            "60,20,20."
        )
    return numbers
