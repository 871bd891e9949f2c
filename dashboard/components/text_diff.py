"""Two texts, the words in which they differ marked. Everything is escaped."""

import difflib
import html
import re
from collections.abc import Iterator
from functools import lru_cache

import streamlit as st

_CSS = """<style>
.text-diff{display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:12px}
.text-diff pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;padding:12px;
font-family:inherit;font-size:0.9rem;border-radius:8px;
border:1px solid color-mix(in srgb,currentColor 20%,transparent)}
.text-diff.one{grid-template-columns:1fr}
.text-diff del{background:color-mix(in srgb,#e5484d 25%,transparent)}
.text-diff ins{background:color-mix(in srgb,#30a46c 25%,transparent);text-decoration:none}
.text-diff.one ins{text-decoration:underline;text-underline-offset:3px}
</style>"""
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


def render_text_diff(before: str, after: str, *, before_name: str, after_name: str) -> None:
    """`before` on the left, `after` on the right; the names are for screen readers."""
    left, right = marked(before, after)
    names = [html.escape(name, quote=True) for name in (before_name, after_name)]
    st.html(
        f'{_CSS}<div class="text-diff"><pre aria-label="{names[0]}">{left}</pre>'
        f'<pre aria-label="{names[1]}">{right}</pre></div>'
    )


def render_marked_text(before: str, after: str) -> None:
    """One text: what `after` adds underlined, what it leaves out of `before` struck through."""
    st.html(f'{_CSS}<div class="text-diff one"><pre>{in_one(before, after)}</pre></div>')


@lru_cache(maxsize=512)
def in_one(before: str, after: str) -> str:
    """Both texts in one as HTML, what is gone in `<del>`, what came in `<ins>`."""
    parts = []
    for change, gone, come in _changes(before, after):
        if change == "equal":
            parts.append(come)
        else:
            parts += [f"<del>{gone}</del>"] if gone else []
            parts += [f"<ins>{come}</ins>"] if come else []
    return "".join(parts)


def marked(before: str, after: str) -> tuple[str, str]:
    """Both texts as HTML: what only the first has in `<del>`, what only the second has in `<ins>`.

    Compared word by word; a mark is a word, too.
    """
    left, right = [], []
    for change, gone, come in _changes(before, after):
        same = change == "equal"
        left.append(gone if same or not gone else f"<del>{gone}</del>")
        right.append(come if same or not come else f"<ins>{come}</ins>")
    return "".join(left), "".join(right)


def _changes(before: str, after: str) -> Iterator[tuple[str, str, str]]:
    """What happens piece by piece, and the piece in both texts, escaped."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for change, i1, i2, j1, j2 in matcher.get_opcodes():
        yield change, html.escape("".join(old[i1:i2])), html.escape("".join(new[j1:j2]))
