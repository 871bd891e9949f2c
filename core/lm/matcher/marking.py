"""Marks for answers, by the words they share with a good one. The rubric itself is not understood.

Good for seeing a judge at work; a language model judges meaning, this one wording.
"""

from core.lm.matcher.prompt import Field, Prompt
from core.lm.matcher.text import content_stems, number


def write_mark(prompt: Prompt, field: Field) -> str | None:
    """The mark as digits; None when this is no task of marking by a rubric."""
    if field.name != "mark" or "rubric" not in prompt.values:
        return None
    best = number(prompt.value("best_mark")) or 10.0
    wanted, got = (content_stems(prompt.value(name)) for name in ("expected", "answer"))
    total = len(wanted) + len(got)
    share = 2 * len(wanted & got) / total if total else 1.0
    return str(round(best * share))
