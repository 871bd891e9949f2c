"""A context field taken apart into titled passages and their sentences."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from core.lm.matcher.text import content_stems, sentences

_NUMBERED = re.compile(r"^\[\d+\] «+\n?(.*?)»+$", flags=re.MULTILINE | re.DOTALL)
_ITEM_BREAK = re.compile(r"""['"], ['"]""")
_LONGEST_TITLE_WORDS = 10


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence of a passage, with its stems."""

    text: str
    title: str
    """The passage's title; empty when it has none."""
    stems: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One text of a context."""

    title: str
    sentences: tuple[Sentence, ...]


@lru_cache(maxsize=1_024)
def passages_of(context: str) -> tuple[Passage, ...]:
    """The passages of a context, which may be a JSON list, dspy's numbered list, or paragraphs.

    A text `title | rest` is split at the bar. Order is kept, repeated texts are dropped.
    """
    found = dict.fromkeys(part.strip() for part in _parts(context) if part.strip())
    return tuple(_passage(text) for text in found)


def _parts(context: str) -> Iterator[str]:
    if context.lstrip().startswith("["):
        numbered = _NUMBERED.findall(context)
        if numbered:
            yield from numbered
            return
        loaded = _list(context)
        if loaded is not None:
            yield from map(_joined, loaded)
            return
    yield from re.split(r"\n\s*\n", context)


def _list(text: str) -> list[object] | None:
    """The items of a JSON list, or of a Python list that may be cut short; None for other text."""
    try:
        loaded = json.loads(text)
    except json.JSONDecodeError:
        quoted = text.startswith(("['", '["'))
        return list(_ITEM_BREAK.split(text[2:].removesuffix("']"))) if quoted else None
    return loaded if isinstance(loaded, list) else None


def _joined(item: object) -> str:
    """One passage of a JSON list: a text, or nested `[title, [sentence, ...]]`."""
    if not isinstance(item, list):
        return str(item)
    if len(item) == 2 and isinstance(item[1], list):
        return f"{item[0]} | {' '.join(str(each).strip() for each in item[1])}"
    return " ".join(_joined(each) for each in item)


def _passage(text: str) -> Passage:
    head, bar, rest = text.partition(" | ")
    titled = bool(bar) and len(head.split()) <= _LONGEST_TITLE_WORDS
    title, body = (head.strip(), rest) if titled else ("", text)
    return Passage(
        title=title,
        sentences=tuple(
            Sentence(text=each, title=title, stems=content_stems(each)) for each in sentences(body)
        ),
    )
