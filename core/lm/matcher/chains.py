"""Which sentences of a context explain a question: directly, or through a name that links two.

A chain covers question words. A word is also covered by other wording that the demonstrations or
the instruction have shown to mean the same ("spouse: married").
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.lm.matcher.passages import Passage, Sentence, passages_of
from core.lm.matcher.text import content_stems, names, rarity, stems

Wordings = Mapping[str, frozenset[str]]
"""Question stem → stems that say the same in the passages."""

NO_WORDINGS: Wordings = {}
_OTHER_WORDING_WEIGHT = 0.7
_WORDING_LINE = re.compile(r"^[\s*•-]*[\"'`*]*([\w' -]{2,40}?)[\"'`*]*: (.+)$")
_LINK_COST = 0.3
_NAME_WEIGHT = 3.0
_FORM_WEIGHT = 0.3
_FORM_STEMS = frozenset(["year", "date", "time", "place", "name", "kind", "call", "called"])
"""Stems that say what kind of answer is wanted rather than what it is about."""
_TITLE_BONUS = 0.5
"""For a sentence of a passage whose title the question names in full."""
_MOST_WORDINGS = 4


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A way from the question to the sentence that should hold the answer."""

    score: float
    sentence: Sentence
    link: Sentence | None
    """The sentence whose name led here; None when the question leads here directly."""
    covered: frozenset[str]
    """Question stems that the chain explains."""


def chains(
    question: str, context: str, wordings: Wordings = NO_WORDINGS, link_bonus: float = 0.0
) -> list[Chain]:
    """All chains of at most two sentences, best first; empty when the context has no sentence.

    Args:
        question: The question text.
        context: The context field as the prompt shows it.
        wordings: Other wordings learnt for question stems.
        link_bonus: Added to the score of every chain with a link.
    """
    passages = passages_of(context)
    asked = content_stems(question)
    weights = _question_weights(asked, _name_stems(question), context)
    reached = _Coverage(asked=asked, weights=weights, wordings=wordings)
    found: list[Chain] = []
    for passage in passages:
        titled = asked & content_stems(passage.title)
        bonus = _TITLE_BONUS if titled and titled == content_stems(passage.title) else 0.0
        for sentence in passage.sentences:
            first = titled | reached.by(sentence)
            score = reached.worth(first) + bonus
            found.append(Chain(score=score, sentence=sentence, link=None, covered=first))
            if first & _name_stems(question):
                found += _linked(reached, passages, found[-1], link_bonus + bonus)
    return sorted(found, key=lambda chain: -chain.score)


@dataclass(frozen=True, kw_only=True)
class _Coverage:
    asked: frozenset[str]
    weights: Mapping[str, float]
    wordings: Wordings

    def by(self, sentence: Sentence) -> frozenset[str]:
        """Question stems that the sentence says; in other wording with a mark before them."""
        direct = self.asked & sentence.stems
        other = {
            f"~{each}"
            for each in self.asked - direct
            if not sentence.stems.isdisjoint(self.wordings.get(each, frozenset()))
        }
        return direct | other

    def worth(self, covered: frozenset[str]) -> float:
        """Sum of the weights of the covered stems, each counted once."""
        direct = [self.weights[each] for each in covered if not each.startswith("~")]
        plain = {each[1:] for each in covered if each.startswith("~")} - covered
        other = [self.weights[each] * _OTHER_WORDING_WEIGHT for each in plain]
        return math.fsum(direct + other)  # exact, so that the order of a set cannot matter


def _linked(
    reached: _Coverage,
    passages: Sequence[Passage],
    start: Chain,
    bonus: float,
) -> list[Chain]:
    """Chains that go on from `start` to the passages whose titles its sentence names."""
    sentence, first = start.sentence, start.covered
    found = []
    for passage in passages:
        if not passage.title or passage.title == sentence.title:
            continue
        if passage.title not in sentence.text or content_stems(passage.title) <= reached.asked:
            continue
        for other in passage.sentences:
            covered = first | reached.by(other)
            cost = _LINK_COST if covered == first else 0.0
            score = reached.worth(covered) - cost + bonus
            found.append(Chain(score=score, sentence=other, link=sentence, covered=covered))
    return found


@lru_cache(maxsize=1024)
def _question_weights(
    asked: frozenset[str], named: frozenset[str], context: str
) -> Mapping[str, float]:
    """How telling each question stem is in this context; names count more."""
    documents = [
        sentence.stems | content_stems(sentence.title)
        for passage in passages_of(context)
        for sentence in passage.sentences
    ]
    known = rarity(documents)
    unseen = max(known.values(), default=1.0)
    return {each: known.get(each, unseen) * _factor(each, named) for each in asked}


def _factor(asked: str, named: frozenset[str]) -> float:
    if asked in named:
        return _NAME_WEIGHT
    return _FORM_WEIGHT if asked in _FORM_STEMS else 1.0


@lru_cache(maxsize=8192)
def _name_stems(question: str) -> frozenset[str]:
    return frozenset(each for name in names(question) for each in content_stems(name))


@lru_cache(maxsize=8192)
def link_stems(question: str) -> frozenset[str]:
    """Stems of the words that lead to the first name ("the home town of NAME" → home, town)."""
    known = names(question)
    before = question.partition(known[0])[0].strip() if known else ""
    return content_stems(before.removesuffix(" the").removesuffix(" The").rpartition(" the ")[2])


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What one demonstration shows about finding a target in its context."""

    linked: bool
    """True when the target stands in a passage that the question reaches only through a link."""
    pairs: tuple[tuple[str, str], ...]
    """(question stem, passage stem) that may mean the same."""


@lru_cache(maxsize=4096)
def lesson(question: str, context: str, target: str, *, leads: bool = False) -> Lesson | None:
    """What the place of the target in the context teaches; None when it is not there.

    Args:
        question: The demonstration's question.
        context: The demonstration's context.
        target: Text to find in the context.
        leads: True when the target is no answer but a name that leads on: then only the words that
            lead to the question's own name are to be explained.
    """
    holding = [
        chain
        for chain in chains(question, context)
        if target.lower() in chain.sentence.text.lower()
    ]
    if not holding:
        return None
    best = holding[0]
    known = content_stems(target) | content_stems(best.sentence.title) | _name_stems(question)
    open_words = content_stems(question) - best.covered - known
    if leads:
        open_words &= link_stems(question)
    elif best.link is not None:
        open_words -= link_stems(question)
    named = {each for name in names(best.sentence.text) for each in content_stems(name)}
    telling = best.sentence.stems - content_stems(question) - known - named
    telling = frozenset(each for each in telling if not each[0].isdigit())
    return Lesson(
        linked=best.link is not None,
        pairs=tuple((asked, said) for asked in sorted(open_words) for said in sorted(telling)),
    )


def learnt_wordings(lessons: Sequence[Lesson]) -> dict[str, frozenset[str]]:
    """Question stem → the passage stems that most lessons pair it with, a few for each."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each in lessons:
        for asked, said in each.pairs:
            counts[asked][said] += 1
    return {
        asked: frozenset(said for said, _ in counter.most_common(_MOST_WORDINGS))
        for asked, counter in counts.items()
    }


@lru_cache(maxsize=1024)
def stated_wordings(instruction: str) -> dict[str, frozenset[str]]:
    """The wordings that an instruction states in lines `question word: passage words`."""
    found: dict[str, frozenset[str]] = {}
    for line in instruction.splitlines():
        match = _WORDING_LINE.match(line)
        if match:
            said = frozenset(stems(match.group(2)))
            for asked in stems(match.group(1)):
                found[asked] = found.get(asked, frozenset()) | said
    return found


def merged_wordings(one: Wordings, other: Wordings) -> Wordings:
    """Both together; the sets of a stem that both know are united."""
    return {
        key: one.get(key, frozenset()) | other.get(key, frozenset()) for key in {**one, **other}
    }
