"""Which predictor deserves the credit: shares of variation, and ablations that measure it."""

import streamlit as st

from core.results.credit import Ablation, AblationTable
from dashboard.charts.credit import credit_height
from dashboard.components.live_chart import render_live_chart


def render_credit_shares(chart: str | None, predictors: int, *, key: str) -> None:
    """The stacked bars, or what can be said before there are any."""
    st.markdown("**Whose choices make candidates differ?**")
    if chart is None:
        st.caption("Too few results yet to tell the predictors apart.")
        return
    st.caption("Shares of the variation between candidates that the surrogate explains.")
    render_live_chart(
        chart,
        key=key,
        alt=f"Share of the explained variation for {predictors} predictors, by kind of choice",
        height=credit_height(predictors),
    )


def render_ablations(table: AblationTable | None, *, key: str) -> Ablation | None:
    """What putting one predictor back to the baseline does; the row that is to be measured."""
    st.markdown("**What happens without it?**")
    if table is None:
        st.caption("There is no best candidate beside the baseline yet, so nothing to take apart.")
        return None
    st.caption(
        f"{table.label} with one predictor put back to the baseline's choice, on the same "
        "examples. Measuring costs one evaluation; what is known already is used again."
    )
    asked = [row for place, row in enumerate(table.rows) if _render_row(row, f"{key}.{place}")]
    if table.as_given:
        st.text(f"Left as the program has it: {', '.join(table.as_given)}.")
    return asked[0] if asked else None


def _render_row(row: Ablation, key: str) -> bool:
    """One ablation; True once it is asked for."""
    with st.container(border=True, key=f"{key}.row"):
        left, middle, right = st.columns([2, 4, 1], vertical_alignment="center")
        with left:
            st.text(row.name)
            st.caption(difference_text(row))
        middle.text(row.words)
        return right.button(
            "Queued" if row.queued else "Measured" if row.whole else "Measure",
            key=f"{key}.measure",
            icon=":material/science:",
            disabled=row.queued or row.whole,
            width="stretch",
        )


def difference_text(row: Ablation) -> str:
    """`+4.1 points (95 %: +1.0 to +7.2), n = 60`: the candidate beside its ablation."""
    found = row.difference
    if found is None:
        return "Not measured"
    return (
        f"{100 * found.value:+.1f} points "
        f"(95 %: {100 * found.low:+.1f} to {100 * found.high:+.1f}), n = {found.n:,}"
    )
