"""Objects with named properties, read out of a text as a JSON schema asks.

A property's value is the number, name or phrase of the text that stands where the demonstrations'
values stood: beside the same words, written in the same way. Without demonstrations only the words
of the property's name and description lead to it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.lm.matcher.prompt import Field, Prompt
from core.lm.matcher.text import STOP_WORDS, coin, content_stems, names, stem

_WORD = re.compile(r"[^\W_]+(?:[.,'-][^\W_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LONGEST_PHRASE = 3
_BESIDE = 1.0
_ALIKE = 0.5
_NAMED = 0.4
_NEGATIONS = frozenset(["no", "not", "never", "without"])


@dataclass(frozen=True, kw_only=True)
class _Spot:
    """A part of a text and the words around it."""

    text: str
    before: str
    after: str


def write_object(prompt: Prompt, field: Field) -> str | None:
    """The object as JSON; None when the field's schema names no properties."""
    properties = _properties(field.schema)
    if not properties:
        return None
    text = "\n".join(prompt.values.values())
    shown = [
        ("\n".join(demo.inputs.values()), found)
        for demo in prompt.demos
        if (found := _object(demo.outputs.get(field.name, ""))) is not None
    ]
    taken: set[str] = set()
    answer: dict[str, Any] = {}
    for name, asked in properties.items():
        lessons = [(source, found[name]) for source, found in shown if name in found]
        answer[name] = _value(name, asked, text, lessons, taken, prompt.key)
        taken.add(str(answer[name]))
    return json.dumps(answer, ensure_ascii=False)


def _properties(schema: str) -> dict[str, Mapping[str, Any]]:
    """Name → schema of each property, references to definitions followed once."""
    found = _object(schema) or {}
    properties, defined = found.get("properties"), found.get("$defs", {})
    if not isinstance(properties, dict):
        return {}
    return {
        name: {**defined.get(str(asked.get("$ref", "")).rpartition("/")[2], {}), **asked}
        for name, asked in properties.items()
    }


def _object(text: str) -> dict[str, Any] | None:
    try:
        loaded = json.loads(text)
    except ValueError:
        return None
    return loaded if isinstance(loaded, dict) else None


def _value(
    name: str,
    asked: Mapping[str, Any],
    text: str,
    lessons: Sequence[tuple[str, Any]],
    taken: set[str],
    key: str,
) -> Any:
    kind, options = asked.get("type"), asked.get("enum")
    if kind in ("array", "object"):
        return lessons[0][1] if lessons else [] if kind == "array" else {}
    if kind == "boolean":
        return _chosen([False, True], f"{name} {asked.get('description', '')}", text, lessons)
    if options:
        return _chosen(list(options), "", text, lessons)
    told = content_stems(f"{name.replace('_', ' ')} {asked.get('description', '')}")
    is_number = kind in ("integer", "number")
    spots = [spot for spot in _spots(text, numbers=is_number) if spot.text not in taken]
    learnt = [spot for source, value in lessons for spot in _places(source, value)]
    if not spots:
        return 0 if is_number else ""
    best = max(spots, key=lambda spot: (_fit(spot, learnt, told), coin(key, name, spot.text)))
    if not is_number:
        return best.text
    measured = float(best.text.replace(",", ""))
    return int(measured) if kind == "integer" else measured


def _chosen(options: list[Any], told: str, text: str, lessons: Sequence[tuple[str, Any]]) -> Any:
    """The option of the demonstration with the likest text; else one that the text itself names."""
    here = content_stems(text)
    if lessons:
        common = frozenset.intersection(*(content_stems(source) for source, _ in lessons))
        return max(lessons, key=lambda each: len((content_stems(each[0]) & here) - common))[1]
    if told:
        low = text.lower().split()
        denied = any(word in _NEGATIONS for word in low)
        return bool(content_stems(told) & here) and not denied
    return next((each for each in options if str(each).lower() in text.lower()), options[0])


def _spots(text: str, *, numbers: bool) -> Iterator[_Spot]:
    """Numbers, or names and short phrases, each with its neighbours."""
    if numbers:
        yield from (_spot(text, found.start(), found.end()) for found in _NUMBER.finditer(text))
        return
    seen: set[str] = set()
    for name in names(text):
        for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            seen.add(name)
            yield _spot(text, found.start(), found.end())
    found_words = list(_WORD.finditer(text))
    for first in range(len(found_words)):
        for last in found_words[first : first + _LONGEST_PHRASE]:
            phrase = text[found_words[first].start() : last.end()]
            if phrase not in seen and phrase.islower() and not _is_loose(phrase):
                yield _spot(text, found_words[first].start(), last.end())


def _is_loose(phrase: str) -> bool:
    """True for phrases that break at a stop word, a number or the end of a clause."""
    parts = phrase.split()
    return any(word in STOP_WORDS or word[-1] in ",.;:" for word in parts) or bool(
        _NUMBER.search(phrase)
    )


def _places(source: str, value: Any) -> Iterator[_Spot]:
    """Where the value of a demonstration stands in its text."""
    written = f"{value:g}" if isinstance(value, float) else str(value)
    for found in re.finditer(rf"(?<![\w.]){re.escape(written)}(?!\w)", source):
        yield _spot(source, found.start(), found.end())


def _spot(text: str, start: int, end: int) -> _Spot:
    before, after = text[:start].split(), text[end:].split()
    return _Spot(
        text=text[start:end],
        before=before[-1].lower() if before else "",
        after=after[0].lower().rstrip(".,;:") if after else "",
    )


def _fit(spot: _Spot, learnt: Sequence[_Spot], told: frozenset[str]) -> float:
    beside = frozenset([stem(spot.before), stem(spot.after)])
    fit = _NAMED * len(beside & told)
    if not learnt:
        return fit + _ALIKE * (not spot.text.islower())
    for each in learnt:
        fit += _BESIDE * (each.before == spot.before) + _BESIDE * (each.after == spot.after)
        fit += _ALIKE * (each.text.islower() == spot.text.islower())
        fit += _ALIKE * (len(each.text.split()) == len(spot.text.split()))
    return fit / len(learnt)
