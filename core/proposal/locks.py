"""Locked spans: text in a predictor's instruction that must stay word for word.

A person selects spans, or marks them in the program's own instruction with `<keep>` and `</keep>`;
the marks themselves are taken out. A proposal that changed a span only a little is repaired; one
that dropped it is refused. Whether the rest of a proposal contradicts a span is not looked at.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.errors import ConfigError

SYNTAX = "<keep>text that must stay word for word</keep>"
ALIKE = 0.72
"""Least similarity (difflib's ratio over words) of a passage that counts as the changed span."""
SLACK = 0.15
"""A passage that counts may be longer or shorter than the span by this share, or by two words."""

Place = tuple[int, int]
"""Start and end of a passage, in characters."""

_MARKED = re.compile(r"<keep>(.*?)</keep>", re.DOTALL)
_MARK = re.compile(r"</?keep>")
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_BREAK = re.compile(r"[.!?]\s|\n")
_CLOSING = frozenset(".!?:;,")


class _Word(NamedTuple):
    text: str
    """As it is compared."""
    start: int
    end: int


def split_marks(text: str, *, where: str) -> tuple[str, tuple[str, ...]]:
    """The text without marks, and what they enclose, in order and each once.

    Raises:
        ConfigError: a mark has no partner, encloses nothing, or lies inside another.
    """
    spans = tuple(dict.fromkeys(match.strip() for match in _MARKED.findall(text)))
    plain = _MARKED.sub(r"\1", text)
    if _MARK.search(plain) or any(not span for span in spans):
        raise ConfigError(f"{where}: a <keep> mark is not closed, empty or nested. Write {SYNTAX}.")
    return plain, spans


def unmarked(text: str) -> str:
    """The text without marks, whether or not they are in pairs: a model may copy what it reads."""
    return _MARK.sub("", text)


def told(spans: Sequence[str]) -> str:
    """The spans as the proposer is told about them, one a line; empty without any."""
    return "\n".join(f"<keep>{span.strip()}</keep>" for span in spans)


def missing_spans(text: str, spans: Sequence[str]) -> tuple[str, ...]:
    """The spans that are not in the text word for word; white space around a span counts not."""
    return tuple(span for span in spans if span.strip() not in text)


def repaired(text: str, spans: Sequence[str]) -> str | None:
    """The text with changed spans put back; None when one of them is nowhere to be found.

    A passage that resembles the span is replaced by it, unless it is part of another span.
    """
    for span in missing_spans(text, spans):
        kept = [place for other in spans for place in _places(text, other.strip())]
        place = _resembling(text, span.strip(), kept)
        if place is None:
            return None
        text = text[: place[0]] + span.strip() + text[place[1] :]
    return None if missing_spans(text, spans) else text


def refusal(missing: Sequence[str]) -> str:
    """Why a proposal without these spans is not used, in plain words."""
    listed = ", ".join(f"“{span.strip()}”" for span in missing)
    return f"Locked text is missing from the proposal: {listed}."


def _places(text: str, span: str) -> Iterator[Place]:
    start = text.find(span) if span else -1
    while start >= 0:
        yield start, start + len(span)
        start = text.find(span, start + 1)


def _resembling(text: str, span: str, kept: Sequence[Place]) -> Place | None:
    """Start and end of the passage that resembles the span most, if any does enough."""
    words, wanted = _words(text), [word.text for word in _words(span)]
    matcher = difflib.SequenceMatcher(b=wanted, autojunk=False)
    best, found = ALIKE, None
    for first, last in _windows(words, len(wanted)):
        if _meets((words[first].start, words[last - 1].end), kept):
            continue
        matcher.set_seq1([word.text for word in words[first:last]])
        if matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, found = ratio, (first, matcher.get_matching_blocks())
    if found is None:
        return None
    first, (*blocks, _) = found
    head, tail = blocks[0], blocks[-1]
    start = _stretched(text, words, first + head.a, -head.b, kept)
    after = len(wanted) - tail.b - tail.size
    end = _stretched(text, words, first + tail.a + tail.size - 1, after, kept)
    return _with_edges(text, span, (words[start].start, words[end].end))


def _windows(words: Sequence[_Word], count: int) -> Iterator[tuple[int, int]]:
    """(first, after the last) of every passage of about `count` words."""
    slack = max(2, round(SLACK * count)) if count else -1
    lengths = {count, *range(count - slack, count + slack + 1, max(1, slack // 4))}
    for length in sorted(each for each in lengths if each > 0):
        for first in range(len(words) - length + 1):
            yield first, first + length


def _stretched(
    text: str, words: Sequence[_Word], place: int, steps: int, kept: Sequence[Place]
) -> int:
    """The word `steps` further: those that stand where the span has others go with the passage.

    Stops at the end of a sentence and at other spans.
    """
    way = 1 if steps > 0 else -1
    for _ in range(abs(steps)):
        after = place + way
        if not 0 <= after < len(words):
            break
        between = words[min(place, after)].end, words[max(place, after)].start
        if _BREAK.search(text[between[0] : between[1]]):
            break
        if _meets((words[after].start, words[after].end), kept):
            break
        place = after
    return place


def _with_edges(text: str, span: str, place: Place) -> Place:
    """The place with the signs around it that the span has, too; one end of sentence is another."""
    words = _words(span)
    start, end = place
    before, after = span[: words[0].start], span[words[-1].end :]
    if before and text[:start].endswith(before):
        start -= len(before)
    if after and text.startswith(after, end):
        end += len(after)
    elif after[:1] in _CLOSING and text[end : end + 1] in _CLOSING:
        end += 1
    return start, end


def _meets(place: Place, kept: Sequence[Place]) -> bool:
    return any(start < place[1] and place[0] < end for start, end in kept)


def _words(text: str) -> list[_Word]:
    return [
        _Word(match.group().casefold().replace("’", "'"), match.start(), match.end())
        for match in _WORD.finditer(text)
    ]
