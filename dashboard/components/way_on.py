"""Near the top of a long page: what it comes to, and the button that leads on."""

import streamlit as st


def render_way_on(title: str, told: str, label: str, *, key: str) -> bool:
    """True once the button was pressed. `told` may quote people's data and is drawn as text."""
    with st.container(border=True, key=f"{key}.box"):
        words, button = st.columns([3, 1], vertical_alignment="center")
        with words.container(gap="xsmall"):
            st.markdown(f":green[:material/check:] **{title}**")
            st.text(told)
        return button.button(
            label, key=key, type="primary", icon=":material/arrow_forward:", width="stretch"
        )
