"""A connection as a form: provider, model, address, key, prices. Keeps no key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st
from pydantic import ValidationError

from core.lm.connection import LMConfig
from core.lm.providers import (
    OWN_ADDRESS,
    PROVIDERS,
    Provider,
    listed_models,
    model_name,
    provider_of,
)
from dashboard.components.connection_key import KeySource, render_key_field, render_key_source
from dashboard.components.model_options import price_text, render_prices
from dashboard.connection import Connection, short_name

AZURE_VERSION = "2024-10-21"
NOT_A_NAME = (
    "Give the name of the key here, such as OPENAI_API_KEY; the key itself goes into the field "
    "below."
)


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What the form says at the moment."""

    config: LMConfig | None
    """None while something is missing."""
    name: str
    wish: Literal["test", "save", "cancel"] | None
    typed: tuple[str, str] | None = None
    """Name and key, to be taken at once."""


def render_connection_form(
    before: Connection | None,
    *,
    key: str,
    key_field: str,
    source_of: Callable[[str], KeySource | None],
) -> Filled:
    """The form, filled with `before` where there is one; `source_of` says where a key is.

    `key_field` is the widget's key of the field for a key, which is drawn anew once it was filled.
    """
    config = before.config if before else None
    known = provider_of(config) if config else PROVIDERS[0]
    left, right = st.columns(2)
    provider = left.selectbox(
        "Provider",
        PROVIDERS,
        index=PROVIDERS.index(known),
        format_func=lambda each: each.title,
        key=f"{key}.provider",
    )
    at = f"{key}.{provider.id}"
    own = config if config and provider == known else None
    with right:
        model = _model(provider, own, key=at)
    if provider.advice:
        st.caption(f":material/info: {provider.advice}")
    address, version = _address(provider, own, key=at)
    variable, typed = _key(provider, own, key=at, field=key_field, source_of=source_of)
    with st.expander("Prices", key=f"{at}.prices"):
        prices = render_prices(own or LMConfig(model="m"), key=at)
        st.caption("Needed only where LiteLLM's list does not know the model.")
    settings = {
        "model": f"{provider.prefix}{model}" if model else "",
        "api_base": address or None,
        "api_key_env": variable or None,
        "protocol": "azure" if provider.is_azure else "openai",
        "api_version": version,
        **prices,
    }
    made = _made(settings, own, incomplete=_missing(provider, model, address, variable))
    return _finish(made, before, typed, key=key, at=at)


def _finish(
    made: LMConfig | None,
    before: Connection | None,
    typed: tuple[str, str] | None,
    *,
    key: str,
    at: str,
) -> Filled:
    """The last line: the name, what a token costs, and the buttons."""
    name = st.text_input(
        "Name of the connection",
        before.name if before else "",
        key=f"{key}.name",
        placeholder=short_name(made) if made else "made of model and provider",
        max_chars=80,
    )
    if made is not None:
        st.caption(f":material/payments: {price_text(made)}".replace("$", r"\$"))
    wish: Literal["test", "save", "cancel"] | None = None
    with st.container(horizontal=True):
        if st.button(
            "Test connection",
            key=f"{at}.test",
            icon=":material/bolt:",
            disabled=made is None,
            help="Makes one real call.",
        ):
            wish = "test"
        if st.button("Save", key=f"{at}.save", type="primary", disabled=made is None):
            wish = "save"
        if before is not None and st.button("Cancel", key=f"{at}.cancel"):
            wish = "cancel"
    return Filled(config=made, name=name, wish=wish, typed=typed)


def _address(provider: Provider, before: LMConfig | None, *, key: str) -> tuple[str, str | None]:
    if provider.address == "none":
        return "", None
    address = st.text_input(
        "Address",
        (before.api_base if before else None) or "",
        key=f"{key}.address",
        placeholder=provider.example_address,
    ).strip()
    if not provider.is_azure:
        return address, None
    version = st.text_input(
        "API version",
        (before.api_version if before else None) or AZURE_VERSION,
        key=f"{key}.version",
    ).strip()
    return address, version


def _model(provider: Provider, before: LMConfig | None, *, key: str) -> str:
    own = model_name(provider, before) if before else None
    with st.spinner("Reading the list of models", show_time=False):
        listed = listed_models(provider)
    if not listed:
        typed = st.text_input(
            "Model", own or "", key=f"{key}.model", placeholder=provider.example_model
        )
        return typed.strip()
    names = [*([own] if own and own not in listed else []), *listed]
    chosen = st.selectbox(
        "Model",
        names,
        index=names.index(own) if own else None,
        key=f"{key}.model",
        placeholder=f"such as {provider.example_model}",
        accept_new_options=True,
        help="Choose one, or type any other name that the provider knows.",
    )
    return (chosen or "").strip()


def _key(
    provider: Provider,
    before: LMConfig | None,
    *,
    key: str,
    field: str,
    source_of: Callable[[str], KeySource | None],
) -> tuple[str | None, tuple[str, str] | None]:
    """The key's name, and what was typed; no name where none is wanted, an empty one if missing."""
    if provider.variables:
        _render_variables(provider, source_of)
        return None, None
    if provider == OWN_ADDRESS:
        wants = bool(before and before.api_key_env)
        if not st.toggle("The server wants a key", wants, key=f"{key}.wants"):
            return None, None
    left, right = st.columns(2)
    name = left.text_input(
        "Name of the key",
        (before.api_key_env if before else None) or provider.key or "",
        key=f"{key}.variable",
        help="The environment variable, or entry of .streamlit/secrets.toml, that holds it. Keys "
        "that are typed here go by this name, too.",
    ).strip()
    if not _is_name(name):
        st.caption(f":red[:material/error: {NOT_A_NAME}]")
        return "", None
    with right:
        typed = render_key_field(key=field, label="Key, for this browser session")
    render_key_source(name, source_of(name))
    if provider.keys_at:
        st.caption(f"Keys are given out at {provider.keys_at}")
    return name, (name, typed) if typed else None


def _render_variables(provider: Provider, source_of: Callable[[str], KeySource | None]) -> None:
    names = [f"`{name}` {'✓' if source_of(name) else '–'}" for name in provider.variables]
    st.caption(f"On the server: {' · '.join(names)}")


def _is_name(text: str) -> bool:
    try:
        return LMConfig(api_key_env=text).api_key_env is not None
    except ValidationError:
        return False


def _missing(provider: Provider, model: str, address: str, variable: str | None) -> str | None:
    if provider.address == "needed" and not address:
        return "Give the address."
    if not model:
        return "Name the model."
    if variable == "":
        return "Name the key."
    return None


def _made(
    settings: dict[str, Any], before: LMConfig | None, *, incomplete: str | None
) -> LMConfig | None:
    if incomplete is not None:
        st.caption(f":material/edit: {incomplete}")
        return None
    kept = before.model_dump() if before else {}
    try:
        return LMConfig.model_validate({**kept, **settings})
    except ValidationError as error:
        # only the message: what was refused could be a key
        st.text(error.errors(include_input=False)[0]["msg"])
        return None
