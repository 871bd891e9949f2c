"""Which program to optimize, and what it is made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import pandas as pd
import streamlit as st

from core.programs.pipeline.saved import PREFIX
from core.programs.predictors import PredictorInfo
from core.programs.template import ProgramTemplate
from core.runs.config import MOST_DESCRIBED
from dashboard.components.notices import render_problem
from dashboard.components.plain_text import escaped


def render_templates(
    templates: Iterable[ProgramTemplate],
    chosen: str | None,
    *,
    key: str,
    on_choose: Callable[[str], None],
    suggested: str | None = None,
) -> None:
    """A card per program with a button that calls `on_choose` with its name.

    `suggested` is the name of the one that fits the data.
    """
    grid = st.grid("auto", min_column_width=200)
    for template in templates:
        is_chosen = template.name == chosen
        with grid.container(border=True, height="stretch"):
            shown = escaped if template.pipeline else str
            st.markdown(f"**{shown(template.title)}**")
            if template.name == suggested:
                st.markdown(":primary[:material/lightbulb: Suggested for your data]")
            if template.pipeline:
                st.badge("Built here", icon=":material/construction:", color="blue")
                st.text(template.name.removeprefix(PREFIX))
            st.caption(shown(template.description))
            st.space("stretch")
            st.button(
                "Chosen" if is_chosen else "Choose",
                key=f"{key}.{template.name}",
                icon=":material/check:" if is_chosen else None,
                type="primary" if is_chosen else "secondary",
                on_click=on_choose,
                args=(template.name,),
                width="stretch",
            )


def render_broken_programs(faults: Mapping[str, str]) -> None:
    """The files (name → fault) that cannot be used; nothing when there is none."""
    for fault in faults.values():
        render_problem("A program is broken; the others can be used.", fault)


def render_predictors(infos: Sequence[PredictorInfo]) -> None:
    """A card per predictor: signature, starting instruction, fields."""
    for info in infos:
        with st.container(border=True, gap="small"):
            st.markdown(f":material/smart_toy: **Predictor** `{info.name}`")
            st.caption("Signature")
            st.code(info.signature, language=None, wrap_lines=True)
            st.caption("Starting instruction")
            st.code(info.instruction, language=None, wrap_lines=True)
            frame = _fields_frame(info).rename(columns=str.capitalize)
            with st.expander("Fields", key=f"program.fields.{info.name}"):
                st.dataframe(frame, hide_index=True, alt="Fields of the predictor")


def render_description(
    given: str | None,
    own: str,
    *,
    has_source: bool,
    change: Callable[[str | None], object],
    key: str,
) -> None:
    """What proposals are told that the program does: `own`, or what a person wrote instead.

    `change` is told every new text; None where the program's own is to stand.
    """

    def keep() -> None:
        text = str(st.session_state.get(key, "")).strip()
        change(text if text not in ("", own.strip()) else None)

    title = "Description for the prompt model" + (" · yours" if given is not None else "")
    with st.expander(title, icon=":material/description:", key=f"{key}.box"):
        st.caption(
            "Instructions are proposed with this text, the predictors and the program's source "
            "in view."
            if has_source
            else "This program has no source to read, so this text and the predictors are all that "
            "instructions are proposed from. Say what the program is for."
        )
        st.text_area(
            "What the program does",
            own if given is None else given,
            key=key,
            on_change=keep,
            height=140,
            placeholder=own,
            max_chars=MOST_DESCRIBED,
            label_visibility="collapsed",
        )
        st.caption("Empty it to go back to the program's own description.")


def _fields_frame(info: PredictorInfo) -> pd.DataFrame:
    fields = [("input", each) for each in info.inputs] + [("output", each) for each in info.outputs]
    return pd.DataFrame(
        {
            "side": [side for side, _ in fields],
            "field": [each.name for _, each in fields],
            "type": [each.type for _, each in fields],
            "description": [each.description for _, each in fields],
        }
    )
