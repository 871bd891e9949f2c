"""What a run has made so far, section by section."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from core.evaluation.evaluator import PromptRun
from core.results.comparison import MOST_COMPARED
from core.results.run_results import RunResults
from dashboard.charts import predictions
from dashboard.components.candidate_table import render_candidate_table
from dashboard.components.demo_sets import render_demo_sets
from dashboard.components.instruction_cards import render_instruction_cards
from dashboard.components.live_chart import render_live_chart
from dashboard.components.predictor_choice import render_predictor_choice


def render_candidates(
    results: RunResults, candidate_table: pd.DataFrame, predictions_chart: str, *, key: str
) -> list[str]:
    """Table and predictions; once somebody asks to compare the selected candidates, their ids.

    A single selected candidate is compared with the baseline.
    """
    table, chart = st.columns([3, 2])
    with table:
        ids = list(results.labels)
        chosen = render_candidate_table(candidate_table, ids, key=f"{key}.candidates")
        if len(chosen) == 1 and results.baseline and results.baseline.candidate not in chosen:
            chosen = [results.baseline.candidate, *chosen]
        asked = st.button(
            f"Compare selected ({len(chosen)})" if len(chosen) > 1 else "Compare selected",
            key=f"{key}.compare",
            icon=":material/compare_arrows:",
            disabled=not 2 <= len(chosen) <= MOST_COMPARED,
            help=f"Select up to {MOST_COMPARED} rows; one alone is compared with the baseline.",
        )
    with chart:
        render_live_chart(
            predictions_chart,
            key=f"{key}.predictions",
            alt="Predicted and observed scores of the candidates with the highest predictions",
            height=predictions.HEIGHT,
        )
    return chosen if asked else []


def render_instructions(
    results: RunResults, proposal: Callable[[str], PromptRun | None], *, key: str
) -> None:
    """The instructions of one predictor; `proposal` reads what the proposer was sent."""
    if not results.instructions:
        st.caption("The worker has not looked at the program yet.")
        return
    predictor = render_predictor_choice(list(results.instructions), key=f"{key}.predictor")
    table = results.tables.instructions
    render_instruction_cards(
        results.instructions[predictor],
        used_by=dict(zip(table["id"], table["candidates"], strict=True)),
        proposal=proposal,
        key=f"{key}.{predictor}",
    )


def render_demo_section(results: RunResults, *, key: str) -> None:
    """The demo sets of one predictor."""
    if not results.demo_sets:
        st.caption("No demo set has been built yet.")
        return
    predictor = render_predictor_choice(list(results.demo_sets), key=f"{key}.demo_predictor")
    render_demo_sets(results.demo_sets[predictor], key=f"{key}.demos.{predictor}")
