"""Choice of a label by nearness to demonstrations and to what the instruction says of labels.

Numeric fields are compared by distance in units of their spread, categories by equality, running
text by weighted overlap of stems. What speaks for no label leaves a guess: a repeatable coin.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.lm.matcher.labels import LabelCues, cues_of
from core.lm.matcher.prompt import Field, Prompt
from core.lm.matcher.text import coin, number, rarity, stem, stems

_LONGEST_CATEGORY_WORDS = 4
_FLATTEST = 0.05
_STRANGE = 3.0
"""Distance, in spreads, at which a label that is never shown becomes the better guess."""
_PRIOR_SPREAD = 0.15
"""Share of a field's overall variance expected within a label, before any was seen twice."""
_TEXT_WEIGHT = 1.0
_CUE_WEIGHT = 1.3
_EARLY = 0.95
"""What each place further down a label's list takes off a cue's weight."""

Scores = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A label and what it rests on."""

    label: str
    because: str
    """A short sentence for a `reasoning` field."""


@dataclass(frozen=True, kw_only=True)
class _Point:
    """A labelled place: a demonstration, or a label's typical numbers from the instruction."""

    label: str
    numbers: Mapping[str, float]
    categories: Mapping[str, str]
    text: str


def classify(prompt: Prompt, field: Field, labels: Sequence[str]) -> Choice:
    """The label that fits the current inputs best; a guess when nothing in the prompt helps."""
    names = tuple(each.name for each in prompt.inputs)
    described = f"{prompt.instruction}\n{field.description}"
    cues = cues_of(described, labels, names)
    here = _point("", prompt.values)
    points = [
        _point(label, demo.inputs)
        for demo in prompt.demos
        if (label := demo.outputs.get(field.name)) is not None
    ]
    evidence = {
        "measured values": _measured(here, points, labels, cues),
        "wording of an example": _text_of_examples(here, points),
        "words that the instruction gives": _text_of_cues(here, labels, cues),
    }
    total: Scores = defaultdict(float)
    for scores in evidence.values():
        for label, score in scores.items():
            total[label] += score
    best = max(labels, key=lambda label: (round(total[label], 6), coin(prompt.key, label)))
    return Choice(label=best, because=_because(best, evidence))


def _because(label: str, evidence: Mapping[str, Scores]) -> str:
    reasons = [name for name, scores in evidence.items() if scores.get(label, 0.0) > 0.0]
    if not reasons:
        return f"Nothing here speaks for one label over another, so {label} is a guess."
    return f"The {' and the '.join(reasons)} are closest to {label}."


def _point(label: str, values: Mapping[str, str]) -> _Point:
    numbers: dict[str, float] = {}
    categories: dict[str, str] = {}
    texts: list[str] = []
    for name, value in values.items():
        measured = number(value)
        if measured is not None:
            numbers[name] = measured
        elif len(value.split()) <= _LONGEST_CATEGORY_WORDS:
            categories[name] = value.strip().lower()
        else:
            texts.append(value)
    return _Point(label=label, numbers=numbers, categories=categories, text="\n".join(texts))


def _measured(
    here: _Point, points: Sequence[_Point], labels: Sequence[str], cues: Mapping[str, LabelCues]
) -> Scores:
    """Label → nearness in [0, 1] by numbers and categories, 1 shared out among the labels."""
    typical = [
        _Point(
            label=label,
            numbers={name: spread.centre for name, spread in cue.numbers.items()},
            categories={},
            text="",
        )
        for label, cue in cues.items()
        if cue.numbers
    ]
    known = [*points, *typical]
    shared = [name for name in here.numbers if any(name in each.numbers for each in known)]
    scales = {name: _scale(name, known, cues) for name in shared}
    nearest: dict[str, list[float]] = defaultdict(list)
    for point in known:
        distance = _distance(here, point, scales)
        if distance is not None:
            nearest[point.label].append(distance)
    if not nearest:
        return {}
    near = dict.fromkeys(labels, _STRANGE)
    near |= {label: (min(all_) + sum(all_) / len(all_)) / 2 for label, all_ in nearest.items()}
    closest = min(near.values())
    raw = {label: math.exp(closest - distance) for label, distance in near.items()}
    return {label: value / sum(raw.values()) for label, value in raw.items()}


def _distance(here: _Point, there: _Point, scales: Mapping[str, float]) -> float | None:
    """Root mean square over the shared fields, in spreads; None when no field is shared."""
    terms = [
        ((here.numbers[name] - there.numbers[name]) / scale) ** 2
        for name, scale in scales.items()
        if name in there.numbers
    ]
    terms += [
        0.0 if value == there.categories[name] else 1.5
        for name, value in here.categories.items()
        if name in there.categories
    ]
    return math.sqrt(sum(terms) / len(terms)) if terms else None


def _scale(name: str, points: Sequence[_Point], cues: Mapping[str, LabelCues]) -> float:
    """The typical spread of a field within a label, drawn towards the overall spread when few."""
    groups: dict[str, list[float]] = defaultdict(list)
    for point in points:
        if name in point.numbers:
            groups[point.label].append(point.numbers[name])
    everything = [value for values in groups.values() for value in values]
    overall = _variance(everything) or max(abs(everything[0]) * 0.1, 1e-6) ** 2
    widths = [
        spread.width / 2
        for cue in cues.values()
        if (spread := cue.numbers.get(name)) is not None and spread.width
    ]
    freedom = len(everything) - len(groups)
    within = sum(_variance(values) * len(values) for values in groups.values())
    within += sum(width**2 * 2 for width in widths)
    freedom += 2 * len(widths)
    shrunk = (within + overall * _PRIOR_SPREAD) / (freedom + 1)
    return math.sqrt(max(shrunk, overall * _FLATTEST**2))


def _variance(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values)


def _text_of_examples(here: _Point, points: Sequence[_Point]) -> Scores:
    """Label → the best cosine in [0, 1] of its demonstrations' texts with this one."""
    texts = tuple(point.text for point in points if point.text)
    if not here.text or not texts:
        return {}
    weights = _weights(texts)
    mine = _vector(here.text, weights)
    scores: Scores = defaultdict(float)
    for point in points:
        if point.text:
            cosine = _cosine(mine, _vector(point.text, weights))
            scores[point.label] = max(scores[point.label], cosine * _TEXT_WEIGHT)
    return {label: score for label, score in scores.items() if score > 0.0}


@lru_cache(maxsize=256)
def _weights(texts: tuple[str, ...]) -> Mapping[str, float]:
    return rarity(stems(text) for text in texts)


def _vector(text: str, weights: Mapping[str, float]) -> dict[str, float]:
    unknown = max(weights.values(), default=1.0)
    return {each: weights.get(each, unknown) for each in stems(text)}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    dot = sum(value * other[key] for key, value in one.items() if key in other)
    norms = sum(v * v for v in one.values()) * sum(v * v for v in other.values())
    return dot / math.sqrt(norms) if norms else 0.0


def _text_of_cues(here: _Point, labels: Sequence[str], cues: Mapping[str, LabelCues]) -> Scores:
    """Label → weighted share of the text's stems among its cue words, its own name included.

    A cue weighs more when few labels have it and when it stands early in its label's list.
    """
    mine = {each for text in (here.text, *here.categories.values()) for each in stems(text)}
    known = {label: _cue_words(label, cues.get(label)) for label in labels}
    weights = rarity(known.values())
    most = math.fsum(weights.get(each, 0.0) for each in mine)
    scores = {}
    for label, own in known.items():
        hits = [weights[cue] * _EARLY**place for place, cue in enumerate(own) if cue in mine]
        if hits:
            scores[label] = _CUE_WEIGHT * sum(hits) / most
    return scores


def _cue_words(label: str, cue: LabelCues | None) -> tuple[str, ...]:
    own = (stem(part) for part in label.replace("_", " ").split())
    return tuple(dict.fromkeys([*own, *(cue.words if cue is not None else ())]))
