"""Asks for a key, and says where one comes from. Never shows one, and keeps none itself."""

from typing import Literal

import streamlit as st

KeySource = Literal["typed", "secrets", "environment"]

FROM = {
    "typed": "typed, for this browser session only",
    "secrets": "from .streamlit/secrets.toml",
    "environment": "from the server's environment",
}
GONE_AT_RELOAD = (
    "A typed key stays in the server's memory for this browser session. It is given to the workers "
    "of the runs that you start and written nowhere; after a reload of this page it is gone."
)

_JS = """
function left({ target, relatedTarget }) {
  const field = target.closest?.("[data-testid=stTextInput]");
  if (!field || target.tagName === "INPUT" || field.contains(relatedTarget)) return;
  field.querySelector("input").focus();
  if (relatedTarget) relatedTarget.focus(); else field.querySelector("input").blur();
}

export default function () {
  document.addEventListener("focusout", left);
  return () => document.removeEventListener("focusout", left);
}
"""
# Streamlit takes a text when its field loses the focus, but not by way of the eye beside it, where
# the Tab key leads: what was typed would be on screen and nowhere else.
_LEAVING = st.components.v2.component("key_field_leaving", html="<i></i>", js=_JS)


def render_key_source(name: str | None, source: KeySource | None) -> None:
    """Whether the key is there."""
    if name is None:
        st.caption(":material/key_off: No key.")
        return
    if source is None:
        st.caption(f":orange[:material/warning:] The key `{name}` is not there.")
        return
    st.caption(f":green[:material/key:] `{name}`, {FROM[source]}.")


def render_key_field(*, key: str, label: str = "Key") -> str | None:
    """What was typed; the caller takes it and draws the field anew, under another `key`.

    The field's value is never sent back to the browser.
    """
    typed = st.text_input(
        label,
        type="password",
        key=f"{key}.typed",
        autocomplete="new-password",
        placeholder="paste it here",
        help=GONE_AT_RELOAD,
    )
    return typed.strip() or None


def render_promise(*, key: str) -> None:
    """What becomes of typed keys. A page with a key's field outside of a form needs it once."""
    with st.container(gap=None):
        st.caption(f":material/lock: {GONE_AT_RELOAD}")
        _LEAVING(key=key, height=1)


def render_missing_keys(names: list[str], *, key: str) -> tuple[str, str] | None:
    """Asks for the first of these keys, which a run wants to go on; (name, key) once typed."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f":orange[:material/key:] **This run needs the key** `{names[0]}`.")
        st.caption(
            "It was typed in another browser session, before a reload, or is no longer set on the "
            "server. Type it for this session, and the run can go on where it stands."
        )
        return _render_request(names[:1], "Use this key", key=key)


def render_refused_key(names: list[str], *, key: str) -> tuple[str, str] | None:
    """Offers to go on with another key than one that the provider refuses; (name, key) once typed.

    Which of these keys it is, the provider did not say.
    """
    with st.container(border=True, gap="xsmall"):
        named = f" `{names[0]}`" if len(names) == 1 else ""
        st.markdown(f":orange[:material/key:] **Go on with another key{named}?**")
        st.caption(
            "The provider's words are above. A key typed here is for this session, in place of "
            "the one that the run had; it goes on where it stands."
        )
        return _render_request(names, "Use this key and resume", key=key)


def _render_request(names: list[str], wish: str, *, key: str) -> tuple[str, str] | None:
    with st.form(f"{key}.form", border=False):
        name = names[0] if len(names) == 1 else st.selectbox("Which one", names, key=f"{key}.name")
        typed = render_key_field(key=key)
        pressed = st.form_submit_button(wish, type="primary")
    return (name, typed) if pressed and typed else None
