"""Everything about one model in one place: which, where, how it is asked, and what it costs.

Asks for the name of the key, never for the key.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from pydantic import ValidationError

from core.lm.connection import LMConfig
from core.lm.offline import OFFLINE_MODEL
from dashboard.components.model_choice import render_model_choice
from dashboard.components.model_options import render_delay, render_options, render_prices
from dashboard.components.notices import render_offline_notice
from dashboard.connection import Connection
from dashboard.theme import legible

OFFLINE, CONNECTED, SAVED = "Offline model", "Connected model", "Saved connection"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def render_model_settings(
    role: str,
    config: LMConfig,
    *,
    key: str,
    is_set: Callable[[str], bool],
    temperature: str = "provider's own",
    saved: Sequence[Connection] = (),
) -> LMConfig | None:
    """The chosen model; None while something is missing.

    `is_set` says if a key is there; `temperature` is the one in force while none is given.
    """
    kinds = [OFFLINE, CONNECTED, *([SAVED] if saved else [])]
    known = any(each.config.is_reached_like(config) for each in saved)
    kind = st.segmented_control(
        role,
        kinds,
        default=OFFLINE if config.is_offline else SAVED if known else CONNECTED,
        required=True,
        format_func=legible,
        key=f"{key}.kind",
        label_visibility="collapsed",
    )
    if kind == OFFLINE:
        render_offline_notice()
        return render_delay(LMConfig(model=OFFLINE_MODEL, delay=config.delay), key=key)
    if kind == SAVED:
        chosen = render_model_choice("Connection", config, saved, key=f"{key}.saved")
        with st.expander("Temperature and limits", key=f"{key}.more"):
            options = render_options(config, key=key, temperature=temperature)
        return chosen.model_copy(update=options) if chosen else None
    return _connected(config, key, is_set, temperature)


def _connected(
    config: LMConfig, key: str, is_set: Callable[[str], bool], temperature: str
) -> LMConfig | None:
    before = LMConfig(model="") if config.is_offline else config
    model = st.text_input(
        "Model", before.model, key=f"{key}.model", placeholder="gpt-4o-mini"
    ).strip()
    base = st.text_input(
        "Base address",
        before.api_base or "",
        key=f"{key}.base",
        placeholder="https://api.openai.com/v1",
        help="Of any OpenAI-compatible endpoint. Leave it empty for a model that LiteLLM knows by "
        "name, such as anthropic/claude-sonnet-4-5.",
    ).strip()
    variable = st.text_input(
        "Environment variable with the key",
        before.api_key_env or "",
        key=f"{key}.variable",
        placeholder="OPENAI_API_KEY",
        help="Its name, never the key itself. It is read by the server and stored nowhere.",
    ).strip()
    named = _render_variable(variable, is_set)
    with st.expander("Temperature, limits and prices", key=f"{key}.more"):
        options = render_options(before, key=key, temperature=temperature)
        options |= render_prices(before, key=key)
    if not model:
        st.caption(":red[:material/error: Name the model.]")
    if not model or not named:
        return None
    way = {"protocol": before.protocol, "api_version": before.api_version}
    return _checked(
        model=model, api_base=base or None, api_key_env=variable or None, **way | options
    )


def _render_variable(variable: str, is_set: Callable[[str], bool]) -> bool:
    if not variable:
        st.caption(":material/key_off: No key. Fine for a local server.")
        return True
    if not _VARIABLE.fullmatch(variable):
        st.caption(":red[:material/error: Give the name of a variable, not the key itself.]")
        return False
    if is_set(variable):
        st.caption(":green[:material/check: This variable is set.]")
    else:
        st.caption(":orange[:material/warning: This variable is not set on the server.]")
    return True


def _checked(**settings: Any) -> LMConfig | None:
    try:
        return LMConfig.model_validate(settings)
    except ValidationError as error:
        # Only the message: the value that was refused could be a key.
        st.text(error.errors(include_input=False)[0]["msg"])
        return None
