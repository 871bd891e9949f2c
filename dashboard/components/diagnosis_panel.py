"""Why nothing improved, or what stands in the way: findings with evidence and one way out each."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from core.results.diagnosis import Finding

_Color = Literal["gray", "orange", "red"]
_LOOKS: dict[str, tuple[str, _Color, str]] = {
    "note": ("Note", "gray", "info"),
    "warning": ("Warning", "orange", "warning"),
    "problem": ("Problem", "red", "error"),
}


def render_findings(findings: Sequence[Finding], *, key: str) -> Finding | None:
    """A card per finding, most severe first; the one whose remedy was clicked."""
    if not findings:
        st.markdown(":green[:material/check_circle:] **Nothing found.**")
        st.caption(
            "Looked at: the baseline's room to rise, the metric, noise against spread, the traces "
            "of the bootstrap, how alike the proposals are, who holds the credit, failures, and "
            "whether the budget can tell candidates apart."
        )
        return None
    asked = [finding for finding in findings if _render_finding(finding, f"{key}.{finding.key}")]
    return asked[0] if asked else None


def _render_finding(finding: Finding, key: str) -> bool:
    word, color, icon = _LOOKS[finding.severity]
    with st.container(border=True, gap="small", key=key):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(word, icon=f":material/{icon}:", color=color)
            st.text(finding.title)
        st.text(finding.evidence)
        if finding.remedy is None:
            return False
        return st.button(finding.remedy.label, key=f"{key}.remedy", icon=":material/build:")
