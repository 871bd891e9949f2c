"""The part of a sentence that answers a question: a name, a year, a number or a few words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from core.lm.matcher.passages import Sentence
from core.lm.matcher.text import (
    QUESTION_WORDS,
    STOP_WORDS,
    content_stems,
    names,
    stem,
    words,
)

Wanted = Literal["person", "place", "year", "number", "yes or no", "thing"]

_YEAR = re.compile(r"(?<![\d,.])1\d{3}(?![\d,.]*\d)|(?<![\d,.])20\d{2}(?![\d,.]*\d)")
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,.]*\d|(?<![\w.,])\d(?!\w)")
_LEADS = {
    "person": re.compile(r"\b(?:who|whom|whose)\b", flags=re.IGNORECASE),
    "year": re.compile(
        r"\bwhen\b|\b(?:what|which)(?: \w+){0,3} (?:year|date|decade)\b", re.IGNORECASE
    ),
    "number": re.compile(r"\bhow (?:many|much|long|old|far|tall|big|high)\b", re.IGNORECASE),
    "place": re.compile(
        r"\bwhere\b|\b(?:what|which)(?: \w+){0,3} (?:town|city|country|\w*place|village|state|"
        r"region)\b",
        re.IGNORECASE,
    ),
}
_CHOICE_OPENERS = frozenset(
    ["is", "are", "was", "were", "do", "does", "did", "has", "have", "had", "can", "could"]
)
_LINK_WORDS = 5
_PLACE_NOUNS = frozenset(
    ["town", "city", "village", "country", "place", "region", "state", "home", "seat", "island"]
)
_PERSON_NOUNS = frozenset(["person", "man", "woman", "boy", "girl", "people", "wife", "husband"])
_AGENT = re.compile(r"(?:[^aeiou]er|[aeiou]eer|[ts]or|ist|ect|cian|hor)$")
_HEAD = re.compile(r"\b(?:what|which)\s+((?:[\w'-]+\s+){1,3})", flags=re.IGNORECASE)
_PLACE_LEADS = frozenset(["in", "at", "from", "near"])
_PLACE_NAME_WORDS = """
academy association bay bridge building city club college company conservatory council county
department district gallery group hall house hospital institute island lake league library mount
mountain mountains museum ocean office park polytechnic river sea school society square street
theatre tower university valley works
"""
_NO_PERSON = frozenset(_PLACE_NAME_WORDS.split())
"""Words in names of institutions and places rather than of people."""
_FEWEST_PERSON_WORDS = 2
_LONGEST_CHUNK_WORDS = 6
_NO_FIT = -2.0


@dataclass(frozen=True, kw_only=True)
class Span:
    """A candidate answer inside a sentence."""

    text: str
    kind: Literal["name", "year", "number", "words"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A span and how well it suits the question."""

    text: str
    fit: float
    """From about -5 (a repetition of the question) to 4 (the right kind, beside the right word)."""


@lru_cache(maxsize=8192)
def wanted(question: str) -> Wanted:
    """The kind of answer that the question's wording asks for."""
    first = words(question)[:1]
    if first and first[0].lower() in _CHOICE_OPENERS:
        return "yes or no"
    if _LEADS["year"].search(question):
        return "year"
    if _LEADS["number"].search(question):
        return "number"
    if _LEADS["place"].search(question):
        return "place"
    return "person" if _LEADS["person"].search(question) else "thing"


@lru_cache(maxsize=8192)
def wanted_link(question: str) -> Wanted:
    """The kind of thing that the words before the question's first name speak of.

    "the home town of NAME" speaks of a place, "the person who found NAME" and nouns of doing, such
    as "painter" or "pianist", of a person; anything else of a thing.
    """
    known = names(question)
    before = question.partition(known[0])[0] if known else question
    for word in reversed(words(before)[-_LINK_WORDS:]):
        low = word.lower()
        if low in _PLACE_NOUNS:
            return "place"
        if low in _PERSON_NOUNS or (_AGENT.search(low) and low not in STOP_WORDS):
            return "person"
    return "thing"


@lru_cache(maxsize=8192)
def head_stems(question: str) -> frozenset[str]:
    """Stems of the noun after "which" or "what" ("which river flows" → river); else empty."""
    match = _HEAD.search(question)
    if match is None:
        return frozenset()
    found = []
    for word in words(match.group(1)):
        if word.lower() in STOP_WORDS or word.lower() in QUESTION_WORDS:
            break
        found.append(stem(word))
    return frozenset(found[:2])


def best_span(
    sentence: Sentence, question: str, near: frozenset[str], *, kind: Wanted | None = None
) -> Found:
    """The part of the sentence that answers best; the whole sentence when none can.

    Args:
        sentence: Where the answer should stand.
        question: The question, which says what kind of thing is wanted.
        near: Stems that the answer should stand close to.
        kind: The kind of answer; None reads it from the question.
    """
    sought = kind or wanted(question)
    ranked = [
        Found(
            fit=_fit(span, sought, sentence, question) + _nearness(span, sentence, near),
            text=span.text,
        )
        for span in _candidates(sentence, near, sought)
    ]
    return max(ranked, key=lambda found: found.fit, default=Found(fit=_NO_FIT, text=sentence.text))


def _candidates(sentence: Sentence, near: frozenset[str], sought: Wanted) -> Iterator[Span]:
    text = sentence.text
    for name in names(text):
        if not name[0].isdigit():
            yield Span(text=name, kind="name")
    years = list(dict.fromkeys(_YEAR.findall(text)))
    yield from (Span(text=year, kind="year") for year in years)
    for value in dict.fromkeys(_NUMBER.findall(text)):
        if value not in years:
            yield Span(text=value, kind="number")
    if sought == "thing":
        yield from _chunks(text, near)


def _chunks(text: str, near: frozenset[str]) -> Iterator[Span]:
    """Runs of words after a matched word, up to the next comma or end of the sentence."""
    for part in re.split(r"[,;:()]|\.(?:\s|$)", text):
        tokens = part.split()
        for place, token in enumerate(tokens):
            if stem(token) not in near:
                continue
            run = tokens[place + 1 :]
            while run and run[0].lower() in STOP_WORDS:
                run = run[1:]
            if 0 < len(run) <= _LONGEST_CHUNK_WORDS:
                yield Span(text=" ".join(run).strip(".,;:!?"), kind="words")


def _fit(span: Span, sought: Wanted, sentence: Sentence, question: str) -> float:
    score = _kind_fit(span, sought, sentence.text)
    own = content_stems(span.text)
    if own & head_stems(question) and not own <= content_stems(question):
        score += 1.0
    if own and own <= content_stems(question):
        score -= 3.0
    if own and own <= content_stems(sentence.title):
        score -= 3.0
    if sentence.text.startswith(f"{span.text} ") and " " not in span.text:
        score -= 1.0  # a common word may be capitalized only because it opens the sentence
    return score


def _kind_fit(span: Span, sought: Wanted, text: str) -> float:
    """How well the form of the span suits what is sought, from -2 to 2."""
    if sought in {"year", "number"}:
        return 2.0 if span.kind == sought else -1.5
    if span.kind in {"year", "number"}:
        return -2.0
    if sought == "person":
        parts = span.text.lower().split()
        full = span.kind == "name" and len(parts) >= _FEWEST_PERSON_WORDS
        return 1.5 if full and _NO_PERSON.isdisjoint(parts) else 0.3
    if sought == "place":
        single = len(span.text.split()) < _FEWEST_PERSON_WORDS
        named = 1.2 + 0.3 * single if span.kind == "name" else 0.0
        return named + 0.5 * _led_to(span.text, text)
    return 0.5 if span.kind == "name" else 0.3


def _led_to(part: str, text: str) -> bool:
    before = text.partition(part)[0].split()
    return bool(before) and (
        before[-1].lower() in _PLACE_LEADS
        or (before[-1].lower() == "the" and len(before) > 1 and before[-2].lower() in _PLACE_LEADS)
    )


def _nearness(span: Span, sentence: Sentence, near: frozenset[str]) -> float:
    """1 beside a word of `near`, falling to 0; a little more when the span comes after it."""
    tokens: Sequence[str] = words(sentence.text)
    inside = words(span.text)
    places = [i for i, token in enumerate(tokens) if stem(token) in near and token not in inside]
    starts = [i for i in range(len(tokens)) if tuple(tokens[i : i + len(inside)]) == tuple(inside)]
    if not places or not starts:
        return 0.0
    return max(_closeness(start, len(inside), place) for start in starts for place in places)


def _closeness(start: int, length: int, place: int) -> float:
    after = start > place
    gap = start - place if after else place - (start + length - 1)
    return (1.0 if after else 0.8) / (0.5 + 0.5 * max(gap, 1))
