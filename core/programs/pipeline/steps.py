"""What stages do besides calling a model.

Exported files carry these functions as they stand here, so each needs nothing but dspy and the
standard library.
"""

import re
from collections import Counter
from typing import Any

import dspy


def joined_list(*parts: Any) -> list[str]:
    """All parts in one list of texts, lists item by item, without what is missing."""
    items: list[Any] = []
    for part in parts:
        items += part if isinstance(part, list | tuple) else [part]
    return [str(item) for item in items if item is not None]


def found_once(*parts: Any) -> list[str]:
    """What searches found, in one list, each passage where it came first."""
    return list(dict.fromkeys(item for part in parts for item in part))


def most_frequent(values: list[Any]) -> Any:
    """The most frequent value as it came first; of equally frequent ones the first; else "".

    Case, spaces and a full stop at the end make no difference.
    """
    alike = [" ".join(str(value).casefold().split()).rstrip(".") for value in values]
    counts = Counter(alike)
    return values[alike.index(max(counts, key=lambda each: counts[each]))] if values else ""


def filled_text(text: str, values: dict[str, Any]) -> str:
    """The text with `{name}` replaced by the value of that name; all other braces stay.

    A value is put on one line, and loses its full stop where one follows, unless it has a line of
    its own; then it stands there as it is, lists item by item.
    """

    def inline(found: re.Match[str]) -> str:
        if found[1] not in values:
            return found[0]
        value = values[found[1]]
        listed = "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        line = " ".join(listed.split())
        return f"{line.strip('.')}." if found[2] else line

    lines = []
    for line in text.split("\n"):
        alone = re.fullmatch(r"\s*\{(\w+)\}\s*", line)
        if alone and alone[1] in values:
            value = values[alone[1]]
            items = value if isinstance(value, list | tuple) else [value]
            lines.append("\n".join(str(item) for item in items))
        else:
            lines.append(re.sub(r"\{(\w+)\}(\.?)", inline, line))
    return "\n".join(lines)


def several_answers(
    predictor: Any, calls: int, /, config: dict[str, Any] | None = None, **inputs: Any
) -> dspy.Prediction:
    """So many answers to the same inputs; each field is the list of what was answered."""
    first = dspy.settings.lm.kwargs.get("rollout_id") or 0
    answers = []
    for call in range(calls):
        # An own number keeps the cache from giving the same answer again. Repetitions of an
        # example have theirs from 1, which these must not meet.
        own = {"rollout_id": first + 1000 * call} if call else {}
        answers.append(predictor(**inputs, config={**(config or {}), **own}))
    names = list(answers[0].keys())
    return dspy.Prediction(**{name: [str(each[name]) for each in answers] for name in names})
