"""The rule metric of HotPotQA Conditional (arXiv 2406.11695): right, and written as its kind asks.

The rules of the answer's form, as the program's seed instruction states them: a person all in lower
case, a place without punctuation, a date with "Peace!" at its end and nothing else with it,
everything else in capitals. Deliberately not as in the published script, which drops punctuation
before it looks for "peace!", so that no right date can ever score.
"""

from collections.abc import Mapping
from typing import Any

from core.errors import MetricError
from core.evaluation.field_scores import normalised

PEACE = "Peace!"
_NO_PUNCTUATION = ",.?!;:"
"""What the published script looks for in the name of a place."""


def conditional_score(
    expected: Mapping[str, Any], given: Mapping[str, Any], *, category: str
) -> float:
    """Mean over the expected fields but the category's: 1 for a right answer in its form, else 0.

    Raises:
        MetricError: the example has no category.
    """
    kind = str(expected.get(category) or "").strip().lower()
    if not kind:
        raise MetricError(
            f"the example has no value for {category!r}, by which its answer's form is judged."
        )
    scores = [
        float(_is_right(value, given.get(name)) and has_form(kind, given.get(name)))
        for name, value in expected.items()
        if name != category
    ]
    return sum(scores) / len(scores) if scores else 0.0


def has_form(category: str, answer: Any) -> bool:
    """Whether the answer is written as its kind (`person`, `place`, `date`, any other) asks."""
    text = str("" if answer is None else answer).strip()
    if category == "date":
        return text.endswith(PEACE)
    if text.endswith(PEACE):
        return False
    if category == "person":
        return text == text.lower()
    if category == "place":
        return not any(mark in text for mark in _NO_PUNCTUATION)
    return text == text.upper()


def _is_right(expected: Any, given: Any) -> bool:
    """Equal apart from case, punctuation, articles and the mark of a date."""
    text = str("" if given is None else given).strip()
    return normalised(text.removesuffix(PEACE)) == normalised(expected)
