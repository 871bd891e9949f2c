"""What the run has cost and may still cost, model by model, beside its cap."""

import pandas as pd
import streamlit as st

from core.results.money import ModelMoney, Money
from dashboard.charts.money import MONEY_HEIGHT
from dashboard.components.live_chart import render_live_chart


def render_money(money: Money, chart: str, *, key: str) -> None:
    """The three figures people ask for, the chart and the table."""
    with st.grid(4, min_column_width=150):
        _card("LM calls", f"{money.total.calls:,}", _cap(money))
        _card("Projected", _count(money.total.projected_calls), "calls in all, at most")
        who = "both models" if len(money.rows) == 3 else "all models"
        _card("Spent", dollars(money.total.cost_usd), who)
        _card("Projected cost", dollars(money.total.projected_usd), "in all, at most")
    if money.passes_cap:
        st.text(
            "The plan needs more calls than the cap allows: the run will pause at the cap, and "
            "not one call is made beyond it."
        )
    render_live_chart(
        chart, key=f"{key}.chart", alt="LM calls made, in flight and to come", height=MONEY_HEIGHT
    )
    st.dataframe(
        money_frame(money),
        hide_index=True,
        key=f"{key}.table",
        alt="Calls, tokens and cost of each model",
    )


def money_frame(money: Money) -> pd.DataFrame:
    """One row per model and one for all; a dash where nothing is known."""
    return pd.DataFrame([{"": name, **_row(model)} for name, model in money.rows.items()])


def dollars(cost: float | None) -> str:
    """`$0.12`; `price unknown` is never zero."""
    return "price unknown" if cost is None else f"${cost:,.2f}"


def _row(model: ModelMoney) -> dict[str, str]:
    return {
        "Calls": f"{model.calls:,}",
        "From the cache": f"{model.cached:,}",
        "In flight": f"{model.reserved:,}",
        "Still to come": _count(model.remaining),
        "Projected calls": _count(model.projected_calls),
        "Tokens in": f"{model.input_tokens:,}",
        "Tokens out": f"{model.output_tokens:,}",
        "Spent": dollars(model.cost_usd),
        "Projected": dollars(model.projected_usd),
    }


def _card(title: str, value: str, below: str) -> None:
    with st.container(border=True, gap="xsmall", height="stretch"):
        # The dollar sign would start a formula.
        st.metric(title, value.replace("$", r"\$"))
        st.caption(below)


def _cap(money: Money) -> str:
    if money.cap is None:
        return "no cap"
    left = "" if money.left is None else f", {money.left:,} left"
    return f"of at most {money.cap:,}{left}"


def _count(calls: int | None) -> str:
    return "–" if calls is None else f"{calls:,}"
