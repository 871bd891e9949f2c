"""Which language model to use: the offline one, or any OpenAI-compatible endpoint.

Asks for the name of the environment variable with the key, never for the key.
"""

import re
from collections.abc import Callable

import streamlit as st
from pydantic import ValidationError

from core.lm.connection import LMConfig
from core.lm.offline import OFFLINE_MODEL
from dashboard.components.notices import render_offline_notice
from dashboard.theme import legible

OFFLINE, CONNECTED = "Offline model", "Connected model"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def render_model_settings(
    role: str,
    config: LMConfig,
    *,
    key: str,
    is_set: Callable[[str], bool],
    temperature: str = "provider's own",
) -> LMConfig | None:
    """The chosen model; None while something is missing.

    `is_set` says if a variable is there; `temperature` is the one in force while none is given.
    """
    kind = st.segmented_control(
        role,
        [OFFLINE, CONNECTED],
        default=OFFLINE if config.is_offline else CONNECTED,
        required=True,
        format_func=legible,
        key=f"{key}.kind",
        label_visibility="collapsed",
    )
    if kind == OFFLINE:
        return _offline(config, key)
    return _connected(config, key, is_set, temperature)


def _offline(config: LMConfig, key: str) -> LMConfig:
    render_offline_notice()
    delay = st.number_input(
        "Delay per call (seconds)",
        0.0,
        10.0,
        config.delay,
        step=0.05,
        key=f"{key}.delay",
        help="Slows the offline model down, so that a run can be watched.",
    )
    return LMConfig(model=OFFLINE_MODEL, delay=delay)


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
    options = _options(before, key, temperature)
    if not model:
        st.caption(":red[:material/error: Name the model.]")
    if not model or not named:
        return None
    return _checked(model=model, api_base=base or None, api_key_env=variable or None, **options)


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


def _options(before: LMConfig, key: str, temperature: str) -> dict[str, float | None]:
    with st.expander("Temperature and prices", key=f"{key}.more"):
        left, middle, right = st.columns(3)
        return {
            "temperature": left.number_input(
                "Temperature",
                0.0,
                2.0,
                before.temperature,
                key=f"{key}.temperature",
                placeholder=temperature,
            ),
            "input_price": middle.number_input(
                "$ per million input tokens", 0.0, value=before.input_price, key=f"{key}.in"
            ),
            "output_price": right.number_input(
                "$ per million output tokens", 0.0, value=before.output_price, key=f"{key}.out"
            ),
        }


def _checked(**settings: str | float | None) -> LMConfig | None:
    try:
        return LMConfig.model_validate(settings)
    except ValidationError as error:
        # Only the message: the value that was refused could be a key.
        st.text(error.errors(include_input=False)[0]["msg"])
        return None
