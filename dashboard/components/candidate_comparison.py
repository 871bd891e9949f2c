"""Two to four candidates side by side: scores, texts, demos, and single examples."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.evaluation.evaluator import Trace
from core.results.comparison import MOST_COMPARED, Comparison, difference_in_words
from core.results.run_results import CandidateTexts, RunResults
from dashboard.components.demo_sets import render_demo_table
from dashboard.components.instruction_cards import render_prompt_run
from dashboard.components.measures import interval_text, mean_text, percent
from dashboard.components.predictor_choice import predictor_label
from dashboard.components.text_diff import render_text_diff

_WIDTHS = {"input": 330, "expected": 110}
"""Pixels; narrow enough that every candidate's output is in sight."""


def render_candidate_choice(
    results: RunResults, default: Sequence[str], *, key: str
) -> tuple[str, ...]:
    """The chosen candidates; the first one is the reference."""
    scores = results.tables.candidates.set_index("candidate")[["mean", "n", "full"]]

    def label(candidate: str) -> str:
        score, n, full = scores.loc[candidate]
        if pd.isna(score):
            return results.labels[candidate]
        seen = "full" if full else "partly"
        return f"{results.labels[candidate]} · {percent(score)} (n = {n}, {seen})"

    chosen = st.multiselect(
        "Candidates, the reference first",
        list(results.labels),
        default=list(default),
        format_func=label,
        max_selections=MOST_COMPARED,
        key=key,
    )
    return tuple(chosen)


def render_scores(comparison: Comparison, results: RunResults) -> None:
    """A card per candidate on the shared examples, and what the differences show."""
    for column, candidate in zip(
        st.columns(len(comparison.candidates)), comparison.candidates, strict=True
    ):
        with column.container(border=True, gap="xsmall", height="stretch"):
            mean = comparison.means.get(candidate)
            difference = comparison.differences.get(candidate)
            st.metric(
                results.labels[candidate],
                percent(mean.value) if mean else "–",
                delta=f"{100 * difference.value:+.1f} points" if difference else None,
            )
            st.caption(interval_text(mean) if mean else "No shared examples")
            for standing in (results.baseline, results.best):
                if standing and standing.candidate == candidate and standing.test:
                    st.caption(f"Test: {mean_text(standing.test)}")
                    break
    reference = results.labels[comparison.candidates[0]]
    for candidate, difference in comparison.differences.items():
        st.markdown(difference_in_words(difference, results.labels[candidate], reference))
        st.caption(f"{difference.method[0].upper()}{difference.method[1:]}.")
    st.caption("Better or worse is said only when the test (p up to 0.05) and the interval agree.")


def render_texts(chosen: Sequence[CandidateTexts], predictor: str) -> None:
    """The predictor's instructions, each beside the reference's, with the words that differ."""
    reference, *others = chosen
    before = reference.instructions[predictor]
    for other in others:
        after = other.instructions[predictor]
        st.caption(
            f"{reference.label} on the left, {other.label} on the right"
            + (": the same instruction" if before == after else "")
        )
        render_text_diff(before, after, before_name=reference.label, after_name=other.label)


def render_demos_side_by_side(chosen: Sequence[CandidateTexts], predictor: str) -> None:
    """The predictor's demos under each candidate."""
    columns = st.columns(2)
    for place, each in enumerate(chosen):
        with columns[place % 2]:
            _render_demos(each, predictor)


def predictor_names(names: Sequence[str]) -> dict[str, str]:
    """Predictor → a label that is safe as the title of a section."""
    return {name: predictor_label(name, place) for place, name in enumerate(names)}


def render_differing_examples(rows: pd.DataFrame, total: int, *, key: str) -> str | None:
    """The examples on which the candidates differ; the id of the selected one."""
    if rows.empty:
        st.caption("They score the same on every shared example.")
        return None
    listed = (
        f", the {len(rows)} with the largest difference are listed" if total > len(rows) else ""
    )
    st.caption(f"{total:,} examples{listed}. Select a row to see what happened.")
    picked = st.dataframe(
        rows.drop(columns="example"),
        key=key,
        hide_index=True,
        height=min(420, 38 + 35 * len(rows)),
        on_select="rerun",
        selection_mode="single-row",
        column_config={name: _column(name) for name in rows},
        alt="Examples on which the candidates differ",
    )
    selected = picked["selection"]["rows"]
    return str(rows["example"].iloc[selected[0]]) if selected else None


def _column(name: str) -> Any:
    if name.endswith(" score"):
        return st.column_config.NumberColumn(format="percent", width=72)
    return st.column_config.TextColumn(width=_WIDTHS.get(name, 170))


def render_traces(traces: Mapping[str, Trace | None], *, key: str) -> None:
    """What each candidate (label → trace) did on one example, stage by stage, side by side."""
    for column, (label, trace) in zip(st.columns(len(traces)), traces.items(), strict=True):
        with column:
            st.markdown(f"**{label}**")
            if trace is None:
                st.caption("No trace was kept.")
                continue
            _render_stages(trace)
            if st.toggle("Prompts and replies", key=f"{key}.{label}"):
                for run in trace.prompts:
                    render_prompt_run(run)


def _render_stages(trace: Trace) -> None:
    for number, stage in enumerate(trace.stages, start=1):
        with st.container(border=True, gap="xsmall"):
            st.badge(f"Stage {number}", color="gray")
            st.text(stage.predictor)
            for title, values in (("Given", stage.inputs), ("Answered", stage.outputs)):
                st.caption(title)
                for name, value in values.items():
                    st.text(f"{name}: {_text(value)}")


def _render_demos(texts: CandidateTexts, predictor: str) -> None:
    demos = texts.demos[predictor]
    st.caption(f"{texts.label}: {len(demos)} demos")
    if demos:
        render_demo_table(demos)


def _text(value: object) -> str:
    if isinstance(value, list):
        return "\n" + "\n".join(f"[{place}] {each}" for place, each in enumerate(value, start=1))
    return str(value)
