"""Which candidates can be compared: those of the open run, and of other runs that fit."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.comparison.entrants import Entrant, check_comparable
from core.errors import ConfigError, RunUnreadable
from core.results.run_results import RunResults
from core.runs.config import RunConfig
from core.runs.store import StoredRun
from dashboard import services
from dashboard.comparing_link import name_of
from dashboard.components.comparison_dialogs import FittingRun
from dashboard.components.measures import percent


@dataclass(frozen=True, kw_only=True)
class Known:
    """The entrants of an address, those that cannot be shown apart."""

    entrants: tuple[Entrant, ...]
    options: dict[str, str]
    """Name → how it is shown, of everything that can be chosen."""
    problems: tuple[str, ...]
    """Why others cannot be shown, in words."""


def known(view: services.RunView, entrants: Sequence[Entrant]) -> Known:
    """What can be shown of these, and chosen beside them."""
    options = {
        name_of(Entrant(run_id=view.run.id, candidate=each)): words
        for each, words in _candidates(view.results).items()
    }
    problems: list[str] = []
    for run in dict.fromkeys(each.run_id for each in entrants if each.run_id != view.run.id):
        other = _run(run)
        if isinstance(other, str):
            problems.append(other)
            continue
        own = _candidates(other.results)
        chosen = [each for each in entrants if each.run_id == run and each.candidate in own]
        name = other.run.config.name
        options |= {name_of(each): f"{name}: {own[each.candidate]}" for each in chosen}
    kept = tuple(each for each in entrants if name_of(each) in options)
    read = {each.run_id for each in kept} | {view.run.id}
    lost = sum(each.run_id in read and name_of(each) not in options for each in entrants)
    if lost:
        problems.append(
            f"{lost} of the candidates in this link {'is' if lost == 1 else 'are'} not in the run."
        )
    return Known(entrants=kept, options=options, problems=tuple(problems))


def candidates_of(run: str) -> dict[str, str]:
    """Name → how it is shown, of a run's candidates, its best first."""
    view = _run(run)
    if isinstance(view, str):
        return {}
    results = view.results
    order = dict.fromkeys([*reversed(results.contrast), *results.labels])
    own = _candidates(results)
    return {name_of(Entrant(run_id=run, candidate=each)): own[each] for each in order}


def fitting(config: RunConfig, besides: str) -> tuple[list[FittingRun], list[tuple[str, str]]]:
    """Other runs that can be compared with this one, and (run, why not) of those that cannot."""
    fit: list[FittingRun] = []
    refused: list[tuple[str, str]] = []
    for run, _ in services.runs():
        if run.id == besides:
            continue
        try:
            check_comparable(config, run.config)
            fit.append(FittingRun(run_id=run.id, words=_words(run)))
        except ConfigError as error:
            refused.append((_words(run), str(error)))
    return fit, refused


def _words(run: StoredRun) -> str:
    return f"{run.config.name} · {run.config.task_model.label} · {run.id[:6]}"


def _run(run: str) -> services.RunView | str:
    """The run, or why it cannot be shown."""
    try:
        view = services.run_view(run)
    except RunUnreadable as error:
        return str(error)
    return f"The run {run} of this link does not exist any more." if view is None else view


def _candidates(results: RunResults) -> dict[str, str]:
    """Candidate → its label with its score."""
    val = results.tables.val
    return {
        each: f"{label} · {percent(val[each].value)} (n = {val[each].n:,})"
        if each in val
        else label
        for each, label in results.labels.items()
    }
