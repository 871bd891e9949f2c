"""What a dialog says when something a person gave cannot be accepted."""

from collections.abc import Callable

import streamlit as st

from core.errors import InputError


def accepted(decide: Callable[[], object]) -> bool:
    """Do it; True when that worked. A refusal is shown here, in its own words, as text."""
    try:
        decide()
    except InputError as error:
        with st.container(border=True, gap="xsmall"):
            st.markdown(":red[:material/error:] **This cannot be accepted.**")
            st.text(str(error))
        return False
    return True
