"""Connections as cards, and the model servers that were found on this machine."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from core.lm.connection import LMConfig
from core.lm.providers import LOCAL_SERVERS, FoundServer, provider_of
from dashboard.components.connection_key import KeySource, render_key_source
from dashboard.components.model_options import price_text
from dashboard.connection import Connection

Wish = Literal["test", "edit", "remove"]


def render_connection(
    connection: Connection, source: KeySource | None, *, roles: Sequence[str], key: str
) -> Wish | None:
    """One connection with its buttons; what is wished comes back."""
    config = connection.config
    st.text(connection.name)
    way = (provider_of(config).title, config.model, config.api_base)
    st.text(" · ".join(filter(None, way)))
    render_key_source(config.api_key_env, source)
    st.caption(f":material/payments: {price_text(config)}".replace("$", r"\$"))
    if roles:
        st.caption(f":material/badge: {', '.join(roles)}")
    return _render_buttons(key)


def _render_buttons(key: str) -> Wish | None:
    with st.container(horizontal=True):
        if st.button("Test connection", key=f"{key}.test", icon=":material/bolt:"):
            return "test"
        if st.button("Edit", key=f"{key}.edit", icon=":material/edit:"):
            return "edit"
        if st.button("Remove", key=f"{key}.remove", icon=":material/delete:"):
            return "remove"
    return None


def render_local_servers(found: Sequence[FoundServer] | None, *, key: str) -> LMConfig | None:
    """What answered, and the model that was chosen of it; `found` is None before anybody looked."""
    if found is None:
        return None
    if not found:
        places = ", ".join(f"{each.title} ({each.port})" for each in LOCAL_SERVERS)
        st.text(
            f"None of these answers on this machine: {places}. Start one, or give its address "
            "below."
        )
        return None
    for each in found:
        chosen = _render_local(each, key=f"{key}.{each.server.port}")
        if chosen is not None:
            return chosen
    return None


def _render_local(found: FoundServer, *, key: str) -> LMConfig | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if not found.models:
            st.text(f"{found.server.title} answers, but has no model yet.")
            return None
        model = st.selectbox(
            f"{found.server.title}, port {found.server.port}",
            found.models,
            key=f"{key}.model",
        )
        if st.button("Add", key=f"{key}.add", icon=":material/add:"):
            return LMConfig(
                model=model, api_base=found.server.address, input_price=0.0, output_price=0.0
            )
    return None
