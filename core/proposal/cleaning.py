"""What a proposer's reply says, without what models wrap around it."""

import json
import re
from typing import Any

_LABEL = (
    r"(?:#{1,6}\s+)?\*{0,2}(?:(?:proposed|new|improved|revised|updated|final|better)\s+)?"
    r"(?:instructions?|prompt)\*{0,2}\s*:\s*(?:\*{2}\s*)?"
)


_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', flags=re.DOTALL)
_NUMBERED = re.compile(r"^\s*\d+[.)]\s+", flags=re.MULTILINE)


def cleaned(text: str) -> str:
    """The instruction without what models wrap around it, layer by layer.

    Takes off a code fence around the whole, a leading label that names an instruction or prompt,
    and quotes around the whole. Any other text before a colon belongs to the instruction.
    """
    bare = text.strip()
    while (inner := _unwrapped(bare)) != bare:
        bare = inner
    return bare


def _unwrapped(text: str) -> str:
    fenced = re.fullmatch(r"```\w*\n(.*?)\n?```", text, flags=re.S)
    if fenced and "```" not in fenced.group(1):
        return fenced.group(1).strip()
    if label := re.match(_LABEL, text, flags=re.I):
        return text[label.end() :]
    for left, right in (('"', '"'), ("'", "'"), ("“", "”"), ("«", "»")):
        inner = text[1:-1]
        wrapped = len(text) > 1 and text[0] == left and text[-1] == right
        if wrapped and left not in inner and right not in inner:
            return inner.strip()
    return text


def instruction_list(text: str, count: int) -> tuple[str, ...]:
    """`count` instructions from a reply that should be a JSON list, each cleaned.

    Read as JSON, whatever stands before and after; else as a numbered list; else as strings in
    double quotes.

    Raises:
        ValueError: no reading gives exactly `count` instructions that are not empty.
    """
    for found in (_from_json(text), _NUMBERED.split(text)[1:], _QUOTED.findall(text)):
        instructions = tuple(cleaned(str(each)) for each in found)
        if len(instructions) == count and all(instructions):
            return instructions
    raise ValueError(
        f"the prompt model was asked for a JSON list of {count} instructions and wrote "
        f"{text[:200]!r}"
    )


def _from_json(text: str) -> list[Any]:
    """The items of the outermost list or the values of the outermost object, if it is JSON."""
    for left, right in (("[", "]"), ("{", "}")):
        inner = text[text.find(left) : text.rfind(right) + 1]
        try:
            loaded = json.loads(inner, strict=False) if inner else None
        except json.JSONDecodeError:
            continue
        if isinstance(loaded, list):
            return [each for each in loaded if isinstance(each, str)]
        if isinstance(loaded, dict):
            return [each for each in loaded.values() if isinstance(each, str)]
    return []
