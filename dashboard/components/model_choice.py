"""Which model does a job: the offline one, or a connection by its name."""

from collections.abc import Sequence

import streamlit as st

from core.lm.connection import LMConfig
from core.lm.providers import provider_of
from dashboard.components.notices import render_offline_notice
from dashboard.connection import Connection, in_role

OFFLINE = "Offline model"


def render_model_choice(
    role: str,
    config: LMConfig | None,
    saved: Sequence[Connection],
    *,
    key: str,
    instead: str | None = None,
) -> LMConfig | None:
    """The chosen model, set up as `config` was.

    With `instead`, a choice of this name comes first and gives None.
    """
    by_name = {OFFLINE: LMConfig(), **{each.name: each.config for each in saved}}
    names = ([instead] if instead else []) + list(by_name)
    chosen = st.selectbox(
        role,
        names,
        index=names.index(_name(config, saved, instead)),
        key=key,
    )
    if chosen == instead or chosen not in by_name:
        return None
    return in_role(by_name[chosen], config or LMConfig())


def render_way(config: LMConfig) -> None:
    """Where the model is, and that the offline one is no LLM."""
    if config.is_offline:
        render_offline_notice()
        return
    with st.container(gap=None):
        st.caption(f"{provider_of(config).title}:")
        st.text(" · ".join(filter(None, (config.model, config.api_base))))


def _name(config: LMConfig | None, saved: Sequence[Connection], instead: str | None) -> str:
    if config is None:
        return instead or OFFLINE
    own = (each.name for each in saved if each.config.is_reached_like(config))
    return OFFLINE if config.is_offline else next(own, OFFLINE)
