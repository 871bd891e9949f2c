"""The charts of the Monitor page as Plotly JSON, built once per change for all viewers."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.programs.candidate import Candidate, ChoiceRef, Part
from core.results.credit import credit_shares
from core.results.frames import PREDICTED_REACH
from core.results.run_results import RunResults
from core.runs.snapshot import Belief, Grid
from core.search.terms import Rules
from dashboard import candidate_rows, insights
from dashboard.candidate_rows import CandidatePage
from dashboard.charts.best_chances import best_chances_figure, sureness_figure
from dashboard.charts.choice_heatmap import choice_heatmap_figure
from dashboard.charts.credit import credit_figure
from dashboard.charts.effects_forest import effects_figure
from dashboard.charts.errors import errors_figure
from dashboard.charts.money import money_figure
from dashboard.charts.timeline import timeline_figure
from dashboard.services import RunView

Version = tuple[int, int]


def belief_of(view: RunView) -> Belief | None:
    """What the worker's surrogate last believed."""
    return view.results.belief


def threshold_of(view: RunView) -> float | None:
    """Probability at which the search may stop; None for optimizers that do not stop by it."""
    return Rules().confidence if view.run.config.shape.adaptive else None


def grid_of(view: RunView, predictor: str) -> Grid | None:
    """The predictor's pairs of choices; None while there is nothing to combine."""
    belief = belief_of(view)
    if belief is None or belief.recommended not in view.results.choices:
        return None
    return next((each for each in belief.grids if each.predictor == predictor), None)


@st.cache_resource(show_spinner=False, max_entries=32)
def _leading(run_id: str, version: Version, _view: RunView) -> pd.DataFrame:
    return candidate_rows.leading(_view.results, belief_of(_view))


def leading(view: RunView) -> pd.DataFrame:
    """The leading candidates and those considered; nobody may change the table."""
    return _leading(view.run.id, view.version, view)


@st.cache_resource(show_spinner=False, max_entries=32)
def _candidate_page(
    run_id: str,
    version: Version,
    order: int,
    _order: tuple[str, ...],
    _frame: pd.DataFrame,
    _known: Mapping[str, Candidate],
    _results: RunResults,
) -> CandidatePage:
    return candidate_rows.candidate_page(_frame, _order, _results, _known)


def candidate_page(
    view: RunView, frame: pd.DataFrame, order: tuple[str, ...], known: Mapping[str, Candidate]
) -> CandidatePage:
    """These rows in this order, as people read them; nobody may change the table."""
    # Streamlit's own hash of hundreds of ids takes longer than to build the page
    place = hash(order)
    return _candidate_page(view.run.id, view.version, place, order, frame, known, view.results)


def effects(view: RunView, predictor: str) -> tuple[str, int] | None:
    """The forest plot of a predictor and how many effects it has; None while there are none."""
    belief = belief_of(view)
    if belief is None or all(each.predictor != predictor for each in belief.effects):
        return None
    return _effects(view.run.id, view.version, predictor, belief, view.results)


@st.cache_data(show_spinner=False, max_entries=64)
def _effects(
    run_id: str, version: Version, predictor: str, _belief: Belief, _results: RunResults
) -> tuple[str, int]:
    own = [each for each in _belief.effects if each.predictor == predictor]
    names = [
        _results.names.numbered(ChoiceRef(predictor=each.predictor, part=each.part, id=each.id))
        for each in own
    ]
    frame = pd.DataFrame(
        {
            "choice": names,
            "part": [each.part for each in own],
            "id": [each.id for each in own],
            "mean": [each.mean for each in own],
            "low": [each.mean - PREDICTED_REACH * each.sd for each in own],
            "high": [each.mean + PREDICTED_REACH * each.sd for each in own],
        }
    )
    return str(effects_figure(frame, run=f"{run_id}.{predictor}").to_json()), len(own)


@st.cache_data(show_spinner=False, max_entries=64)
def _heatmap(run_id: str, version: Version, _grid: Grid, predictor: str, _view: RunView) -> str:
    belief = belief_of(_view)
    table = cells(_grid, _view.results, belief.recommended if belief else None)
    return str(choice_heatmap_figure(table, run=f"{run_id}.{predictor}").to_json())


def heatmap(view: RunView, grid: Grid) -> str:
    """Instruction by demo set."""
    return _heatmap(view.run.id, view.version, grid, grid.predictor, view)


def cells(grid: Grid, results: RunResults, recommended: str | None) -> pd.DataFrame:
    """One row per cell of the grid, as `choice_heatmap_figure` wants it."""
    counts, rows = results.grid_counts(grid), choice_names(grid, results)
    known, found = results.tables.val, []
    for row, instruction in enumerate(rows[0]):
        for column, demo_set in enumerate(rows[1]):
            candidate = results.candidate_at(grid, row, column).id
            mean, reach = grid.mean[row][column], PREDICTED_REACH * grid.sd[row][column]
            found.append(
                {
                    "row": row,
                    "column": column,
                    "instruction": instruction,
                    "demo_set": demo_set,
                    "candidate": candidate,
                    "predicted": mean,
                    "low": max(0.0, mean - reach),
                    "high": min(1.0, mean + reach),
                    "n": counts[row][column],
                    "observed": known[candidate].value if candidate in known else float("nan"),
                }
            )
    frame = pd.DataFrame(found)
    return frame.assign(recommended=frame["candidate"] == recommended)


def choice_names(grid: Grid, results: RunResults) -> tuple[list[str], list[str]]:
    """Names of the grid's rows and columns, without the predictor's."""
    rows, columns = (
        [
            results.names.numbered(ChoiceRef(predictor=grid.predictor, part=part, id=id_))
            for id_ in ids
        ]
        for part, ids in _parts(grid)
    )
    return rows, columns


def _parts(grid: Grid) -> tuple[tuple[Part, tuple[str, ...]], tuple[Part, tuple[str, ...]]]:
    return ("instruction", grid.instructions), ("demo_set", grid.demo_sets)


@st.cache_data(show_spinner=False, max_entries=32)
def _chances(run_id: str, version: Version, _belief: Belief, _results: RunResults) -> str:
    figure = best_chances_figure(
        _belief.probability_best, _results.labels, _belief.recommended, run=run_id
    )
    return str(figure.to_json())


def chances(view: RunView, belief: Belief) -> str:
    """Probabilities of being the best."""
    return _chances(view.run.id, view.version, belief, view.results)


@st.cache_data(show_spinner=False, max_entries=32)
def _sureness(run_id: str, near_best: float, threshold: float | None) -> str:
    return str(sureness_figure(near_best, threshold, run=run_id).to_json())


def sureness(view: RunView, belief: Belief) -> str:
    """How near the search is to its end."""
    return _sureness(view.run.id, round(belief.near_best, 3), threshold_of(view))


@st.cache_data(show_spinner=False, max_entries=32)
def _credit(
    run_id: str, version: Version, _belief: Belief | None, _results: RunResults
) -> tuple[str, int] | None:
    shares = credit_shares(_belief, _results.names)
    if not shares:
        return None
    names = {info.name: _results.names.predictor(info.name) for info in _results.predictors}
    own = {each.predictor for each in shares if each.predictor}
    return str(credit_figure(shares, names, run=run_id).to_json()), len(own)


def credit(view: RunView) -> tuple[str, int] | None:
    """Shares per predictor, and how many predictors have one; None while nothing is known."""
    return _credit(view.run.id, view.version, belief_of(view), view.results)


@st.cache_data(show_spinner=False, max_entries=32)
def _timeline(run_id: str, version: Version, _view: RunView) -> str:
    return str(timeline_figure(insights.timeline(_view), run=run_id).to_json())


def timeline(view: RunView) -> str:
    """What the run did when."""
    return _timeline(view.run.id, view.version, view)


@st.cache_data(show_spinner=False, max_entries=32)
def _money(run_id: str, version: Version, _view: RunView) -> str:
    return str(money_figure(insights.money(_view), run=run_id).to_json())


def money(view: RunView) -> str:
    """Calls made, in flight and to come."""
    return _money(view.run.id, view.version, view)


@st.cache_data(show_spinner=False, max_entries=32)
def _errors(run_id: str, version: Version, _view: RunView) -> str:
    return str(errors_figure(insights.troubles(_view), run=run_id).to_json())


def errors(view: RunView) -> str:
    """Failed attempts at calls over time."""
    return _errors(view.run.id, view.version, view)
