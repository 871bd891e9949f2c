"""What to say about a run that is not simply going on: ended, failed, paused or interrupted."""

import streamlit as st

from core.results.run_results import RunResults, Standing
from core.runs.liveness import RunStatus
from dashboard.components.measures import mean_text, percent
from dashboard.components.notices import render_problem

_ACCURACY = frozenset(["exact_match"])
"""Metrics whose mean is a share of right answers."""
_HELD_BACK = "The test set was held back until the end and measured once. "


def outcome_sentence(results: RunResults, metric: str) -> str:
    """What the run has achieved, in one sentence that holds numbers and no text of people."""
    word = "accuracy" if metric in _ACCURACY else "score"
    baseline, best = results.baseline, results.best
    if baseline is None or best is None or baseline.val is None or best.val is None:
        return "The run ended before the baseline was measured."
    if best.candidate == baseline.candidate:
        return f"No candidate beat the baseline: {_known(baseline, word)}."
    if baseline.test is None or best.test is None:
        change = _change(baseline.val.value, best.val.value, best.val.n)
        tested = "the held-out test was not run"
        if baseline.test is not None:
            tested = f"{best.short_label} was not measured on the held-out examples"
        return f"Validation {word} {change}; {tested}."
    return f"Test {word} {_change(baseline.test.value, best.test.value, best.test.n)}."


def render_outcome(status: RunStatus, results: RunResults, metric: str) -> None:
    """A headline for an ended run; a reason and the next step for one that waits."""
    if status in ("finished", "stopped"):
        st.subheader(outcome_sentence(results, metric))
        tested = results.best is not None and results.best.test is not None
        st.caption(
            "Stopped by a person. Everything that was measured is kept."
            if status == "stopped"
            else f"{_HELD_BACK if tested else ''}The validation score of the best candidate is the "
            "best of many and therefore flattered."
        )
        render_next_pages(results)
    elif status == "failed":
        render_problem("The run failed", results.message or "No reason was recorded.")
        st.caption(
            "What was measured before is kept below. Correct the cause, such as a model name, an "
            "address or a key, and start a new run from the Configure page."
        )
    elif status == "paused":
        render_problem("The run is paused", results.message or "No reason was recorded.")
    elif status != "interrupted" and results.wish != "run":
        ending = "pauses" if results.wish == "pause" else "stops"
        st.info(
            f"The run {ending} as soon as the work in flight is done.",
            icon=":material/hourglass_top:",
        )
    elif status == "queued":
        st.info("Waiting for the worker to start.", icon=":material/hourglass_empty:")


def render_interruption(log: str | None, *, started: bool) -> None:
    """Why no worker is at the run, as far as its `log` tells, and what to do about it.

    `started` says whether any worker of this run ever gave a sign of life.
    """
    happened = "it was ended or cut off" if started else "the one that was started never reported"
    st.warning(
        f"No worker is at this run: {happened}. Resume goes on where it stands and repeats nothing "
        "that is finished.",
        icon=":material/power_off:",
    )
    if log is not None:
        st.caption(
            "The last lines that the worker printed. Correct what they name, then press Resume. A "
            "module that is missing is installed by `make run`; a setting that is refused is an "
            "environment variable of the process that runs this dashboard."
        )
        st.code(log, language=None, wrap_lines=True)
    elif not started:
        st.caption(
            "It printed nothing. The machine may be short of memory or very busy: press Resume to "
            "start another one."
        )


def render_next_pages(results: RunResults) -> None:
    """Ways to look closer at what an ended run has found, when it has found something."""
    if results.best is None:
        return
    with st.container(horizontal=True):
        st.page_link(
            "views/compare.py",
            label="Compare baseline and best",
            icon=":material/compare_arrows:",
        )
        st.page_link("views/export.py", label="Export the program", icon=":material/download:")


def _known(standing: Standing, word: str) -> str:
    if standing.test is not None:
        return f"its test {word} is {mean_text(standing.test)}"
    return f"its validation {word} is {mean_text(standing.val)}"


def _change(before: float, after: float, n: int) -> str:
    if before == after:
        return f"stayed at {percent(after)} (n = {n:,})"
    verb = "rose" if after > before else "fell"
    return f"{verb} from {percent(before)} to {percent(after)} (n = {n:,})"
