"""Download buttons with a preview of what they give."""

import streamlit as st

from core.results.export import ExportFile
from core.results.run_results import RunResults
from dashboard.components.measures import mean_text

PREVIEW = 6_000
"""Characters that a preview shows."""

_LANGUAGES = {"application/json": "json", "text/x-python": "python"}


def render_export_choice(results: RunResults, *, key: str) -> str:
    """The candidate to take home; the best one until somebody chooses another."""
    candidates = list(results.labels)
    best = results.best.candidate if results.best else candidates[0]
    return str(
        st.selectbox(
            "Candidate",
            candidates,
            index=candidates.index(best),
            format_func=lambda each: (
                f"{results.labels[each]} (best)" if each == best else results.labels[each]
            ),
            key=key,
        )
    )


def render_test_scores(results: RunResults) -> None:
    """The held-out scores, and how they came about."""
    baseline, best = results.baseline, results.best
    if baseline is None or best is None or baseline.test is None or best.test is None:
        st.caption("The held-out test set has not been used yet; it is measured once, at the end.")
        return
    st.markdown(
        f"Test score: baseline {mean_text(baseline.test)}, "
        f"best candidate {best.label} {mean_text(best.test)}."
    )
    st.caption("Measured once, at the end of the run, on examples that no step before has seen.")


def render_file(file: ExportFile, *, key: str) -> None:
    """A button that downloads the file, and the beginning of it below."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(file.name)
        st.download_button(
            "Download",
            file.text,
            file_name=file.name,
            mime=file.mime,
            key=key,
            icon=":material/download:",
            type="primary",
            on_click="ignore",
        )
    st.code(file.text[:PREVIEW], language=_LANGUAGES.get(file.mime), height=420)
    if len(file.text) > PREVIEW:
        st.caption("The preview ends here; the file goes on.")
