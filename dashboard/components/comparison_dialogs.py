"""The forms of the Compare page's dialogs: evaluate more, and take in candidates of another run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.comparison.entrants import PARTS
from core.runs.decisions import MOST_REPEATS, ExamplePart
from core.runs.evaluations import EvaluationCost
from dashboard.components.measures import price_text
from dashboard.components.notices import render_problem
from dashboard.theme import legible


@dataclass(frozen=True, kw_only=True)
class EvaluationWish:
    """What a person wants evaluated."""

    places: tuple[int, ...]
    """Of the entrants."""
    part: ExamplePart
    examples: int | None
    """In all, for each of them; None for every example of the part."""
    repeats: int
    max_calls: int | None


@dataclass(frozen=True, kw_only=True)
class FittingRun:
    """A run whose candidates can be compared with those that are there."""

    run_id: str
    words: str
    """Its name and what tells it from others."""


def render_evaluation_form(
    labels: Sequence[str], sizes: Mapping[ExamplePart, int], part: ExamplePart, *, key: str
) -> EvaluationWish:
    """What is filled in; `sizes`: part → examples that there are."""
    places = st.multiselect(
        "Candidates",
        range(len(labels)),
        default=list(range(len(labels))),
        format_func=lambda place: labels[place],
        key=f"{key}.who",
        help="The same examples for all of them. Only what is missing is paid for.",
    )
    chosen = st.segmented_control(
        "Examples",
        list(sizes),
        default=part,
        required=True,
        format_func=lambda each: legible(f"{PARTS[each].capitalize()} ({sizes[each]:,})"),
        key=f"{key}.part",
    )
    with st.grid(3, min_column_width=150):
        examples = st.number_input(
            "How many in all", min_value=1, value=None, step=10, placeholder="All of them",
            key=f"{key}.examples",
        )  # fmt: skip
        repeats = st.number_input(
            "Runs of each", min_value=1, max_value=MOST_REPEATS, value=1, step=1,
            key=f"{key}.repeats", help="More than one shows the model's own noise.",
        )  # fmt: skip
        calls = st.number_input(
            "LM calls at most", min_value=1, value=None, step=100, placeholder="The run's cap",
            key=f"{key}.calls",
        )  # fmt: skip
    return EvaluationWish(
        places=tuple(sorted(places)),
        part=chosen or part,
        examples=None if examples is None else int(examples),
        repeats=int(repeats),
        max_calls=None if calls is None else int(calls),
    )


def render_cost(cost: EvaluationCost | str, *, key: str) -> bool:
    """What it will take, or in words why it cannot be done; True once it is to be done."""
    if isinstance(cost, str):
        render_problem("This cannot be evaluated.", cost)
    elif cost.results == 0:
        st.info("Nothing is missing: all of this is there already.", icon=":material/check:")
    else:
        st.markdown(cost_in_words(cost))
    return st.button(
        "Evaluate",
        type="primary",
        icon=":material/play_arrow:",
        disabled=isinstance(cost, str) or cost.results == 0,
        key=f"{key}.start",
    )


def cost_in_words(cost: EvaluationCost) -> str:
    """What it will take, as a sentence in Markdown."""
    price = _price(cost.cost_usd)
    return f"**At most {cost.calls:,} LM calls** for {cost.results:,} missing runs, {price}."


def _price(dollars: float | None) -> str:
    if dollars is None:
        return "price not known"
    return f"about {price_text(dollars)}" if dollars else "no cost"


def render_other_run(
    runs: Sequence[FittingRun],
    refused: Sequence[tuple[str, str]],
    options: Callable[[str], Mapping[str, str]],
    room: int,
    *,
    key: str,
) -> list[str]:
    """Names of the candidates to take in, once that was asked for.

    `options` has the candidates of a run: name → how it is shown. `refused`: (run, why it does not
    fit). `room` is how many more can be taken in.
    """
    asked: list[str] = []
    if not runs:
        st.info("No other run is on the same examples with the same metric.")
    else:
        asked = _render_fitting(runs, options, room, key=key)
    if refused:
        count = len(refused)
        with st.expander(f"{count} run{'' if count == 1 else 's'} that cannot be compared"):
            for name, why in refused:
                with st.container(border=True, gap=None):
                    st.text(name)
                    st.text(why)
    return asked


def _render_fitting(
    runs: Sequence[FittingRun], options: Callable[[str], Mapping[str, str]], room: int, *, key: str
) -> list[str]:
    place = st.selectbox(
        "Run", range(len(runs)), format_func=lambda at: runs[at].words, key=f"{key}.run"
    )
    known = options(runs[place or 0].run_id)
    if not known:
        st.info("This run has not tried a candidate yet.")
    chosen = st.multiselect(
        "Candidates",
        list(known),
        default=list(known)[:1],
        format_func=lambda name: known[name],
        max_selections=max(1, room),
        key=f"{key}.candidates.{place}",
    )
    if room < 1:
        st.caption("Four are compared already. Take one out first.")
    added = st.button(
        "Add", type="primary", icon=":material/add:", disabled=not chosen or room < 1,
        key=f"{key}.add",
    )  # fmt: skip
    return list(chosen) if added else []
