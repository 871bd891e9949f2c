"""Text from elsewhere made fit to be shown: controls made visible, long texts cut, values named."""

import re
from collections.abc import Mapping
from typing import Any

from core.report.data import Field

LONGEST = 1_200
"""Characters of one value that are shown."""
MOST_FIELDS = 12

_UNSEEN = re.compile(
    # what turns the direction of the text after it (Unicode UAX 9: embeddings, overrides, isolates)
    "[\u202a-\u202e\u2066-\u2069"
    # control characters but tab and line feed, line separators, halves of characters
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
)


def visible(text: str) -> str:
    """The text, every character that would act rather than show written out as `⟨U+202E⟩`."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", plain)


def cut(text: str, most: int = LONGEST) -> str:
    """The text, or its beginning and how much is missing."""
    if len(text) <= most:
        return text
    return f"{text[:most].rstrip()} … ({len(text) - most:,} more characters)"


def fields(values: Mapping[str, Any], most: int = LONGEST) -> tuple[Field, ...]:
    """Each value as text, at most 12 of them."""
    shown = [Field(name=cut(str(name), 80), text=cut(_text(value), most)) for name, value in
             list(values.items())[:MOST_FIELDS]]  # fmt: skip
    if (left := len(values) - MOST_FIELDS) > 0:
        shown.append(Field(name="…", text=f"{left} more fields"))
    return tuple(shown)


def _text(value: Any) -> str:
    if value is None:
        return "(nothing)"
    if isinstance(value, list | tuple):
        return "\n".join(_text(each) for each in value) or "(empty)"
    return str(value) or "(empty)"
