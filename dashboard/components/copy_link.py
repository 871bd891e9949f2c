"""A button that copies the address of the page, which names the view that is shown."""

import streamlit as st

_HTML = '<button type="button">Copy link</button><span role="status"></span>'

_CSS = """
button { font: inherit; font-family: var(--st-font); font-size: 0.875rem;
  padding: 4px 12px; min-height: 40px;
  color: var(--st-text-color); cursor: pointer; border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius); background: var(--st-background-color); }
button:hover { border-color: var(--st-primary-color); color: var(--st-link-color); }
button:focus-visible { border-color: var(--st-primary-color); outline: none;
  box-shadow: 0 0 0 2px var(--st-primary-color); }
span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
"""

_JS = """
async function copied(text) {
  try { await navigator.clipboard.writeText(text); return true; }
  catch {  // without https there is no clipboard for scripts, only the browser's own command
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const status = parentElement.querySelector("[role=status]");
  button.onclick = async () => {
    const done = await copied(window.location.href);
    button.textContent = done ? "Copied" : "Copy it from the address bar";
    status.textContent = done ? "The link was copied." : "The link could not be copied.";
    button.focus();
    setTimeout(() => { button.textContent = "Copy link"; status.textContent = ""; }, 2500);
  };
}
"""

_BUTTON = st.components.v2.component("copy_link", html=_HTML, css=_CSS, js=_JS)


def render_copy_link(*, key: str) -> None:
    """The button. The address says what is shown as soon as it is drawn."""
    _BUTTON(key=key, width="content")
