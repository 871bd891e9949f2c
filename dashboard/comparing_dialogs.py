"""The dialogs of the Compare page: which one is open, and what is done with the answers."""

from collections.abc import Sequence
from functools import partial
from typing import Literal, NoReturn

import streamlit as st

from core.comparison.entrants import MOST_COMPARED, Entrant
from core.errors import DatasetNotFound, InputError, RunNotFound
from core.runs.authoring import requested_evaluation
from core.runs.config import RunConfig
from core.runs.decisions import ExamplePart
from core.runs.evaluations import EvaluationCost, evaluation_cost
from core.runs.state import RunState
from dashboard import cards, comparing_entrants, comparing_state, services, session, steer
from dashboard.acting import act
from dashboard.comparing import Subject
from dashboard.comparing_link import entrants_of
from dashboard.components.comparison_dialogs import (
    EvaluationWish,
    render_cost,
    render_evaluation_form,
    render_other_run,
)
from dashboard.materials import task

Dialog = Literal["evaluate", "add"]
_OPEN = "compare.dialog"
_KEY = "compare.dialog.content"


def open_dialog(run: str, dialog: Dialog) -> NoReturn:
    """Have the page of this run draw it."""
    session.choose(_OPEN, (run, dialog))
    st.rerun()


def close_dialog() -> None:
    """Draw none from now on."""
    session.choose(_OPEN, None)


def opened(run: str) -> Dialog | None:
    """The dialog that is open; while one is, the page must not be drawn anew."""
    kept = session.chosen(_OPEN)
    return kept[1] if isinstance(kept, tuple) and kept[0] == run else None


def show_add(view: services.RunView, entrants: Sequence[Entrant]) -> None:
    """Take in candidates of another run."""

    @st.dialog("Add from another run", width="large", on_dismiss=close_dialog)
    def add_dialog() -> None:
        runs, refused = comparing_entrants.fitting(view.run.config, view.run.id)
        added = render_other_run(
            runs,
            refused,
            comparing_entrants.candidates_of,
            MOST_COMPARED - len(entrants),
            key=f"{_KEY}.add",
        )
        if added:
            comparing_state.show_entrants(dict.fromkeys([*entrants, *entrants_of(added)]))
            close_dialog()
            st.rerun()

    add_dialog()


def show_evaluate(view: services.RunView, subject: Subject, labels: Sequence[str]) -> None:
    """Ask for more results, knowing what they cost."""

    @st.dialog("Evaluate more", width="large", on_dismiss=close_dialog)
    def evaluate_dialog() -> None:
        wish = render_evaluation_form(labels, _sizes(subject), subject.part, key=_KEY)
        chosen = [subject.entrants[place] for place in wish.places]
        if not chosen:
            st.info("Choose at least one candidate.")
            return
        if render_cost(_cost(chosen, wish), key=_KEY):
            _start(view.run.id, chosen, wish)

    evaluate_dialog()


def _start(run: str, chosen: Sequence[Entrant], wish: EvaluationWish) -> None:
    """Close on success; a refusal is shown in the dialog, whose answers stay."""
    count = len(chosen)
    words = f"Asked for more results of {'1 candidate' if count == 1 else f'{count} candidates'}."
    if act(run, words, partial(_evaluate, chosen, wish)):
        close_dialog()
        comparing_state.show_part(wish.part)
        st.rerun()
    cards.render_refusal(run)


def _evaluate(chosen: Sequence[Entrant], wish: EvaluationWish) -> None:
    for run, own in _by_run(chosen).items():
        steer.evaluate(
            run, own, wish.part, wish.examples, wish.repeats, _share(wish, _by_run(chosen))
        )


def _cost(chosen: Sequence[Entrant], wish: EvaluationWish) -> EvaluationCost | str:
    """What it will take in all runs together, or why it cannot be done."""
    runs = _by_run(chosen)
    try:
        costs = [_cost_in(run, own, wish, _share(wish, runs)) for run, own in runs.items()]
    except (InputError, DatasetNotFound, RunNotFound) as error:
        return str(error)
    prices = [each.cost_usd for each in costs if each.cost_usd is not None]
    return EvaluationCost(
        results=sum(each.results for each in costs),
        calls=sum(each.calls for each in costs),
        cost_usd=sum(prices) if len(prices) == len(costs) else None,
    )


def _cost_in(
    run: str, candidates: Sequence[str], wish: EvaluationWish, max_calls: int | None
) -> EvaluationCost:
    prepared = task(_config(run))

    def cost(state: RunState) -> EvaluationCost:
        said = requested_evaluation(
            state, candidates, by=session.person(), part=wish.part, examples=wish.examples,
            repeats=wish.repeats, max_calls=max_calls,
        )  # fmt: skip
        return evaluation_cost(state, said, prepared)

    return services.ask(run, cost)


def _share(wish: EvaluationWish, runs: dict[str, list[str]]) -> int | None:
    """The bound of each run, so that all together keep to the one that was given."""
    return None if wish.max_calls is None else max(1, wish.max_calls // len(runs))


def _by_run(chosen: Sequence[Entrant]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in chosen:
        found.setdefault(each.run_id, []).append(each.candidate)
    return found


def _config(run: str) -> RunConfig:
    view = services.run_view(run)
    if view is None:
        raise RunNotFound(f"no run {run!r}")
    return view.run.config


def _sizes(subject: Subject) -> dict[ExamplePart, int]:
    """Part → examples that there are in the largest of the runs."""
    views = [services.run_view(run) for run in {each.run_id for each in subject.entrants}]
    sizes = [view.results.sizes for view in views if view is not None]
    found: dict[ExamplePart, int] = {
        "validation": max(each[1] for each in sizes),
        "test": max(each[2] for each in sizes),
    }
    return {part: size for part, size in found.items() if size or part == subject.part}
