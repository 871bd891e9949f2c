"""Which program to optimize, and what it is made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import pandas as pd
import streamlit as st

from core.programs.predictors import PredictorInfo
from core.programs.template import ProgramTemplate
from dashboard.components.notices import render_problem


def render_templates(
    templates: Iterable[ProgramTemplate],
    chosen: str | None,
    *,
    key: str,
    on_choose: Callable[[str], None],
) -> None:
    """A card per program with a button that calls `on_choose` with its name."""
    grid = st.grid("auto", min_column_width=200)
    for template in templates:
        is_chosen = template.name == chosen
        with grid.container(border=True, height="stretch"):
            st.markdown(f"**{template.title}**")
            st.caption(template.description)
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
