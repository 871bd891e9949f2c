"""The charts of the Compare page as Plotly JSON, built once per change for all viewers."""

import pandas as pd
import streamlit as st

from core.comparison.heads import Head
from core.comparison.slices import Confusion
from core.comparison.verdicts import Verdict
from dashboard import comparing
from dashboard.charts.comparison_intervals import differences_figure, scores_figure
from dashboard.charts.confusion import confusion_figure
from dashboard.charts.slice_scores import slices_figure
from dashboard.comparing import Key, Subject


def intervals(subject: Subject, reference: int) -> tuple[str, str]:
    """Scores, and differences to the reference."""
    heads = comparing.heads(subject)
    return _intervals(subject.key, reference, heads, comparing.verdicts(subject, reference))


def confusions(subject: Subject) -> tuple[str, ...]:
    """One matrix per entrant; none where the outputs are no labels."""
    found = comparing.confusions(subject)
    return tuple(_confusion(subject.key, place, each.n, each) for place, each in enumerate(found))


def slices(subject: Subject, column: str) -> str:
    """Scores by slice of a column."""
    return _slices(subject.key, column, comparing.sliced(subject, column))


@st.cache_data(show_spinner=False, max_entries=24)
def _intervals(
    key: Key, reference: int, _heads: tuple[Head, ...], _verdicts: tuple[Verdict, ...]
) -> tuple[str, str]:
    labels = [each.label for each in _heads]
    known = {each.entrant: each.difference for each in _verdicts}
    run = ".".join(map(str, key[: len(labels) + 1]))
    scores = scores_figure(labels, [each.shared for each in _heads], run=run)
    differences = differences_figure(
        labels, [known.get(each.entrant) for each in _heads], reference, run=f"{run}.{reference}"
    )
    return str(scores.to_json()), str(differences.to_json())


@st.cache_data(show_spinner=False, max_entries=24)
def _confusion(key: Key, place: int, n: int, _confusion: Confusion) -> str:
    return str(confusion_figure(_confusion.counts, run=f"{key[place + 1]}.{key[0]}").to_json())


@st.cache_data(show_spinner=False, max_entries=24)
def _slices(key: Key, column: str, _frame: pd.DataFrame) -> str:
    return str(slices_figure(_frame, run=f"{key[0]}.{column}").to_json())
