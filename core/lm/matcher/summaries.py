"""Summaries: sentences of the document, chosen and bounded as the prompt shows or asks.

Without demonstrations a summary is what the document begins with; they teach which words tell the
news and how many sentences it takes.
"""

import re
from collections import Counter
from collections.abc import Sequence

from core.lm.matcher.prompt import Field, Prompt
from core.lm.matcher.style import follows
from core.lm.matcher.text import coin, content_stems, sentences

_NAMES = frozenset(["summary", "abstract", "tldr", "synopsis", "gist", "headline"])
_SOURCES = frozenset(["document", "text", "article", "notice", "report", "story", "body"])
_SHORT = (
    r"\bone sentence\b|\bsingle sentence\b|\bfull sentence\b",
    r"\bshort\b|\bbrief\b|\bconcise\b|\bplain\b",
    r"\bmain (?:point|news|event)\b|\bwhat (?:happened|is new)\b",
)
_LEAD = 3
_EVIDENCE = 0.8


def write_summary(prompt: Prompt, field: Field) -> str | None:
    """The summary of the one document; None when this is no task of summing one up."""
    sources = [name for name in prompt.values if name.lower() in _SOURCES]
    if field.name.lower() not in _NAMES or len(sources) != 1 or len(prompt.values) != 1:
        return None
    (source,) = sources
    found = sentences(prompt.values[source])
    shown = [
        (demo.inputs[source], demo.outputs[field.name])
        for demo in prompt.demos
        if source in demo.inputs and field.name in demo.outputs
    ]
    told = f"{prompt.instruction}\n{field.description}".lower()
    evidence = _EVIDENCE * (sum(re.search(cue, told) is not None for cue in _SHORT) + len(shown))
    is_short = follows(evidence, coin("summary", prompt.key)) if evidence else False
    count = _usual_size(shown) if shown else 1 if is_short else _LEAD
    if not shown:
        return " ".join(found[:count])
    telling = _telling(shown)
    ranked = sorted(found, key=lambda each: -sum(telling[s] for s in content_stems(each)))
    chosen = set(ranked[:count])
    return " ".join(each for each in found if each in chosen)


def _usual_size(shown: Sequence[tuple[str, str]]) -> int:
    sizes = sorted(len(sentences(summary)) for _, summary in shown)
    return max(1, sizes[len(sizes) // 2])


def _telling(shown: Sequence[tuple[str, str]]) -> Counter[str]:
    """Stem → in how many more summaries than other sentences of the documents it stands."""
    counts: Counter[str] = Counter()
    for document, summary in shown:
        inside = content_stems(summary)
        outside = content_stems(
            " ".join(each for each in sentences(document) if each not in summary)
        )
        counts.update(inside)
        counts.subtract(outside)
    return counts
