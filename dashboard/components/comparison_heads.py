"""Who is compared: a card for each, and what the differences to the reference show."""

from collections.abc import Sequence

import streamlit as st

from core.comparison.heads import Head
from core.comparison.verdicts import Verdict, p_in_words
from core.results.noise import Noise
from dashboard.charts.comparison_intervals import intervals_height
from dashboard.components.live_chart import render_live_chart
from dashboard.components.measures import interval_text, percent, price_text

_ICONS = {
    "better": ":green[:material/trending_up:]",
    "worse": ":red[:material/trending_down:]",
    None: ":gray[:material/drag_handle:]",
}


def render_heads(
    heads: Sequence[Head], noises: Sequence[Noise | None], reference: int, *, shared: str
) -> None:
    """One card per entrant; `shared` says on which examples they are compared."""
    columns = st.columns(len(heads))
    for place, (column, head, noise) in enumerate(zip(columns, heads, noises, strict=True)):
        with column.container(border=True, gap="xsmall", height="stretch"):
            _render_head(head, noise, is_reference=place == reference, shared=shared)


def _render_head(head: Head, noise: Noise | None, *, is_reference: bool, shared: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(head.label)
        if is_reference:
            st.badge("Reference", icon=":material/flag:", color="gray")
        if head.is_baseline:
            st.badge("Baseline", color="gray")
    mean = head.shared or head.own
    st.metric(
        shared if head.shared else "Own examples only",
        percent(mean.value) if mean else "–",
        label_visibility="visible",
    )
    st.caption(interval_text(mean) if mean else "No example with a score yet.")
    held_out = head.held_out
    if held_out:
        st.caption(f"Held-out: **{percent(held_out.value)}**  \n{interval_text(held_out)}")
    else:
        st.caption("Held-out: not measured yet")
    st.caption(_takes(head))
    st.caption(f"Prompt: about {head.prompt_tokens:,} tokens (estimated)")
    if head.failed:
        st.caption(f":red[{head.failed:,} failed], in no mean")
    if noise is not None:
        st.caption(noise_in_words(noise))


def noise_in_words(noise: Noise) -> str:
    """How far the mean moves from one run over the same examples to the next."""
    return (
        f"Model's own noise: ±{100 * noise.mean_sd:.1f} points from run to run over "
        f"{noise.examples:,} examples ({noise.runs:,} runs); ±{100 * noise.sd:.1f} on one example"
    )


def _time(seconds: float) -> str:
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _takes(head: Head) -> str:
    parts = []
    if head.cost_usd is not None:
        parts.append(price_text(head.cost_usd) if head.cost_usd else "no cost")
    if head.seconds is not None:
        parts.append(_time(head.seconds))
    if head.input_tokens is not None:
        parts.append(f"{head.input_tokens:,.0f} tokens in")
    return "One run: " + (" · ".join(parts) if parts else "cost and time not known")


def render_verdicts(verdicts: Sequence[Verdict]) -> None:
    """The sentence on each entrant."""
    for verdict in verdicts:
        found = verdict.difference
        shown = found.shown if found else None
        with st.container(horizontal=True, gap="small"):
            st.markdown(_ICONS[shown], width="content")
            with st.container(gap=None):
                st.text(verdict.sentence)
                if found is not None:
                    st.caption(
                        f"{verdict.improved:,} examples improved, {verdict.regressed:,} regressed; "
                        f"{p_in_words(found.p_value)}"
                    )


def render_notes(verdicts: Sequence[Verdict], heads: Sequence[Head]) -> None:
    """What to beware of in the scores, and how intervals and verdicts came about."""
    cautions = [each.caution for each in heads if each.caution]
    corrections = dict.fromkeys(each.correction for each in verdicts if each.correction)
    for caution in cautions:
        with st.container(horizontal=True, gap="small"):
            st.markdown(":orange[:material/warning:]", width="content")
            with st.container(gap=None):
                st.text(caution)
    methods = dict.fromkeys(
        each.difference.method.partition("; corrected")[0] for each in verdicts if each.difference
    )
    said = [*corrections]
    if methods:
        words = "; ".join(methods)
        said.append(
            f"{words[0].upper()}{words[1:]}. Better or worse is said only when test (p up to "
            "0.05) and interval agree."
        )
    st.caption(" ".join(said))


def render_intervals(scores: str, differences: str, rows: int, *, key: str) -> None:
    """Both interval charts, side by side or, on a narrow screen, one below the other."""
    titles = (("Scores", scores), ("Differences", differences))
    for column, (title, figure) in zip(st.columns(2), titles, strict=True):
        with column:
            render_live_chart(
                figure,
                key=f"{key}.{title}",
                alt=f"{title} of {rows} candidates with 95 % intervals",
                height=intervals_height(rows),
            )
