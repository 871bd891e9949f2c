"""What the run may take, phase by phase."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.costs import CHARACTERS_PER_TOKEN, PhaseCost, total_cost


def render_call_estimate(lines: Sequence[PhaseCost]) -> None:
    """Totals, and a table with a line per phase."""
    total = total_cost(lines)
    by_role = {role: sum(each.calls for each in lines if each.role == role) for role in _ROLES}
    with st.container(horizontal=True):
        st.metric("LM calls, at most", f"{total.calls:,}", border=True)
        st.metric("To the task model", f"{by_role['task model']:,}", border=True)
        st.metric("To the prompt model", f"{by_role['prompt model']:,}", border=True)
        if by_role["teacher model"]:
            st.metric("To the teacher model", f"{by_role['teacher model']:,}", border=True)
        if by_role["judge"]:
            st.metric("To the judge", f"{by_role['judge']:,}", border=True)
        st.metric("Cost, roughly", cost_text(total.cost_usd), border=True)
    frame = estimate_frame([*lines, total]).rename(columns=str.capitalize)
    st.dataframe(frame, hide_index=True, alt="LM calls, tokens and cost by phase")
    st.caption(
        "Calls are upper bounds: results are used again wherever they fit, and retries come on "
        f"top. Tokens are a guess: {CHARACTERS_PER_TOKEN} characters to a token, prompts as long "
        "as that of one example with full demo sets."
    )


def estimate_frame(lines: Sequence[PhaseCost]) -> pd.DataFrame:
    """Phase, model, calls, tokens and cost as shown."""
    return pd.DataFrame(
        {
            "phase": [line.phase for line in lines],
            "model": [line.role for line in lines],
            "calls": [line.calls for line in lines],
            "tokens": [tokens_text(line.tokens) for line in lines],
            "cost": [cost_text(line.cost_usd) for line in lines],
        }
    )


def tokens_text(tokens: int | None) -> str:
    """`1.2 M`, `340 k`, `900`, or `unknown`."""
    if tokens is None:
        return "unknown"
    if tokens >= 1_000_000:
        return f"{tokens / 1e6:.1f} M"
    return f"{tokens / 1e3:.0f} k" if tokens >= 10_000 else f"{tokens:,}"


def cost_text(cost_usd: float | None) -> str:
    """`$1.20`, `< $0.01`, `free`, or `unknown`."""
    if cost_usd is None:
        return "unknown"
    if cost_usd == 0:
        return "free"
    return f"${cost_usd:,.2f}" if cost_usd >= 0.01 else "< $0.01"


_ROLES = ("task model", "prompt model", "teacher model", "judge")
