"""What the prompt model said about data and program, and what failed."""

import pandas as pd
import streamlit as st

from core.results.run_results import Grounding


def render_grounding(grounding: Grounding) -> None:
    """Every summary and description made so far, as text."""
    if grounding.purpose is not None:
        _render_text("What the program does, in a person's words", grounding.purpose)
    _render_text("Dataset summary", grounding.dataset_summary)
    _render_text("Program description", grounding.program_description)
    st.markdown("**Predictor descriptions**")
    if not grounding.predictor_descriptions:
        st.caption("Not written yet.")
    for name, text in grounding.predictor_descriptions.items():
        st.text(name)
        st.code(text, language=None, wrap_lines=True)
    with st.expander(f"Observations about the data ({len(grounding.observations)})"):
        for text in grounding.observations:
            st.code(text, language=None, wrap_lines=True)


def render_failures(failures: pd.DataFrame, count: int, *, key: str) -> None:
    """The failures, newest first."""
    if failures.empty:
        st.caption(":material/check: Nothing has failed.")
        return
    newest = f", the newest {len(failures):,} are listed" if count > len(failures) else ""
    st.caption(
        f"{count:,} failed calls{newest}. A failed example is tried again; one that fails for good "
        "has no score and is left out of the means."
    )
    shown = failures.rename(columns=str.capitalize).rename(columns={"At": "Time"})
    shown["Stage"] = shown["Stage"].fillna("")
    shown["Time"] = pd.to_datetime(shown["Time"], unit="s", utc=True)
    st.dataframe(
        shown,
        key=key,
        hide_index=True,
        height=360,
        column_config={
            "Time": st.column_config.DatetimeColumn(
                format="HH:mm:ss", timezone=st.context.timezone, width="small"
            ),
            "Message": st.column_config.TextColumn(width="large"),
        },
        alt="Failures",
    )


def _render_text(title: str, text: str | None) -> None:
    st.markdown(f"**{title}**")
    if text is None:
        st.caption("Not written yet.")
    else:
        st.code(text, language=None, wrap_lines=True)
