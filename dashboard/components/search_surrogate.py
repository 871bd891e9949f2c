"""What the surrogate believes: effects, pairs of choices, who is the best, why this one next."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.results.run_results import RunResults
from core.runs.snapshot import Belief, Grid
from dashboard.charts.best_chances import CHANCES_HEIGHT, SURENESS_HEIGHT
from dashboard.charts.choice_heatmap import heatmap_height
from dashboard.charts.effects_forest import forest_height
from dashboard.components.live_chart import Click, render_live_chart
from dashboard.components.measures import percent


@dataclass(frozen=True, kw_only=True)
class CellAsked:
    """A cell of the grid that a person wants to look at."""

    row: int
    column: int


def render_belief_in_words(belief: Belief | None, results: RunResults) -> None:
    """Who leads and how surely; why the newest trial was started, or how it ended."""
    leads, next_one = belief_in_words(belief, results)
    st.text(leads)
    st.text(next_one)


def belief_in_words(belief: Belief | None, results: RunResults) -> tuple[str, str]:
    """Two sentences, the second of which may be empty.

    While the search goes on: whom the surrogate recommends, and why the newest trial was started.
    Once it has ended: who was found best, and whom the surrogate would have taken, if another.
    """
    if results.is_ended or results.evaluates:
        return _found(results), _last_view(belief, results)
    if belief is None:
        return "The surrogate has too few results to say anything yet.", ""
    why = f"Why this one next: {belief.reason}" if belief.reason else ""
    if belief.recommended is None:
        nobody = (
            "Nothing that was tried so far is permitted; the surrogate recommends no candidate."
        )
        return nobody, why
    if belief.recommended not in results.choices:
        return "", why
    label = results.names.candidate(results.choices[belief.recommended])
    return (
        f"The surrogate recommends {label}: with a probability of {belief.near_best:.0%} "
        "nothing else that is permitted is more than a point better."
    ), why


def _found(results: RunResults) -> str:
    best = results.best
    if best is None or best.val is None:
        return "No candidate was evaluated on all validation examples."
    if results.baseline is not None and best.candidate == results.baseline.candidate:
        best_one = f"the baseline, {best.short_label}"
    else:
        best_one = best.short_label
    n = f"{best.val.n:,} validation example{'' if best.val.n == 1 else 's'}"
    return f"Found best: {best_one}, with {percent(best.val.value)} on {n}."


def _last_view(belief: Belief | None, results: RunResults) -> str:
    """Only where it is another candidate than the best: the surrogate also knows part results."""
    own = belief.recommended if belief else None
    if belief is None or own not in results.choices:
        return ""
    if results.best is not None and own == results.best.candidate:
        return ""
    label = results.names.candidate(results.choices[own])
    return (
        f"At the end the surrogate's recommendation was {label}: it gave a probability of "
        f"{belief.near_best:.0%} that nothing else that is permitted is more than a point better."
    )


def render_sureness(chart: str, near_best: float, threshold: float | None, *, key: str) -> None:
    """How surely the recommended candidate is within a point of the best; where that ends it."""
    st.markdown("**Is the recommended candidate within a point of the best?**")
    ends = (
        f"The search may stop at {threshold:.0%}."
        if threshold is not None
        else "This optimizer spends its whole budget, however sure it is."
    )
    st.caption(ends)
    render_live_chart(
        chart,
        key=key,
        alt=f"Probability of {near_best:.0%} that nothing is more than a point better. {ends}",
        height=SURENESS_HEIGHT,
    )


def render_chances(chart: str, count: int, *, key: str) -> Click | None:
    """Bars of the probability of being the best; the one that was clicked."""
    st.markdown("**Which candidate is the best?**")
    st.caption("Probability of being the best of those tried. Click a bar to open it.")
    return render_live_chart(
        chart,
        key=key,
        alt=f"Probability of being the best, for {count} leading candidates",
        height=CHANCES_HEIGHT,
        clickable=True,
    )


def render_effects(chart: str | None, count: int, *, key: str) -> Click | None:
    """The forest plot of one predictor; the choice that was clicked."""
    st.markdown("**What does each choice do to the score?**")
    if chart is None:
        st.caption("No choice of this predictor has been compared with another yet.")
        return None
    st.caption("Beside the mean choice of this predictor. Click a mark to open it.")
    return render_live_chart(
        chart,
        key=key,
        alt=f"Effects of {count} instructions and demo sets on the score, with 90 % intervals",
        height=forest_height(count),
        clickable=True,
    )


def render_alike(alike: float | None) -> None:
    """That candidates with a choice in common answer alike, where they do."""
    if alike is not None:
        st.caption(
            "Candidates with a choice in common tend to be right and wrong on the same examples: "
            f"this accounts for {alike:.0%} of what neither the candidate's score nor the "
            "example's difficulty explains. The surrogate allows for it, and such candidates get "
            "different examples first."
        )


def render_heatmap(chart: str | None, grid: Grid | None, *, key: str) -> CellAsked | None:
    """Instruction by demo set; the cell that was clicked."""
    st.markdown("**Instruction × demo set**")
    if chart is None or grid is None:
        st.caption("There is nothing to combine here yet.")
        return None
    more = "" if grid.complete else " Only the most promising are shown."
    st.caption(
        "All other predictors as in the recommended candidate. Click a cell to queue, ban or "
        f"freeze it.{more}"
    )
    click = render_live_chart(
        chart,
        key=key,
        alt=(
            f"Predicted scores of {len(grid.instructions)} instructions with "
            f"{len(grid.demo_sets)} demo sets, and the number of results of each pair"
        ),
        height=heatmap_height(len(grid.instructions)),
        clickable=True,
    )
    return None if click is None else cell_of(click.custom, grid)


def render_cell_choice(
    grid: Grid, rows: Sequence[str], columns: Sequence[str], *, key: str
) -> CellAsked | None:
    """The same choice without a mouse; `rows` and `columns` are the names."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = st.selectbox(
            "Instruction", range(len(rows)), format_func=lambda i: rows[i], key=f"{key}.row"
        )
        column = st.selectbox(
            "Demo set", range(len(columns)), format_func=lambda i: columns[i], key=f"{key}.column"
        )
        asked = st.button("Open this pair", key=f"{key}.open", icon=":material/visibility:")
    return cell_of([row, column], grid) if asked else None


def cell_of(custom: object, grid: Grid) -> CellAsked | None:
    """The cell that a click names; None for anything that is not in the grid."""
    if not isinstance(custom, list) or len(custom) != 2:
        return None
    row, column = custom
    if not isinstance(row, int | float) or not isinstance(column, int | float):
        return None
    if 0 <= row < len(grid.instructions) and 0 <= column < len(grid.demo_sets):
        return CellAsked(row=int(row), column=int(column))
    return None


def render_settings_importance(importance: dict[str, float]) -> None:
    """How much each setting of the proposer mattered, for optimizers that learn them."""
    if not importance:
        return
    st.caption("Learnt importance of the proposer's settings, as shares of the scores' variance")
    st.dataframe(
        pd.DataFrame(
            {
                "setting": [name.replace("_", " ") for name in importance],
                "importance": [f"{share:.0%}" for share in importance.values()],
            }
        ),
        hide_index=True,
        key="monitor.settings",
        alt="Learnt importance of the proposer's settings",
    )
