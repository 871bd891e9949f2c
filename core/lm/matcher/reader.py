"""Answers to questions from the context in the prompt, shaped as the prompt asks.

Knows nothing but the prompt: without a context it can only repeat a demonstration or guess.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.lm.matcher.chains import (
    Chain,
    Lesson,
    Wordings,
    chains,
    learnt_wordings,
    lesson,
    merged_wordings,
    stated_wordings,
)
from core.lm.matcher.prompt import Field, Prompt
from core.lm.matcher.spans import best_span, head_stems, wanted
from core.lm.matcher.style import answer_form, shaped
from core.lm.matcher.text import coin, content_stems, names, number, stems

_QUESTION_NAMES = ("question", "query", "claim", "request", "ask", "prompt", "q")
_LINK_BONUS = 2.0
_TOLD_LINK_BONUS = 1.0
_LINK_CUE = re.compile(
    r"\b(?:second|another|other|next|linked) (?:passage|text|document|source)|"
    r"\bfollow (?:the|it|that)\b",
    flags=re.IGNORECASE,
)
_SAME_QUESTION = 0.8
_CHAINS_READ = 24
_FIT_WEIGHT = 1.0
_UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Material:
    """The inputs of a question, sorted by role."""

    question: str
    context: str
    """Everything that is not the question; empty when there is nothing else."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """An answer and what it rests on."""

    answer: str
    because: str
    """A short sentence for a `reasoning` field."""


def material(values: Mapping[str, str]) -> Material:
    """Question and context among these inputs: by name, by question mark, or by place."""
    if not values:
        return Material(question="", context="")
    asked = next((name for name in values if name.lower() in _QUESTION_NAMES), None)
    if asked is None:
        marked = [name for name, value in values.items() if value.rstrip().endswith("?")]
        asked = marked[-1] if marked else list(values)[-1]
    rest = [
        value for name, value in values.items() if name != asked and value.strip() not in ("", "[]")
    ]
    context = rest[0] if len(rest) == 1 else "\n\n".join(rest)
    return Material(question=values[asked], context=context)


def read_answer(prompt: Prompt, field: Field) -> Reading:
    """The best answer that the context allows, in the form that the prompt asks for."""
    given = material(prompt.values)
    shown = [demo.outputs[field.name] for demo in prompt.demos if field.name in demo.outputs]
    form = answer_form(f"{prompt.instruction}\n{field.description}", shown, prompt.key)
    if wanted(given.question) == "yes or no" and (shown == [] or _has_yes_no(shown)):
        return Reading(
            answer=shaped(_yes_or_no(prompt), form), because="It is a yes-or-no question."
        )
    lessons = lessons_of(prompt, field)
    wordings = merged_wordings(learnt_wordings(lessons), stated_wordings(prompt.instruction))
    bonus = link_bonus(lessons) + told_link_bonus(prompt.instruction)
    found = chains(given.question, given.context, wordings, bonus)
    if not found:
        return _without_context(prompt, field, given)
    best, span = _best(found, given.question, wordings)
    wordy = not form.terse and field.type == "str"
    answer = shaped(best.sentence.text if wordy else span, form)
    return Reading(answer=_typed(answer, field), because=f"The context says: {best.sentence.text}")


def read_span(question: str, context: str, instruction: str) -> str | None:
    """The few words of the context that answer the question best; None when it holds nothing."""
    wordings = stated_wordings(instruction)
    found = chains(question, context, wordings)
    return _best(found, question, wordings)[1] if found else None


def _best(found: Sequence[Chain], question: str, wordings: Wordings) -> tuple[Chain, str]:
    """The chain and span that explain the question and suit it best together."""
    ranked = []
    for chain in found[:_CHAINS_READ]:
        span = best_span(chain.sentence, question, near_stems(question, chain, wordings))
        ranked.append((chain.score + _FIT_WEIGHT * span.fit, chain, span.text))
    _, chain, text = max(ranked, key=lambda each: each[0])
    return chain, text


def lessons_of(prompt: Prompt, field: Field, *, leads: bool = False) -> list[Lesson]:
    """What the demonstrations with a context teach about finding this field's value.

    `leads` says that the values are not answers but name what to look for next.
    """
    found = []
    for demo in prompt.demos:
        given = material(demo.inputs)
        for target in targets(demo.outputs.get(field.name, ""), given):
            learnt = lesson(given.question, given.context, target, leads=leads)
            if learnt is not None:
                found.append(learnt)
    return found


def targets(shown: str, given: Material) -> Sequence[str]:
    """What to look for in a demonstration's context: the value, or the new names in it."""
    if shown and shown.lower() in given.context.lower():
        return (shown,)
    new = [
        name for name in names(shown) if not content_stems(name) <= content_stems(given.question)
    ]
    return [name for name in new if name in given.context]


def link_bonus(lessons: Sequence[Lesson]) -> float:
    """What a linked chain gains when the demonstrations' answers stand behind links, else 0."""
    if not lessons:
        return 0.0
    return _LINK_BONUS * sum(each.linked for each in lessons) / len(lessons)


def told_link_bonus(instruction: str) -> float:
    """What a linked chain gains when the instruction says to go on to another passage, else 0."""
    return _TOLD_LINK_BONUS if _LINK_CUE.search(instruction) else 0.0


def near_stems(question: str, chain: Chain, wordings: Wordings) -> frozenset[str]:
    """Stems of the sentence that the answer should stand close to."""
    asked = content_stems(question)
    known = (asked | head_stems(question)) & chain.sentence.stems
    for each in asked:
        known |= wordings.get(each, frozenset()) & chain.sentence.stems
    return known - content_stems(chain.sentence.title)


def _has_yes_no(shown: Sequence[str]) -> bool:
    return any(answer.strip(".! ").lower() in {"yes", "no"} for answer in shown)


def _yes_or_no(prompt: Prompt) -> str:
    return "yes" if coin("yes or no", prompt.key) < 0.5 else "no"


def _without_context(prompt: Prompt, field: Field, given: Material) -> Reading:
    """The answer of a demonstration with nearly the same question, or an honest blank."""
    asked = frozenset(stems(given.question))
    for demo in prompt.demos:
        other = frozenset(stems(material(demo.inputs).question))
        union = len(asked | other)
        if field.name in demo.outputs and union and len(asked & other) / union >= _SAME_QUESTION:
            return Reading(
                answer=_typed(demo.outputs[field.name], field),
                because="An example asks nearly the same.",
            )
    return Reading(
        answer=_typed(next(iter(names(given.question)), _UNKNOWN), field),
        because="Nothing in the prompt holds the answer.",
    )


def _typed(text: str, field: Field) -> str:
    """The answer as its type needs it: JSON for lists and objects, digits for numbers."""
    if field.type in {"int", "float"}:
        values = [value for part in text.split() if (value := number(part.strip(".,"))) is not None]
        value = values[0] if values else 0.0
        return str(int(value)) if field.type == "int" else str(value)
    if field.type.startswith(("list", "tuple", "set")):
        return json.dumps([text], ensure_ascii=False)
    return json.dumps({}) if field.type.startswith("dict") else text
