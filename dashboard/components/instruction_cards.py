"""The instructions of one predictor, each with where it came from."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.evaluation.evaluator import PromptRun
from core.runs.events import InstructionProposed

CARDS_PER_PAGE = 10


def render_instruction_cards(
    instructions: Sequence[InstructionProposed],
    *,
    used_by: Mapping[str, int],
    proposal: Callable[[str], PromptRun | None],
    key: str,
) -> None:
    """One card each in two columns, the program's own first.

    `used_by` is the number of candidates per instruction id; `proposal` reads what the proposer was
    sent and replied, and is called only for cards where that is asked for.
    """
    pages = -(-len(instructions) // CARDS_PER_PAGE)
    page = st.pagination(max(1, pages), key=f"{key}.page") if pages > 1 else 1
    first = (page - 1) * CARDS_PER_PAGE
    columns = st.columns(2)
    for place, each in enumerate(instructions[first : first + CARDS_PER_PAGE]):
        with columns[place % 2].container(border=True, gap="small"):
            _render_card(each, used_by.get(each.id, 0), proposal, f"{key}.{each.id}")


def _render_card(
    instruction: InstructionProposed,
    candidates: int,
    proposal: Callable[[str], PromptRun | None],
    key: str,
) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(f"Instruction {instruction.index}", color="blue")
        used = "1 candidate" if candidates == 1 else f"{candidates:,} candidates"
        st.caption(f"used by {used}")
    st.code(instruction.text, language=None, wrap_lines=True)
    st.text(origin(instruction))
    if instruction.trace and st.toggle("Proposer's prompt and reply", key=f"{key}.prompt"):
        render_prompt_run(proposal(instruction.trace))


def origin(instruction: InstructionProposed) -> str:
    """Where the instruction came from, in words."""
    if instruction.index == 0:
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
