"""Closed sets of labels, and what a prompt says about each label.

Labels come from the output field's type or description, the instruction, or repeated answers in the
demonstrations: never from anywhere else.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.lm.matcher.examples import YES_NO
from core.lm.matcher.prompt import Field, Prompt
from core.lm.matcher.text import sentences, stems

_LONGEST_LABEL_WORDS = 5
_LIST_LEAD = re.compile(
    r"\b(?:one of(?: the following)?(?: \w+)?|either|(?:possible )?"
    r"(?:labels?|class(?:es)?|categor(?:y|ies)|options?|choices?|values?)(?: (?:is|are))?)"
    r"\s*[:=]?\s+(?P<list>[^\n]+)",
    flags=re.IGNORECASE,
)
_CUE_LINE = re.compile(
    r"^[\s>*•-]*(?:\d+[.)]\s*)?[\"'`*]*([^:=\n]{1,60}?)[\"'`*]*\s*(?::|=>|->)[\"'`*]*\s+(.+)$"
)
_YES_OR_NO = re.compile(r"\b(?:just|only|simply) (yes|true) or (no|false)\b", re.IGNORECASE)
_NUMBER = r"-?\d+(?:[.,]\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\s*(?:to|-|–|and)\s*({_NUMBER})")
_VALUE = re.compile(_NUMBER)
_SIMILAR_LABEL = 0.85


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A typical number of a label for one field."""

    centre: float
    width: float | None
    """Half of the stated range; None when only a number was stated."""


@dataclass(frozen=True, kw_only=True)
class LabelCues:
    """What the instruction says about one label."""

    numbers: Mapping[str, Spread]
    """Field name → its typical value."""
    words: tuple[str, ...]
    """Stems that speak for the label."""


def labels_of(prompt: Prompt, field: Field) -> tuple[str, ...]:
    """The values that the field may take, as the prompt states or shows them; else empty."""
    if field.options:
        return field.options
    answers = _answers(prompt, field)
    shown = _repeated(answers, copied=_copied(prompt, field))
    stated = listed_labels(field.description, whole=True)
    if not stated and field is _answer_field(prompt):
        stated = listed_labels(prompt.instruction, whole=False)
    if not stated:
        return shown
    short = [each for each in answers if len(each.split()) <= _LONGEST_LABEL_WORDS]
    return _merged(stated, short)


def cues_of(text: str, labels: Sequence[str], field_names: Iterable[str]) -> dict[str, LabelCues]:
    """Label → what the text says about it, for the labels it says something about.

    A line `label: this, that` speaks about its label, and so does a sentence that names just one.
    """
    fields = tuple(field_names)
    told: dict[str, list[str]] = {}
    for line in text.splitlines():
        match = _CUE_LINE.match(line)
        label = _same_label(match.group(1), labels) if match else None
        if match and label:
            told.setdefault(label, []).append(match.group(2))
            continue
        for sentence in sentences(line):
            named = [label for label in labels if _mentions(sentence, label)]
            if len(named) == 1:
                told.setdefault(named[0], []).append(_without(sentence, named[0]))
    return {label: _cues(" , ".join(parts), fields) for label, parts in told.items()}


def listed_labels(text: str, *, whole: bool) -> tuple[str, ...]:
    """The labels that a text lists ("one of: a, b, c", "yes or no"); empty when it lists none.

    Args:
        text: A field's description or an instruction.
        whole: Also accept a text that is nothing but a list.
    """
    asked = _YES_OR_NO.search(text) if whole else None
    if asked:
        return asked.group(1), asked.group(2)
    for match in _LIST_LEAD.finditer(text):
        items = _items(match.group("list"))
        if len(items) > 1:
            return items
    return _items(text) if whole else ()


def _items(text: str) -> tuple[str, ...]:
    """The parts of "a, b or c" up to the end of the sentence; empty unless all are short."""
    text = re.split(r"[.;](?:\s|$)|\)|\n", text.strip(), maxsplit=1)[0]
    parts = re.split(r"\s*(?:,\s*(?:or|and)\s|,|/|\||\s+or\s+)\s*", text.strip("[]{}( "))
    items = [part.strip(" \"'`*“”‘’") for part in parts]
    items = [item for item in items if item]
    short = all(len(item.split()) <= _LONGEST_LABEL_WORDS for item in items)
    single = sum(len(item.split()) == 1 for item in items) * 2 >= len(items)
    return tuple(dict.fromkeys(items)) if len(items) > 1 and short and single else ()


def _repeated(answers: Sequence[str], *, copied: bool) -> tuple[str, ...]:
    """The demonstrations' answers when they look like a closed set, most frequent first."""
    counts = Counter(answers)
    if counts and {answer.lower() for answer in counts} <= YES_NO:
        return _with_opposite(list(counts))
    short = all(len(answer.split()) <= _LONGEST_LABEL_WORDS for answer in counts)
    often = sum(count for count in counts.values() if count > 1) * 2 >= len(answers)
    few = 1 < len(counts) <= len(answers) * 0.75
    if copied or not (short and often and few):
        return ()
    return tuple(answer for answer, _ in counts.most_common())


def _with_opposite(answers: list[str]) -> tuple[str, ...]:
    opposites = {"yes": "no", "no": "yes", "true": "false", "false": "true"}
    known = {answer.lower() for answer in answers}
    for answer in list(answers):
        other = opposites[answer.lower()]
        if other not in known:
            answers.append(other.capitalize() if answer[0].isupper() else other)
            known.add(other)
    return tuple(answers)


def _answers(prompt: Prompt, field: Field) -> list[str]:
    return [demo.outputs[field.name] for demo in prompt.demos if field.name in demo.outputs]


def _copied(prompt: Prompt, field: Field) -> bool:
    """True when the answers are mostly parts of their inputs, as in question answering."""
    copied = [
        any(demo.outputs[field.name].lower() in value.lower() for value in demo.inputs.values())
        for demo in prompt.demos
        if field.name in demo.outputs
    ]
    return sum(copied) * 2 > len(copied)


def _merged(stated: Sequence[str], shown: Sequence[str]) -> tuple[str, ...]:
    """Stated and shown labels; where both spell one label differently, as it is shown."""
    merged = {label: label for label in stated}
    for label in shown:
        near = _same_label(label, list(merged)) or _closest(label, stated)
        merged[near or label] = label
    return tuple(dict.fromkeys(merged.values()))


def _closest(label: str, stated: Sequence[str]) -> str | None:
    found = difflib.get_close_matches(label.lower(), stated, n=1, cutoff=_SIMILAR_LABEL)
    return found[0] if found else None


def _same_label(text: str, labels: Sequence[str]) -> str | None:
    plain = text.strip(" \"'`*").lower()
    return next((label for label in labels if label.lower() == plain), None)


def _answer_field(prompt: Prompt) -> Field:
    return prompt.outputs[-1]


def _mentions(sentence: str, label: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", sentence, flags=re.IGNORECASE) is not None


def _without(sentence: str, label: str) -> str:
    return re.sub(re.escape(label), " ", sentence, flags=re.IGNORECASE)


def _cues(text: str, fields: Sequence[str]) -> LabelCues:
    numbers = {}
    for field in fields:
        spread = _spread_after(text, field)
        if spread is not None:
            numbers[field] = spread
    spoken = {part for field in fields for part in stems(field.replace("_", " "))}
    known = [each for each in stems(text) if each not in spoken and not _VALUE.fullmatch(each)]
    return LabelCues(numbers=numbers, words=tuple(dict.fromkeys(known)))


def _spread_after(text: str, field: str) -> Spread | None:
    """The number or range that follows the field's name before the next comma or semicolon."""
    name = re.escape(field).replace("_", "[_ ]")
    match = re.search(rf"(?<!\w){name}(?!\w)([^,;\n]*)", text, flags=re.IGNORECASE)
    if match is None:
        return None
    said = match.group(1)
    span = _RANGE.search(said)
    if span:
        low, high = (float(value.replace(",", ".")) for value in span.groups())
        first = _VALUE.search(said)
        own = first is not None and first.start() < span.start()
        centre = float(first.group().replace(",", ".")) if first and own else (low + high) / 2
        return Spread(centre=centre, width=abs(high - low) / 2)
    value = _VALUE.search(said)
    return Spread(centre=float(value.group().replace(",", ".")), width=None) if value else None
