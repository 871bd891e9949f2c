"""Where an instruction came from in words, and the LM call that made it."""

import streamlit as st

from core.evaluation.evaluator import PromptRun
from core.runs.parts import Instruction


def origin(instruction: Instruction) -> str:
    """Where the instruction came from, in words."""
    if instruction.number == 0:
        return "The program's own instruction."
    tip = instruction.tip if instruction.tip not in (None, "none") else None
    parts = [f"Tip: {_words(tip)}" if tip else "No tip"]
    if instruction.temperature is not None:
        parts.append(f"temperature {instruction.temperature:g}")
    seen = ", ".join(map(_words, instruction.grounding)) or "nothing"
    return f"{' · '.join(parts)} · grounded in {seen}"


def _words(key: str) -> str:
    return key.replace("_", " ")


def render_prompt_run(run: PromptRun | None) -> None:
    """The messages of one LM call and its raw reply."""
    if run is None:
        st.caption("No trace of this call was kept.")
        return
    for message in run.messages:
        st.text(str(message.get("role", "message")))
        st.code(str(message.get("content", "")), language=None, wrap_lines=True, height=260)
    st.text("reply")
    st.code(run.completion, language=None, wrap_lines=True)
