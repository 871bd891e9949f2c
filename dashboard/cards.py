"""What the dialogs of the Monitor page show, gathered from the run as it is now."""

from functools import partial
from itertools import islice

import pandas as pd

from core.evaluation.statistics import Mean, mean
from core.programs.candidate import Candidate, ChoiceRef
from core.results.answers import part_means
from core.results.frames import FAILURE_COLUMNS, PREDICTED_REACH
from core.runs.choices import is_sound
from core.runs.parts import Trial
from core.runs.state import RunState
from dashboard import acting, services
from dashboard.components.branch_dialog import Inheritance
from dashboard.components.candidate_dialog import CandidateCard, card_parts
from dashboard.components.measures import mean_text, percent
from dashboard.components.notices import render_problem
from dashboard.components.trial_card import TrialCard
from dashboard.figures import belief_of
from dashboard.materials import store

MOST_FAILURES = 30
MOST_WITH_PARTS = 200
"""Examples whose traces are read for the parts of a weighted metric."""


def candidate_card(
    view: services.RunView, candidate: Candidate, predictor: str | None
) -> CandidateCard:
    """A candidate that need not have been tried; of `predictor`, where one is in question."""
    results = view.results
    refs = sorted(candidate.refs, key=lambda ref: ref.predictor != predictor)
    instructions = {
        (name, each.id): each.text for name, own in results.instructions.items() for each in own
    }
    demos = {(name, each.id): each.demos for name, own in results.demo_sets.items() for each in own}
    texts, shown = card_parts(candidate, instructions, demos)
    first = [] if predictor is None else [predictor]
    order = [*first, *(name for name in texts if name != predictor)]
    queued = {each.candidate.id for each in results.steering.queue}
    marked = [ref for ref in refs if predictor is None or ref.predictor == predictor]
    return CandidateCard(
        candidate=candidate,
        name=results.names.candidate(candidate),
        observed=_observed(view, candidate.id),
        predicted=_predicted(view, candidate),
        parts=_parts(view, candidate.id),
        choices=tuple((ref, results.names.choice(ref)) for ref in refs),
        texts={name: texts[name] for name in order},
        demos=shown,
        marked=tuple(marked),
        frozen=frozenset(
            ChoiceRef(predictor=name, part=part, id=id_)
            for (name, part), id_ in results.steering.frozen.items()
        ),
        queued=candidate.id in queued,
        tried=candidate.id in results.choices,
        why_not=_why_not(view, candidate),
        examples=results.sizes[1],
    )


def trial_card(view: services.RunView, number: int) -> TrialCard | None:
    """The trial with this number; None when there is none."""
    return services.ask(view.run.id, partial(_trial, number=number, view=view))


def failures_between(view: services.RunView, first: float, last: float) -> pd.DataFrame:
    """The failures of this stretch of time, oldest first; at most 30."""
    found = (each for each in view.results.failures if first <= each[0] <= last)
    rows = [
        (at, where, one.kind, one.message, one.stage)
        for at, where, one in islice(found, MOST_FAILURES)
    ]
    return pd.DataFrame(rows, columns=FAILURE_COLUMNS)


def inheritance(view: services.RunView) -> Inheritance:
    """What a branch of this run would begin with."""
    results = view.results
    return Inheritance(
        instructions=sum(map(len, results.instructions.values())),
        demo_sets=sum(map(len, results.demo_sets.values())),
        results=services.ask(view.run.id, lambda state: sum(map(len, state.results.values()))),
        calls=results.usage.calls,
    )


def render_refusal(run: str) -> None:
    """Why the decision that was just taken cannot be accepted."""
    refused = acting.notice(run)
    if refused is not None and refused.problem:
        render_problem("This cannot be accepted", refused.words)
        acting.forget()


def _observed(view: services.RunView, candidate: str) -> str:
    found = view.results.tables.val.get(candidate)
    return mean_text(found) if found else "never tried"


def _parts(view: services.RunView, candidate: str) -> dict[str, Mean]:
    """Means of the parts of a weighted metric, over at most so many of its examples."""
    if view.run.config.metric != "weighted":
        return {}

    def scored(state: RunState) -> list[str]:
        results = state.results.get(candidate, {})
        return [example for example, each in results.items() if each.score is not None]

    examples = services.ask(view.run.id, scored)[:MOST_WITH_PARTS]
    return part_means(store(), view.run.id, candidate, examples)


def _predicted(view: services.RunView, candidate: Candidate) -> str:
    belief, snapshot = belief_of(view), view.snapshot
    guess = None if snapshot is None else snapshot.predictions.get(candidate.id)
    for each in () if belief is None else belief.considered:
        if each.candidate.id == candidate.id:
            guess = each.predicted
    for grid in () if belief is None else belief.grids:
        row, column = _place(view, candidate, grid.predictor)
        if guess is None and row is not None and column is not None:
            cell = view.results.candidate_at(grid, row, column)
            if cell.id == candidate.id:
                low = grid.mean[row][column] - PREDICTED_REACH * grid.sd[row][column]
                high = grid.mean[row][column] + PREDICTED_REACH * grid.sd[row][column]
                return _interval(grid.mean[row][column], low, high)
    if guess is None:
        return "unknown"
    reach = PREDICTED_REACH * guess.sd
    return _interval(guess.mean, guess.mean - reach, guess.mean + reach)


def _place(
    view: services.RunView, candidate: Candidate, predictor: str
) -> tuple[int | None, int | None]:
    belief = belief_of(view)
    grid = next((g for g in (belief.grids if belief else ()) if g.predictor == predictor), None)
    choice = candidate.choices[predictor]
    if grid is None or belief is None or belief.recommended is None:
        return None, None
    if choice.instruction not in grid.instructions or choice.demo_set not in grid.demo_sets:
        return None, None
    return grid.instructions.index(choice.instruction), grid.demo_sets.index(choice.demo_set)


def _interval(value: float, low: float, high: float) -> str:
    return f"{percent(value)} (90 %: {100 * max(0.0, low):.1f} to {100 * min(1.0, high):.1f})"


def _why_not(view: services.RunView, candidate: Candidate) -> str | None:
    if services.ask(view.run.id, lambda state: is_sound(state, candidate)):
        return None
    return (
        "It cannot be queued: it uses an instruction or demo set that was rejected, or lacks a "
        "locked text."
    )


def _trial(state: RunState, number: int, view: services.RunView) -> TrialCard | None:
    trial = state.trials.get(number)
    if trial is None:
        return None
    return TrialCard(
        number=number,
        purpose=trial.purpose,
        candidate=trial.candidate,
        name=view.results.names.candidate(state.candidates[trial.candidate]),
        reason=trial.reason,
        score=_score(state, trial),
        failed=trial.failed,
        examples=len(trial.examples),
        started=trial.started,
        finished=trial.finished,
        cancelled=trial.cancelled,
    )


def _score(state: RunState, trial: Trial) -> Mean | None:
    kept = state.test_results if trial.purpose == "test" else state.results
    known = kept.get(trial.candidate, {})
    scores = [known[each].score for each in trial.examples if each in known]
    found = [score for score in scores if score is not None]
    return mean(found) if found else None
