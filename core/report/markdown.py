"""A report as Markdown, for a wiki, a ticket or a pull request.

Whatever a value holds, it is shown as text: long ones stand in fenced blocks whose fence is longer
than any run of backticks inside, names in code spans, and every other value has its punctuation
escaped, whether the template asks for it or not.
"""

import re
from collections.abc import Sequence

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.report.data import Field, Piece, ReportData
from core.report.html import FILTERS, TEMPLATES
from core.report.text import visible

_ACTIVE = re.compile(r"([`*_{}\[\]<>#|~$&!@^])")
"""What Markdown, its dialects, HTML or LaTeX in it could take for more than a letter."""
_LINK = re.compile(r"(?i)(://|\bwww\.|\b(?:mailto|xmpp):)")
_LIST = re.compile(r"^(?:[-+=]|\d+(?=[.)](?:\s|$)))")
"""What begins a list or underlines a heading."""
_TICKS = re.compile("`+")


class Written(str):
    """Markdown that is safe as it is."""

    __slots__ = ()


def report_markdown(data: ReportData) -> str:
    """The report as a Markdown document."""
    text = _ENVIRONMENT.get_template("report.md").render(report=data)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def plain(text: str) -> Written:
    """The text on one line, as text: no link, picture, formula, tag, mention or list in it."""
    line = re.sub(r"\s+", " ", visible(text))
    # a backslash before a bracket begins a formula for some readers, even when it is escaped
    escaped = "&#92;".join(_ACTIVE.sub(r"\\\1", part) for part in line.split("\\"))
    escaped = _LINK.sub(_unlinked, escaped)
    return Written(_LIST.sub(_unlisted, escaped))


def _unlinked(found: re.Match[str]) -> str:
    return found.group().replace(":", "&#58;").replace(".", "&#46;")


def _unlisted(found: re.Match[str]) -> str:
    start = found.group()
    return f"{start}\\" if start.isdigit() else f"\\{start}"


def code(text: str) -> Written:
    """The text on one line in a code span."""
    line = " ".join(visible(text).split())
    ticks = "`" * (1 + _longest(line))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return Written(f"{ticks}{pad}{line}{pad}{ticks}") if line else Written("(empty)")


def fenced(text: str, kind: str = "text") -> Written:
    """The text in a block of its own."""
    shown = visible(text)
    fence = "`" * max(3, 1 + _longest(shown))
    return Written(f"{fence}{kind}\n{shown}\n{fence}")


def values(given: Sequence[Field]) -> Written:
    """Values with their names in one block; a single one alone."""
    if len(given) == 1:
        return fenced(given[0].text)
    return fenced("\n".join(f"{each.name}: {each.text}" for each in given))


def marked(pieces: Sequence[Piece]) -> Written:
    """The difference of two texts as `git diff --word-diff` writes it."""
    around = {"same": ("", ""), "gone": ("[-", "-]"), "new": ("{+", "+}")}
    return fenced("".join(each.text.join(around[each.kind]) for each in pieces))


def _longest(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


def _shown(value: object) -> object:
    return value if isinstance(value, Written) or not isinstance(value, str) else plain(value)


def _environment() -> Environment:
    # HTML's escapes would be shown as they are inside code; `finalize` escapes for Markdown
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(FILTERS)
    environment.filters.update(code=code, fenced=fenced, values=values, marked=marked)
    return environment


_ENVIRONMENT = _environment()
