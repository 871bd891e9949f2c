"""Search queries: the question as it stands, its key terms, or the name that leads on.

Once the context names something that the question does not, the focused query is that name and the
words that are still unexplained.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.lm.matcher.chains import (
    Chain,
    Wordings,
    chains,
    learnt_wordings,
    link_stems,
    merged_wordings,
    stated_wordings,
)
from core.lm.matcher.passages import passages_of
from core.lm.matcher.prompt import Demo, Field, Prompt
from core.lm.matcher.reader import Material, lessons_of, material, near_stems
from core.lm.matcher.spans import best_span, wanted_link
from core.lm.matcher.style import follows
from core.lm.matcher.text import QUESTION_WORDS, STOP_WORDS, coin, content_stems, names, stem, words

_FOCUS_CUES = (
    r"\b(?:name|entity|entities|person, place|title)\b",
    r"\bmissing\b|\bstill (?:unknown|needed|unexplained|open)\b|\bnot yet\b|\bnext\b",
    r"\b(?:do not|don't|never|rather than|instead of) (?:copy|copying|repeat|repeating)\b",
    r"\bkey(?:words?| terms?)\b|\bfew words\b|\bshort\b",
)
_CUE_EVIDENCE = 0.8
_DEMO_EVIDENCE = 0.6
_COPY_OVERLAP = 0.8
_CHAINS_READ = 8


@dataclass(frozen=True, kw_only=True)
class Query:
    """A search query and what it rests on."""

    text: str
    because: str
    """A short sentence for a `reasoning` field."""


def write_query(prompt: Prompt, field: Field) -> Query:
    """The next search query, as focused as the prompt shows or asks for."""
    given = material(prompt.values)
    evidence = _told(f"{prompt.instruction}\n{field.description}") + _shown(prompt, field, given)
    if not follows(evidence, coin("query", prompt.key)):
        return Query(text=given.question, because="The question itself says what to look for.")
    if not given.context:
        return Query(text=_terms(given.question), because="These are the telling words.")
    lessons = lessons_of(prompt, field, leads=True)
    wordings = merged_wordings(learnt_wordings(lessons), stated_wordings(prompt.instruction))
    found = _lead(given, wordings)
    if found is None:
        return Query(text=_terms(given.question), because="The context names nothing new.")
    chain, name = found
    query = " ".join([name, *_open_words(given.question, chain)])
    return Query(text=query, because=f"The context says: {chain.sentence.text} So look for {name}.")


def is_query_field(field: Field) -> bool:
    """True for output fields that ask for a search query, by their name."""
    return re.search(r"(?:^|_)(?:search|quer(?:y|ies))(?:_|$)", field.name.lower()) is not None


def shows_lead(demo: Demo, name: str) -> bool:
    """True when the demonstration's query names something that its context brought up."""
    given = material(demo.inputs)
    return any(
        each in given.context and not content_stems(each) <= content_stems(given.question)
        for each in names(demo.outputs.get(name, ""))
    )


def _told(told: str) -> float:
    low = told.lower()
    return _CUE_EVIDENCE * sum(re.search(cue, low) is not None for cue in _FOCUS_CUES)


def _shown(prompt: Prompt, field: Field, given: Material) -> float:
    """Evidence for focus in the queries of demonstrations in the same situation."""
    alike = [
        demo
        for demo in prompt.demos
        if field.name in demo.outputs and bool(material(demo.inputs).context) == bool(given.context)
    ]
    return _DEMO_EVIDENCE * sum(_leaning(demo, field.name) for demo in alike)


def _leaning(demo: Demo, name: str) -> float:
    """1 for a query that follows a lead or picks terms, -1 for a copy of the question."""
    if shows_lead(demo, name):
        return 1.0
    asked = content_stems(material(demo.inputs).question)
    said = content_stems(demo.outputs[name])
    overlap = len(asked & said) / max(len(asked | said), 1)
    copied = overlap >= _COPY_OVERLAP and "?" in demo.outputs[name]
    return -1.0 if copied else 0.5


def _lead(given: Material, wordings: Wordings) -> tuple[Chain, str] | None:
    """The sentence that brings up a new name for the question, and the name."""
    known = {passage.title for passage in passages_of(given.context)}
    kind = wanted_link(given.question)
    ranked = []
    for chain in chains(given.question, given.context, wordings)[:_CHAINS_READ]:
        near = near_stems(given.question, chain, wordings)
        best = best_span(chain.sentence, given.question, near, kind=kind)
        old = best.text in known or content_stems(best.text) <= content_stems(given.question)
        if best.text in names(chain.sentence.text) and not old and chain.link is None:
            ranked.append((chain.score + best.fit, chain, best.text))
    if not ranked:
        return None
    _, chain, name = max(ranked, key=lambda each: each[0])
    return chain, name


def _terms(question: str) -> str:
    """The question without stop words and question words, in its order."""
    kept = [
        word
        for word in words(question)
        if word.lower() not in STOP_WORDS and word.lower() not in QUESTION_WORDS
    ]
    return " ".join(kept) or question


def _open_words(question: str, chain: Chain) -> Sequence[str]:
    """Words of the question that the chain does not explain."""
    explained = {each.removeprefix("~") for each in chain.covered} | link_stems(question)
    return [word for word in _terms(question).split() if stem(word) not in explained]
