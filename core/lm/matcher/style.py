"""How an answer or a query should look, as far as the prompt shows or says it.

A language model follows a format the more surely, the more the prompt says about it. Here the
evidence for a form is counted, and a repeatable coin decides with a chance that grows with it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.lm.matcher.text import coin, number

FREE_CHANCE = 0.5
"""Chance of the terse form when the prompt neither shows nor asks for any form."""
_DOUBT = 0.45
"""What remains of the doubt for each unit of evidence."""
_SHORT_ANSWER_WORDS = 6
_CUE_EVIDENCE = 1.0
_DEMO_EVIDENCE = 0.5
_LEAST_CHANCE = 0.03

_TERSE_CUES = (
    r"\bshort(?:est)?\b|\bbrief(?:ly)?\b|\bconcise(?:ly)?\b|\bterse(?:ly)?\b",
    r"\bas few words\b|\b(?:a )?few words\b|\b(?:one|two|three|\d+)(?: ?(?:to|or|-|and) ?"
    r"(?:one|two|three|four|five|\d+))? words?\b|\bsingle word\b",
    r"\b(?:only|just|nothing but) (?:the|a) (?:\w+ )?(?:name|answer|span|value|year|number|entity|"
    r"fact|word|phrase)s?\b|\bnothing else\b|\bno explanations?\b",
    r"\b(?:no|not an?|without an?|instead of an?|rather than an?|never an?) "
    r"(?:full |whole |complete )?sentences?\b",
    r"\bexact(?:ly)? (?:the )?(?:span|words?|phrase)\b|\bverbatim\b|\bspan\b",
)
_WORDY_CUES = (
    r"(?<!no )(?<!not a )(?<!without a )(?<!never a )(?<!than a )(?<!of a )\b(?:full|complete|"
    r"whole) sentences?\b",
    r"\bin detail\b|\bdetailed\b|\belaborate\b|\bexplain (?:your )?answers?\b|\bparagraph\b",
)


@dataclass(frozen=True, kw_only=True)
class AnswerForm:
    """The looks of an answer."""

    terse: bool
    """A bare span instead of a whole sentence."""
    case: str
    """`lower`, `upper` or `as it stands`."""
    end: str
    """Punctuation to end with, such as a full stop; usually empty."""


def answer_form(told: str, shown: Sequence[str], key: str) -> AnswerForm:
    """The form that the wording of the task and the answers shown ask for.

    Args:
        told: Instruction and description of the output field.
        shown: The demonstrations' answers.
        key: Identifies the prompt; decides where the prompt leaves it open.
    """
    evidence = told_evidence(told) + shown_evidence(shown)
    return AnswerForm(
        terse=follows(evidence, coin("form", key)), case=_shared_case(shown), end=_shared_end(shown)
    )


def told_evidence(told: str) -> float:
    """Units of evidence for terse answers in the wording; negative when it asks for sentences."""
    low = told.lower()
    terse = sum(re.search(cue, low) is not None for cue in _TERSE_CUES)
    wordy = sum(re.search(cue, low) is not None for cue in _WORDY_CUES)
    return _CUE_EVIDENCE * (terse - wordy)


def shown_evidence(shown: Sequence[str]) -> float:
    """Units of evidence for terse answers in the answers shown."""
    if not shown:
        return 0.0
    short = sum(len(answer.split()) <= _SHORT_ANSWER_WORDS for answer in shown)
    return _DEMO_EVIDENCE * (2 * short - len(shown))


def follows(evidence: float, toss: float) -> bool:
    """Whether the toss in [0, 1) falls on the side that this much evidence speaks for.

    The chance is `FREE_CHANCE` without evidence and approaches 1 (or 0, when it is negative).
    """
    if evidence >= 0.0:
        return toss < 1.0 - (1.0 - FREE_CHANCE) * math.pow(_DOUBT, evidence)
    return toss < max(FREE_CHANCE * math.pow(_DOUBT, -evidence), _LEAST_CHANCE)


def shaped(answer: str, form: AnswerForm) -> str:
    """The answer in this case and with this end."""
    text = answer.strip()
    if form.case == "lower":
        text = text.lower()
    elif form.case == "upper":
        text = text.upper()
    if form.terse:
        text = text.rstrip(".,;:")
    return text + form.end if form.end and not text.endswith(form.end) else text


def _shared_case(shown: Sequence[str]) -> str:
    lettered = [
        answer for answer in shown if number(answer) is None and answer.upper() != answer.lower()
    ]
    if len(lettered) < 2:
        return "as it stands"
    if all(answer == answer.lower() for answer in lettered):
        return "lower"
    if all(answer == answer.upper() for answer in lettered):
        return "upper"
    return "as it stands"


def _shared_end(shown: Sequence[str]) -> str:
    ends = {answer[-1] for answer in shown if answer and not answer[-1].isalnum()}
    all_end = len(shown) > 1 and all(answer and not answer[-1].isalnum() for answer in shown)
    return ends.pop() if all_end and len(ends) == 1 and not ends & set(")\"'’”") else ""
