"""The page of candidates that is on screen: tried ones, and promising ones that nobody tried.

Rows stay where they are while somebody has selected some of them, since a selection is one of
places and not of candidates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from core.programs.candidate import Candidate, ChoiceRef
from core.results.frames import PREDICTED_REACH
from core.results.run_results import RunResults
from core.runs.snapshot import Belief, Considered
from dashboard.frames import candidate_columns

PER_PAGE = 200
MOST_KEPT = 400
"""Rows beyond which nothing is added to a table in which something is selected."""
UNTRIED = "not tried"


@dataclass(frozen=True, kw_only=True)
class CandidatePage:
    """Rows in order."""

    ids: tuple[str, ...]
    table: pd.DataFrame
    """As people read it."""
    candidates: dict[str, Candidate]
    """By id, for all rows."""


def leading(results: RunResults, belief: Belief | None) -> pd.DataFrame:
    """The leading candidates and those considered, by predicted score, the baseline first.

    The columns are those of `candidate_frame`.
    """
    tried = results.tables.best_candidates(PER_PAGE)
    offered = () if belief is None else belief.considered
    fresh = [each for each in offered if each.candidate.id not in results.choices]
    if not fresh:
        return _ranked(tried)
    untried = pd.DataFrame([_raw(each, results) for each in fresh], columns=tried.columns)
    return _ranked(pd.concat([tried, untried.astype(tried.dtypes)], ignore_index=True))


def one_page(results: RunResults, page: int) -> pd.DataFrame:
    """Page `page`, counted from 1, of all candidates tried, in order of their first trials."""
    first = (page - 1) * PER_PAGE
    return results.tables.candidates.iloc[first : first + PER_PAGE]


def steady(wanted: Sequence[str], shown: Sequence[str], *, selected: bool) -> tuple[str, ...]:
    """The order of rows: as wanted, or, while rows are selected, as shown, with new ones below."""
    if not selected:
        return tuple(wanted)
    known = set(shown)
    new = [each for each in wanted if each not in known]
    return (*shown, *new[: max(0, MOST_KEPT - len(shown))])


def candidate_page(
    frame: pd.DataFrame,
    order: Sequence[str],
    results: RunResults,
    known: Mapping[str, Candidate],
) -> CandidatePage:
    """The rows in this order; `known` are candidates that may have left the frame meanwhile."""
    candidates = {
        each: results.choices.get(each) or known[each]
        for each in order
        if each in results.choices or each in known
    }
    present = set(frame["candidate"])
    missing = [each for each in candidates if each not in present]
    if missing:
        frame = pd.concat([frame, _missing(missing, candidates, results, frame)], ignore_index=True)
    ids = tuple(candidates)
    rows = frame.set_index("candidate", drop=False).loc[list(ids)]
    table = candidate_columns(rows.reset_index(drop=True))
    standing = [
        _standing(each, known_standing, candidates[each], results)
        for each, known_standing in zip(ids, table["Standing"], strict=True)
    ]
    return CandidatePage(ids=ids, table=table.assign(Standing=standing), candidates=candidates)


def considered_candidates(belief: Belief | None) -> dict[str, Candidate]:
    """Id → candidate that nobody tried."""
    return {each.candidate.id: each.candidate for each in (belief.considered if belief else ())}


def _ranked(frame: pd.DataFrame) -> pd.DataFrame:
    score = frame["predicted"].fillna(frame["mean"])
    order = pd.DataFrame({"baseline": frame["baseline"].astype(bool), "score": score})
    places = order.sort_values(
        ["baseline", "score"], ascending=False, kind="stable", na_position="last"
    ).index
    return frame.loc[places].reset_index(drop=True)


def _missing(
    ids: Sequence[str],
    candidates: Mapping[str, Candidate],
    results: RunResults,
    frame: pd.DataFrame,
) -> pd.DataFrame:
    """Rows that were shown before and are among the leading no more."""
    tried = [each for each in ids if each in results.choices]
    parts = []
    if tried:
        everything = results.tables.candidates
        parts.append(everything[everything["candidate"].isin(tried)])
    gone = [
        {**_choices(candidates[each], results), **_unknown(each)}
        for each in ids
        if each not in results.choices
    ]
    if gone:
        parts.append(pd.DataFrame(gone, columns=frame.columns).astype(frame.dtypes))
    return pd.concat(parts, ignore_index=True)


def _raw(considered: Considered, results: RunResults) -> dict[str, object]:
    """A row of `candidate_frame` for a candidate without results."""
    mean, reach = considered.predicted.mean, PREDICTED_REACH * considered.predicted.sd
    return {
        **_choices(considered.candidate, results),
        **_unknown(considered.candidate.id),
        "predicted": mean,
        "predicted_low": max(0.0, mean - reach),
        "predicted_high": min(1.0, mean + reach),
    }


def _unknown(candidate: str) -> dict[str, object]:
    missing = dict.fromkeys(
        ("mean", "low", "high", "predicted", "predicted_low", "predicted_high", "test"),
        float("nan"),
    )
    flags = dict.fromkeys(("full", "best", "baseline"), False)
    return {"candidate": candidate, "label": UNTRIED, "n": 0, "test_n": 0, **missing, **flags}


def _choices(candidate: Candidate, results: RunResults) -> dict[str, object]:
    numbers: dict[str, object] = {}
    for name, choice in candidate.choices.items():
        instruction = next(
            each.number for each in results.instructions[name] if each.id == choice.instruction
        )
        places = [each.id for each in results.demo_sets[name]]
        numbers[f"{name}.instruction"] = instruction
        numbers[f"{name}.demo_set"] = places.index(choice.demo_set)
    return numbers


def _standing(candidate: str, known: str, whole: Candidate, results: RunResults) -> str:
    """What people decided comes before what was measured."""
    if not is_open(whole, results):
        return "ruled out"
    if any(each.candidate.id == candidate for each in results.steering.queue):
        return "queued"
    if candidate not in results.choices:
        return "considered"
    return known


def is_open(candidate: Candidate, results: RunResults) -> bool:
    """Whether the search may still choose it, as far as people's decisions go."""
    steering = results.steering
    if not (steering.verdicts or steering.banned or steering.frozen):
        return True
    refs = set(candidate.refs)
    rejected = {ref for ref, verdict in steering.verdicts.items() if not verdict.approved}
    banned = any(set(combination) <= refs for combination in steering.banned)
    frozen = all(
        ChoiceRef(predictor=predictor, part=part, id=id_) in refs
        for (predictor, part), id_ in steering.frozen.items()
    )
    return not refs & rejected and not banned and frozen
