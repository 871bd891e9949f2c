"""Two texts, the words in which they differ marked. Everything is escaped."""

import html
from functools import lru_cache

import streamlit as st

from core.report.word_diff import pieces

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
_TAGS = {"same": ("", ""), "gone": ("<del>", "</del>"), "new": ("<ins>", "</ins>")}


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


def in_one(before: str, after: str) -> str:
    """Both texts in one as HTML, what is gone in `<del>`, what came in `<ins>`."""
    return "".join(text for _, text in _pieces(before, after))


def marked(before: str, after: str) -> tuple[str, str]:
    """Both texts as HTML: what only the first has in `<del>`, what only the second has in `<ins>`.

    Compared word by word; a mark is a word, too.
    """
    found = _pieces(before, after)
    left = "".join(text for kind, text in found if kind != "new")
    right = "".join(text for kind, text in found if kind != "gone")
    return left, right


@lru_cache(maxsize=512)
def _pieces(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """What happens piece by piece, and the piece as HTML, escaped and marked."""
    return tuple(
        (piece.kind, html.escape(piece.text).join(_TAGS[piece.kind]))
        for piece in pieces(before, after)
    )
