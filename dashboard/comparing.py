"""What the Compare page draws, worked out once for all viewers of the same results.

Beside `services`: nothing here is needed for a run's status. A `Subject` names who is compared and
as of which events, so that whatever is kept under it never changes; only ratings are always read
anew. Nobody may change what comes back.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import streamlit as st

from core.comparison import entrants as lining
from core.comparison import heads as carding
from core.comparison import messages as sending
from core.comparison import slices as slicing
from core.comparison import table as tabling
from core.comparison import verdicts as judging
from core.comparison.entrants import Entrant, LineUp, RunExtract
from core.comparison.table import ComparisonTable
from core.data.dataset import Example
from core.data.dataset import examples as rows_of
from core.errors import ConfigError, DatasetNotFound, RunNotFound
from core.evaluation.evaluator import Trace
from core.results.noise import Noise, own_noise
from core.runs.decisions import ExamplePart
from core.runs.parts import Rating
from core.runs.state import RunState
from dashboard import services
from dashboard.materials import dataset, store, task

Key = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Who is compared, and as of which event of each run."""

    entrants: tuple[Entrant, ...]
    seqs: tuple[int, ...]
    """Of the run of each entrant."""
    part: ExamplePart

    @property
    def key(self) -> Key:
        """The same for the same comparison."""
        names = [f"{each.run_id}.{each.candidate}" for each in self.entrants]
        return (self.part, *names, *self.seqs)


def subject_of(entrants: Sequence[Entrant], part: ExamplePart) -> Subject:
    """The comparison as of now.

    Raises:
        RunNotFound: the run of an entrant has been deleted.
    """
    seqs = {run: store().run(run).seq for run in {each.run_id for each in entrants}}
    return Subject(
        entrants=tuple(entrants), seqs=tuple(seqs[each.run_id] for each in entrants), part=part
    )


@st.cache_resource(show_spinner=False, max_entries=24)
def _extract(run_id: str, seq: int, candidates: tuple[str, ...]) -> RunExtract:
    run = store().run(run_id)
    return services.ask(run_id, lambda state: lining.extract(run, state, candidates))


def _extracts(subject: Subject) -> dict[str, RunExtract]:
    seqs = {each.run_id: seq for each, seq in zip(subject.entrants, subject.seqs, strict=True)}
    return {
        run: _extract(
            run, seq, tuple(sorted(e.candidate for e in subject.entrants if e.run_id == run))
        )
        for run, seq in seqs.items()
    }  # fmt: skip


@st.cache_resource(show_spinner=False, max_entries=12)
def _line_up(key: Key, _subject: Subject) -> LineUp:
    return lining.line_up(_subject.entrants, _extracts(_subject), _subject.part)


def line_up(subject: Subject) -> LineUp:
    """The entrants side by side.

    Raises:
        ConfigError: they cannot be compared; the message says why.
    """
    return _line_up(subject.key, subject)


def shared_counts(subject: Subject) -> dict[ExamplePart, int]:
    """Part → examples that all entrants have a score on."""
    return lining.shared_counts(subject.entrants, _extracts(subject))


@st.cache_resource(show_spinner=False, max_entries=12)
def _heads(key: Key, _line_up: LineUp) -> tuple[carding.Head, ...]:
    return carding.heads(_line_up)


def heads(subject: Subject) -> tuple[carding.Head, ...]:
    """One head per entrant."""
    return _heads(subject.key, line_up(subject))


@st.cache_resource(show_spinner=False, max_entries=24)
def _verdicts(
    entrants: Key, reference: int, scores: bytes, looked_at: int, _line_up: LineUp
) -> tuple[judging.Verdict, ...]:
    return judging.verdicts(_line_up, reference)


def verdicts(subject: Subject, reference: int) -> tuple[judging.Verdict, ...]:
    """Every entrant but the reference, beside it.

    Resampling takes its time, so it is done again only for other scores, not for every event.
    """
    lined = line_up(subject)
    entrants = subject.key[: 1 + len(subject.entrants)]
    scores = hashlib.blake2b(lined.scores.tobytes()).digest()
    return _verdicts(entrants, reference, scores, lined.looked_at, lined)


def is_outdated(subject: Subject) -> bool:
    """Whether the runs have other results for these entrants by now."""
    drawn, fresh = line_up(subject), line_up(subject_of(subject.entrants, subject.part))
    return drawn.examples != fresh.examples or not np.array_equal(
        drawn.scores, fresh.scores, equal_nan=True
    )


def noise(subject: Subject) -> tuple[Noise | None, ...]:
    """What repeated runs show of each entrant; None where nothing ran twice."""
    return tuple(
        services.ask(
            each.run_id,
            lambda state, own=each.candidate: own_noise(state, own, subject.part),
        )
        for each in subject.entrants
    )


def missing_data(subject: Subject) -> str | None:
    """Why the texts of the examples cannot be read any more; None when they can."""
    try:
        dataset(line_up(subject).runs[0].config.dataset)
    except DatasetNotFound as error:
        return str(error)
    return None


@st.cache_resource(show_spinner=False, max_entries=12)
def _examples(key: Key, _line_up: LineUp) -> dict[str, Example]:
    config = _line_up.runs[0].config
    data = dataset(config.dataset)
    numbers = [int(each) for each in _line_up.examples if each.isdecimal()]
    rows = [row for row in numbers if row < len(data.frame)]
    return {each.id: each for each in rows_of(data, config.mapping, rows)}


def examples(subject: Subject) -> dict[str, Example]:
    """Id → example; none when the dataset has been deleted.

    All runs have them from the same dataset, so neither its split nor a program is needed.
    """
    return {} if missing_data(subject) else _examples(subject.key, line_up(subject))


@st.cache_resource(show_spinner=False, max_entries=12)
def _table(
    key: Key, reference: int, readable: int, _line_up: LineUp, _examples: Mapping[str, Example]
) -> ComparisonTable:
    return tabling.table_of(_line_up, _examples, reference=reference)


def table(subject: Subject, reference: int) -> ComparisonTable:
    """A row per example, with what people think of the answers by now."""
    known = examples(subject)
    made = _table(subject.key, reference, len(known), line_up(subject), known)
    judged = ratings(subject)
    return made if judged == made.ratings else replace(made, ratings=judged)


def ratings(subject: Subject) -> tuple[dict[str, tuple[Rating, ...]], ...]:
    """For each entrant: example → what people think of its answer now."""

    def of(state: RunState, candidate: str) -> dict[str, tuple[Rating, ...]]:
        found: dict[str, tuple[Rating, ...]] = {}
        for key, rating in state.ratings.items():
            if key.candidate == candidate and key.part == subject.part:
                found[key.example] = (*found.get(key.example, ()), rating)
        return found

    return tuple(
        services.ask(each.run_id, lambda state, own=each.candidate: of(state, own))
        for each in subject.entrants
    )


@st.cache_resource(show_spinner=False, max_entries=48)
def _answers(key: Key, examples: tuple[str, ...], _line_up: LineUp) -> dict[tuple[int, str], Trace]:
    return tabling.answers(store(), _line_up, examples)


def answers(subject: Subject, shown: Sequence[str]) -> dict[tuple[int, str], Trace]:
    """(entrant, example) → what happened, for those of these examples that left a trace."""
    return _answers(subject.key, tuple(shown), line_up(subject))


@st.cache_resource(show_spinner=False, max_entries=6)
def _confusions(
    key: Key, readable: int, _line_up: LineUp, _examples: Mapping[str, Example]
) -> tuple[slicing.Confusion, ...]:
    return slicing.confusions(store(), _line_up, _examples)


def confusions(subject: Subject) -> tuple[slicing.Confusion, ...]:
    """What each entrant answered for which label; empty when the outputs are no labels."""
    known = examples(subject)
    return _confusions(subject.key, len(known), line_up(subject), known)


def columns(subject: Subject) -> tuple[str, ...]:
    """The dataset's columns, those that make telling slices first; none when it was deleted."""
    try:
        return _columns(line_up(subject).runs[0].config.dataset)
    except DatasetNotFound:
        return ()


@st.cache_data(show_spinner=False, max_entries=16)
def _columns(dataset_id: str) -> tuple[str, ...]:
    frame = dataset(dataset_id).frame

    def tells_little(name: str) -> bool:
        values = frame[name].dropna()
        kinds = values.map(str).nunique()
        is_number = all(isinstance(each, int | float) for each in values)
        return kinds < 2 or (kinds > slicing.MOST_SLICES and not is_number)

    return tuple(sorted(frame.columns, key=tells_little))


@st.cache_data(show_spinner=False, max_entries=24)
def _sliced(key: Key, column: str, _line_up: LineUp) -> pd.DataFrame:
    return slicing.sliced(_line_up, dataset(_line_up.runs[0].config.dataset), column)


def sliced(subject: Subject, column: str) -> pd.DataFrame:
    """Scores by slice of a column of the dataset, as `core.comparison.slices.sliced`."""
    return _sliced(subject.key, column, line_up(subject))


def messages(
    subject: Subject, place: int, predictor: str, example: str, call: int = 1
) -> tuple[sending.Message, ...]:
    """What the model is sent for this example when this entrant's predictor is called.

    Raises:
        InputError: it cannot be written: the data are gone, or an earlier stage was never run.
        DatasetNotFound: the dataset has been removed.
    """
    lined = line_up(subject)
    prepared = task(lined.runs[place].config)
    known = examples(subject).get(example)
    if known is None:
        raise ConfigError(f"Example {example} is not in the dataset of this run any more.")
    trace = answers(subject, [example]).get((place, example))
    inputs = sending.inputs_of(trace if trace and trace.stages else None, known, predictor, call)
    texts = lined.candidates[place].texts
    return sending.messages_for(prepared.program, texts, predictor, inputs)


def exists(entrant: Entrant) -> bool:
    """Whether the run has tried this candidate."""
    try:
        return bool(
            services.ask(entrant.run_id, lambda state: entrant.candidate in state.candidates)
        )
    except RunNotFound:
        return False
