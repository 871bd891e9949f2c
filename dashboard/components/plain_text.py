"""Text that people typed, where only Markdown can be shown."""

import re

_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+!|~$:&^])")


def escaped(text: str) -> str:
    """`text` on one line as Markdown that shows every mark of it as it is, and fetches nothing."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
