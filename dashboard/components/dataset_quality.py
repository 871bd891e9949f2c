"""What in the data deserves a second look: odd values, long rows, leaks, and too few examples."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.data.dataset import Dataset, json_text
from core.data.leaks import SHORTEST, LeakReport
from core.data.profile import Profile
from core.data.quality import Finding, LongRow
from core.data.split import Split
from core.evaluation.sizing import DISAGREEMENT, reach
from dashboard.frames import profile_frame

MOST_LEAKS = 20
_CUT = 200
_NAMES = {"train": "trainset", "val": "valset", "test": "testset"}


def render_whole_file(profile: Profile, *, key: str) -> None:
    """The profile of a file of which only a sample was kept."""
    with st.expander(f"The whole file: {profile.rows:,} rows", icon=":material/database:"):
        table = profile_frame(profile).rename(columns=str.capitalize)
        st.dataframe(table, key=key, hide_index=True, alt="Profile of the whole file")


def render_findings(found: Sequence[Finding], longest: Sequence[LongRow], *, key: str) -> None:
    """Odd values by column and reason, and the longest rows in estimated tokens."""
    if longest:
        rows = ", ".join(f"row {each.row + 1} (about {each.tokens:,})" for each in longest)
        st.caption(f"Longest inputs in tokens, estimated: {rows}.")
    if not found:
        st.caption(":material/check: No odd values were found.")
        return
    table = pd.DataFrame(
        {
            "Column": [each.column for each in found],
            "What is odd": [each.what for each in found],
            "Rows": [len(each.rows) for each in found],
            "First in row": [each.rows[0] + 1 for each in found],
            "Which has": [each.example for each in found],
        }
    )
    st.dataframe(table, key=key, hide_index=True, alt="Odd values by column")


def render_leaks(dataset: Dataset, inputs: Sequence[str], report: LeakReport, *, key: str) -> None:
    """A warning with the pairs, when parts of the split nearly repeat each other."""
    part = looked_in_words(report)
    if not report.leaks:
        nearly = "nearly repeats" if report.compared else "repeats"
        st.caption(f":material/check: No part of the split {nearly} another.{part}")
        return
    one = len(report.leaks) == 1
    st.warning(
        f"{len(report.leaks):,} example{' nearly repeats one' if one else 's nearly repeat some'} "
        f"of an earlier part, so scores there can be too good.{part}",
        icon=":material/content_copy:",
    )
    shown = report.leaks[:MOST_LEAKS]
    table = pd.DataFrame(
        {
            "Part": [_NAMES[each.part] for each in shown],
            "Row": [each.row + 1 for each in shown],
            "Inputs": [_inputs(dataset, inputs, each.row) for each in shown],
            "Is like": [_NAMES[each.like_part] for each in shown],
            "Its row": [each.like + 1 for each in shown],
            "Its inputs": [_inputs(dataset, inputs, each.like) for each in shown],
            "Likeness": [f"{each.similarity:.0%}" for each in shown],
        }
    )
    with st.expander(f"The {len(shown)} most alike"):
        st.dataframe(table, key=key, hide_index=True, alt="Rows that nearly repeat others")


def looked_in_words(report: LeakReport) -> str:
    """What was not looked at for near repetition, with a blank before it; empty for nothing."""
    if report.compared == report.rows:
        return ""
    if not report.compared:
        return (
            f" Only the same words were looked for: the inputs of a row have fewer than {SHORTEST} "
            "characters, and texts so short are alike by chance."
        )
    return (
        f" Nearly the same words were looked for in {report.compared:,} of {report.rows:,} rows; "
        f"the others have fewer than {SHORTEST} characters, or were not drawn."
    )


def render_reach(parts: Split) -> None:
    """What differences so many examples can show."""
    lines = []
    for name, rows in (("valset", parts.val), ("testset", parts.test)):
        shown = reach(len(rows))
        difference = (
            "no difference of two prompts can be counted on to show"
            if shown.difference is None
            else f"a true difference of {100 * shown.difference:.0f} points shows 4 times in 5"
        )
        lines.append(
            f"With the {len(rows):,} examples of the {name}, {difference}; one score is known to "
            f"±{100 * shown.margin:.0f} points."
        )
    st.caption(f":material/straighten: {' '.join(lines)}", help=(
        f"Planned for scores of 0 or 1 and two prompts that differ in "
        f"{DISAGREEMENT:.0%} of the examples, with 95 % confidence."
    ))  # fmt: skip


def _inputs(dataset: Dataset, inputs: Sequence[str], row: int) -> str:
    values = (dataset.frame[name].iloc[row] for name in inputs)
    return " · ".join(v if isinstance(v, str) else json_text(v) for v in values)[:_CUT]
