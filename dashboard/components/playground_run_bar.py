"""What a run of the Playground's columns will cost, said before it, and its buttons."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from core.lm.usage import Usage
from dashboard.components.playground_answer import money_text


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """What pressing Run would ask."""

    model: str
    offline: bool
    columns: int
    """Columns that can be asked."""
    missing: int
    """Those without an answer to this input."""
    calls_per_run: int
    """Calls to the model for one run of the program."""
    spent: Usage
    """What runs of the program have taken so far."""
    runs: int
    """How many these were; 0 when nothing is known."""


def render_run_bar(
    plan: RunPlan, problem: str | None, *, key: str
) -> Literal["run", "afresh"] | None:
    """What it will cost, and what was pressed; `problem` says why nothing can be asked."""
    with st.container(horizontal=True, vertical_alignment="center"):
        run = st.button(
            "Run",
            key=f"{key}.run",
            type="primary",
            icon=":material/play_arrow:",
            disabled=problem is not None,
        )
        afresh = st.button(
            "Ask afresh",
            key=f"{key}.afresh",
            icon=":material/refresh:",
            disabled=problem is not None or plan.missing == plan.columns,
            help="Asks the model again in every column, answers that are at hand included.",
        )
        st.text(plan_text(plan), width="stretch")
    if plan.offline:
        st.caption(
            ":material/info: The answers are simulated: the run's task model is the built-in "
            "offline matcher, not an LLM."
        )
    if run:
        return "run"
    return "afresh" if afresh else None


def plan_text(plan: RunPlan) -> str:
    """`2 columns × 3 calls: up to 6 calls to gpt, about $0.0021. The answer of 1 is kept.`"""
    if not plan.columns:
        return "No column can be asked."
    if not plan.missing:
        return "Nothing new to ask: every column has its answer below."
    calls = plan.missing * plan.calls_per_run
    kept = plan.columns - plan.missing
    parts = [
        f"{_count(plan.missing, 'column')} × {_count(plan.calls_per_run, 'call')} to {plan.model}: "
        f"{_count(calls, 'call')}{_price(plan)}."
    ]
    if kept:
        parts.append(
            "The answer of 1 column is kept."
            if kept == 1
            else f"The answers of {kept} columns are kept."
        )
    return " ".join(parts)


def _price(plan: RunPlan) -> str:
    """About as much as these columns take, where runs of the program have told."""
    if plan.offline or not plan.runs:
        return ""
    share = plan.missing / plan.runs
    tokens = share * (plan.spent.input_tokens + plan.spent.output_tokens)
    money = f", {money_text(share * plan.spent.cost_usd)}" if plan.spent.priced else ""
    return f", about {tokens:,.0f} tokens{money}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
