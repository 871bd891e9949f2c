"""Texts of a predictor's own instruction that must stay word for word: select them, or type them.

The field is a text area that takes no input, so that mouse, touch and keyboard (Shift and arrows)
all select in it (in a `readonly` one Chromium shows no caret and selects with the mouse only).
What is locked already is marked behind its text. Text gets there as text, never as HTML.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from core.errors import ConfigError
from core.proposal.locks import SYNTAX, missing_spans, split_marks
from dashboard.components.refusal import accepted

_HTML = """
<div class="locked-spans">
  <div class="field">
    <div class="marks" aria-hidden="true"></div>
    <textarea aria-readonly="true" inputmode="none" spellcheck="false"></textarea>
  </div>
  <div class="bar">
    <button type="button" disabled>Lock the selection</button>
    <span role="status"></span>
  </div>
</div>
"""

_CSS = """
.locked-spans { font-family: var(--st-font); color: var(--st-text-color); }
.locked-spans .field { display: grid; border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); background: var(--st-code-background-color); }
.locked-spans .field:focus-within { border-color: var(--st-primary-color);
  box-shadow: 0 0 0 1px var(--st-primary-color); }
.locked-spans .marks, .locked-spans textarea { grid-area: 1 / 1; margin: 0; padding: 12px;
  border: 0; box-sizing: border-box; width: 100%; min-width: 0; font: inherit;
  font-size: 0.95rem; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; }
.locked-spans .marks { color: transparent; }
.locked-spans mark { color: transparent; border-radius: 4px;
  background: color-mix(in srgb, var(--st-primary-color) 32%, transparent);
  box-shadow: 0 0 0 2px color-mix(in srgb, var(--st-primary-color) 32%, transparent); }
.locked-spans textarea { resize: none; overflow: hidden; background: transparent;
  color: inherit; outline: none; }
.locked-spans .bar { display: flex; flex-wrap: wrap; gap: 12px; align-items: center;
  margin-top: 8px; }
.locked-spans button { font: inherit; padding: 6px 12px; min-height: 40px; color: inherit;
  cursor: pointer; border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius); background: var(--st-background-color); }
.locked-spans button:hover:enabled { border-color: var(--st-primary-color);
  color: var(--st-link-color); }
.locked-spans button:focus-visible { border-color: var(--st-primary-color);
  box-shadow: 0 0 0 2px var(--st-primary-color); outline: none; }
.locked-spans button:disabled { opacity: 0.45; cursor: default; }
.locked-spans [role=status] { font-size: 0.875rem; opacity: 0.75; }
"""

_JS = """
function pieces(text, spans) {
  const starts = [];
  for (const span of spans)
    for (let at = text.indexOf(span); at >= 0; at = text.indexOf(span, at + 1))
      starts.push([at, at + span.length]);
  return starts.sort((a, b) => a[0] - b[0]);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const area = parentElement.querySelector("textarea");
  const marks = parentElement.querySelector(".marks");
  const button = parentElement.querySelector("button");
  const status = parentElement.querySelector("[role=status]");
  if (area.value !== data.text) area.value = data.text;
  area.setAttribute("aria-label", data.label);
  marks.replaceChildren();
  let done = 0;
  for (const [from, to] of pieces(data.text, data.spans)) {
    if (to <= done) continue;
    const start = Math.max(from, done);
    marks.append(data.text.slice(done, start));
    const mark = document.createElement("mark");
    mark.textContent = data.text.slice(start, to);
    marks.append(mark);
    done = to;
  }
  marks.append(data.text.slice(done) + "\\n");
  const selected = () => area.value.slice(area.selectionStart, area.selectionEnd).trim();
  const look = () => {
    const text = selected();
    button.disabled = !text;
    status.textContent = text
      ? "Selected: " + (text.length > 60 ? text.slice(0, 59) + "…" : text)
      : "Select text above with the mouse, or with Shift and the arrow keys.";
  };
  area.onbeforeinput = (event) => event.preventDefault();
  area.onselect = area.onkeyup = area.onmouseup = area.ontouchend = area.onfocus = look;
  if (area.__look) document.removeEventListener("selectionchange", area.__look);
  area.__look = look;
  document.addEventListener("selectionchange", look);
  button.onclick = () => {
    const text = selected();
    if (text) setTriggerValue("lock", text);
    area.setSelectionRange(0, 0);
    look();
  };
  look();
  return () => document.removeEventListener("selectionchange", area.__look);
}
"""

# Not isolated, because a dialog moves the focus with Tab past everything in a shadow root.
_FIELD = st.components.v2.component(
    "locked_spans", html=_HTML, css=_CSS, js=_JS, isolate_styles=False
)


def render_locked_spans(
    text: str,
    spans: Sequence[str],
    *,
    change: Callable[[tuple[str, ...]], object],
    key: str,
) -> bool:
    """The instruction with what is locked in it; True once that was changed through `change`.

    `change` takes all spans that shall be locked from now on, and may refuse.
    """
    picked = _FIELD(
        data={"text": text, "spans": list(spans), "label": "The program's own instruction"},
        key=f"{key}.field",
        on_lock_change=lambda: None,
    )
    wanted = tuple(spans)
    with st.container(gap="xsmall"):
        for place, span in enumerate(spans):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.badge("Locked", icon=":material/lock:", color="gray")
                st.text(span, width="stretch")
                if st.button("Unlock", key=f"{key}.unlock.{place}", icon=":material/lock_open:"):
                    wanted = tuple(each for each in spans if each != span)
    with st.form(f"{key}.form", border=False, clear_on_submit=True):
        typed = st.text_input(
            "Or type or paste the text to lock",
            key=f"{key}.typed",
            help="Word for word as in the instruction. You may also paste the instruction with "
            f"marks: `{SYNTAX}`",
        )
        asked = st.form_submit_button("Lock it", icon=":material/lock:")
    new = picked.lock or (typed if asked else None)
    if not new and wanted == tuple(spans):
        return False
    return accepted(lambda: change((*wanted, *(marked_spans(new) if new else ()))))


def marked_spans(text: str) -> tuple[str, ...]:
    """What the marks in the text enclose; the whole text where it has none.

    Raises:
        ConfigError: a mark has no partner, encloses nothing, or lies inside another.
    """
    _, spans = split_marks(text, where="The text to lock")
    return spans or (text.strip(),)


def checked_spans(text: str, spans: Sequence[str]) -> tuple[str, ...]:
    """The spans, each once, without empty ones.

    Raises:
        ConfigError: one of them is not in the text.
    """
    kept = tuple(dict.fromkeys(span.strip() for span in spans if span.strip()))
    if strange := missing_spans(text, kept):
        raise ConfigError(
            f"{strange[0]!r} is not in the program's own instruction. Copy the text to be locked "
            "from there."
        )
    return kept
