"""What one proposal was grounded in: each thing that the proposer saw, as text."""

import streamlit as st

from core.proposal.grounding import SHOWN_DEMOS, TIPS
from core.results.run_results import Grounding
from core.runs.parts import DemoSet, Instruction
from dashboard.components.demo_sets import render_demo_table

_TITLES = {
    "dataset_summary": "Dataset summary",
    "program_structure": "Structure of the program",
    "program_description": "Program description",
    "predictor": "The predictor's signature",
    "predictor_description": "Description of the predictor",
    "task_demos": "Demos shown",
    "previous_instructions": "Earlier instructions with their scores",
    "mistakes": "What the best candidate still got wrong",
    "locked_text": "Locked text",
    "tip": "Tip",
    "hint": "Hint of a person",
}
_IN_PROMPT = "In the prompt; open “Prompt and reply” to read it."


def render_grounded_in(
    instruction: Instruction, grounding: Grounding, demo_set: DemoSet | None, hint: str
) -> None:
    """Every input of the proposer that was not empty; `demo_set` is the one it was shown."""
    for name in instruction.grounding:
        st.markdown(f"**{_TITLES.get(name, 'Another input')}**")
        if name == "task_demos" and demo_set is not None and demo_set.demos:
            render_demo_table(demo_set.demos[:SHOWN_DEMOS])
        elif text := hint if name == "hint" else _text(name, instruction, grounding):
            st.code(text, language=None, wrap_lines=True)
        else:
            st.caption(_IN_PROMPT)
        if name == "program_structure" and grounding.purpose is not None:
            st.caption("It begins with what a person wrote that the program does:")
            st.code(grounding.purpose, language=None, wrap_lines=True)


def _text(name: str, instruction: Instruction, grounding: Grounding) -> str | None:
    match name:
        case "dataset_summary":
            return grounding.dataset_summary
        case "program_description":
            return grounding.program_description
        case "predictor_description":
            return grounding.predictor_descriptions.get(instruction.predictor)
        case "tip":
            return TIPS.get(instruction.tip or "")
        case _:
            return None
