"""What two entrants tell and show each predictor, and the exact messages for one example."""

from collections.abc import Sequence

import streamlit as st

from core.comparison.messages import Message
from core.programs.candidate import Demo
from core.results.run_results import CandidateTexts
from dashboard.components.demo_sets import render_demo_table
from dashboard.components.predictor_choice import predictor_label
from dashboard.components.text_diff import render_text_diff


def render_pair_choice(labels: Sequence[str], *, key: str) -> tuple[int, int]:
    """Which two are put side by side; of two there is no choice. The keys are `KEY.left`, …."""
    if len(labels) == 2:
        return 0, 1
    columns = st.columns(2)
    chosen = [
        column.selectbox(
            title,
            range(len(labels)),
            format_func=lambda place: labels[place],
            index=start,
            key=f"{key}.{title.lower()}",
        )
        for start, (column, title) in enumerate(zip(columns, ("Left", "Right"), strict=True))
    ]
    return chosen[0] or 0, chosen[1] or 0


def render_texts(
    left: CandidateTexts, right: CandidateTexts, labels: tuple[str, str], predictor: str
) -> None:
    """Both instructions with the words that differ, and the demos of both."""
    before, after = left.instructions[predictor], right.instructions[predictor]
    heads = st.columns(2)
    same = ": the same instruction" if before == after else ""
    for column, label in zip(heads, labels, strict=True):
        column.text(f"{label}{same}")
    render_text_diff(before, after, before_name=labels[0], after_name=labels[1])
    both = (left.demos[predictor], right.demos[predictor])
    if both[0] == both[1]:
        st.caption(f"The same {_count(both[0])} on both sides.")
        if both[0]:
            render_demo_table(both[0])
        return
    for column, demos in zip(st.columns(2), both, strict=True):
        with column:
            st.caption(_count(demos))
            if demos:
                render_demo_table(demos)


def render_call_choice(
    labels: Sequence[str], predictors: Sequence[Sequence[str]], examples: Sequence[str], *, key: str
) -> tuple[int, str, str | None]:
    """(entrant, predictor, example) whose messages are shown; no example where there is none.

    `predictors` are those of each entrant.
    """
    with st.grid(3, min_column_width=170):
        place = st.selectbox(
            "Candidate", range(len(labels)), format_func=lambda at: labels[at], key=f"{key}.whose"
        )
        own = predictors[place or 0]
        predictor = st.selectbox(
            "Predictor",
            range(len(own)),
            format_func=lambda at: predictor_label(own[at], at),
            key=f"{key}.predictor.{place}",
        )
        example = st.selectbox("Example (row of the dataset)", list(examples), key=f"{key}.example")
    return place or 0, own[predictor or 0], example


def render_call_number(count: int, *, key: str) -> int:
    """Which of the predictor's calls, counted from 1; of one call there is no choice."""
    if count < 2:
        return 1
    return st.number_input("Call", min_value=1, max_value=count, value=1, key=key, width=160)


def render_messages(messages: Sequence[Message]) -> None:
    """Each message under the name of who speaks."""
    for message in messages:
        st.text(message.role)
        st.code(message.text, language=None, wrap_lines=True)


def _count(demos: Sequence[Demo]) -> str:
    return "no demos" if not demos else f"{len(demos)} demo{'' if len(demos) == 1 else 's'}"
