"""One column of the Playground after it was run: its answer, what it took, and every stage.

What models and data say is drawn as text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.comparison.parting import Parting, parting
from core.evaluation.evaluator import ExampleResult, PromptRun, StageRun, Trace
from core.lm.usage import Usage
from dashboard.components.instruction_cards import render_prompt_run
from dashboard.components.measures import percent
from dashboard.components.notices import render_problem
from dashboard.components.predictor_choice import predictor_label
from dashboard.components.score_parts import render_parts
from dashboard.playground import Answer


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What one column has to say."""

    title: str
    answer: Answer | None
    asking: float | None = None
    """Seconds since it was asked; None while nobody works on it."""
    edited: bool = False
    before: Answer | None = None
    """With the candidate's own instructions, where these were changed and an answer is at hand."""
    reference: Trace | None = None
    """What the first column did; None for that column itself."""


def render_answer(shown: Shown, outputs: Sequence[str], metric: str, *, key: str) -> None:
    """The column in whichever state it is."""
    with st.container(border=True, height="stretch", gap="small", key=key):
        st.markdown(f"**{shown.title}**")
        if shown.asking is not None:
            st.caption(f":material/hourglass_top: Asking the model for {shown.asking:.0f} s")
        elif shown.answer is None:
            again = "Changed since it was run. " if shown.before else ""
            st.caption(f"{again}Not run yet on this input.")
        elif shown.answer.result is None:
            render_problem("It could not be tried.", shown.answer.problem or "")
        else:
            _render_result(shown.answer, shown.answer.result, outputs, metric)
        if shown.edited and shown.before is not None:
            st.caption("With the candidate's own instruction")
            _render_outputs(shown.before, outputs)
        if shown.answer is not None and shown.answer.trace is not None and shown.asking is None:
            _render_stages(shown.answer.trace, shown.reference, key=key)


def _render_result(
    answer: Answer, result: ExampleResult, outputs: Sequence[str], metric: str
) -> None:
    failure = result.failure
    if failure is not None:
        where = f" in {predictor_label(failure.stage, 0)}" if failure.stage else ""
        title = "The model cannot be asked" if failure.from_model else "It failed"
        render_problem(f"{title}{where}.", f"{failure.kind}: {failure.message}")
    else:
        _render_outputs(answer, outputs)
    took = took_text(result.seconds, result.usage).replace("$", r"\$")
    with st.container(gap=None):
        if answer.score is not None:
            st.caption(f"{metric} on this one example: {percent(answer.score)}")
            render_parts(result.trace.parts)
        st.caption(took)


def _render_outputs(answer: Answer, outputs: Sequence[str]) -> None:
    """The final outputs, each with a badge that says right or wrong where that is known."""
    given = answer.trace.outputs if answer.trace else {}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if answer.score is not None:
            _render_score(answer.score)
        for name in outputs:
            value = _text(given.get(name, ""))
            st.text(value if len(outputs) == 1 else f"{name}: {value}")


def _render_score(score: float) -> None:
    if score >= 1.0:
        st.badge("Right", icon=":material/check:", color="green")
    elif score <= 0.0:
        st.badge("Wrong", icon=":material/close:", color="red")
    else:
        st.badge(percent(score), icon=":material/contrast:", color="orange")


def took_text(seconds: float, usage: Usage) -> str:
    """`0.42 s · 3 calls · 512 tokens in, 40 out · $0.0012`."""
    calls = usage.calls + usage.cached
    parts = [f"{seconds:.2f} s", f"{calls} call{'' if calls == 1 else 's'}"]
    if usage.cached:
        some = "" if usage.calls == 0 else f"{usage.cached} of them "
        parts[-1] += f", {some}repeated from the cache at no cost"
    if usage.calls:
        parts.append(f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out")
        parts.append(money_text(usage.cost_usd) if usage.priced else "price unknown")
    return " · ".join(parts)


def money_text(dollars: float) -> str:
    """`$0.00`, `$0.00042`, `$1.20`: small amounts with two digits that count."""
    return f"${dollars:.2g}" if 0.0 < dollars < 0.01 else f"${dollars:,.2f}"


def _render_stages(trace: Trace, reference: Trace | None, *, key: str) -> None:
    found = parting(reference, trace) if reference is not None else None
    if reference is not None:
        st.caption(found.sentence if found else "Every stage is as in the first column.")
    place = _place_of(found, trace)
    for number, stage in enumerate(trace.stages):
        parts = number == place
        opened = parts and found is not None and found.where == "inputs"
        _render_stage(stage, number, parts=parts, opened=opened, key=f"{key}.given.{number}")
    if trace.prompts and st.toggle("Messages and replies", key=f"{key}.messages"):
        for number, run in enumerate(trace.prompts, start=1):
            _render_messages(run, number, len(trace.prompts), key=f"{key}.call.{number}")


def _place_of(found: Parting | None, trace: Trace) -> int | None:
    """The stage of this trace at which it parts; None where it lacks that stage."""
    if found is None or found.pair.right is None:
        return None
    same = [i for i, one in enumerate(trace.stages) if one.predictor == found.pair.predictor]
    return same[found.pair.call - 1]


def _render_stage(stage: StageRun, number: int, *, parts: bool, opened: bool, key: str) -> None:
    """What the stage answered, and folded away what it was given, unless `opened`."""
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(f"Stage {number + 1}", color="gray")
            st.text(stage.predictor.removesuffix(".predict"))
            if parts:
                st.badge("First difference", icon=":material/call_split:", color="orange")
        with st.expander("Given", expanded=opened, key=key):
            _render_values(stage.inputs)
        _render_values(stage.outputs)


def _render_values(values: Mapping[str, object]) -> None:
    for name, value in values.items():
        st.text(f"{name}: {_text(value)}")


def _render_messages(run: PromptRun, number: int, total: int, *, key: str) -> None:
    with st.expander(f"Call {number} of {total}", expanded=total == 1, key=key):
        render_prompt_run(run)


def _text(value: object) -> str:
    if isinstance(value, list):
        return "\n" + "\n".join(f"[{place}] {each}" for place, each in enumerate(value, start=1))
    return "" if value is None else str(value)
