"""What `report` writes: a run told for somebody who was not there, as HTML or as Markdown."""

from pathlib import Path

from core.errors import ConfigError
from core.report.gathering import report_of
from core.report.html import report_html
from core.report.markdown import report_markdown
from core.runs.store import Store

_WRITERS = {
    ".html": report_html,
    ".htm": report_html,
    ".md": report_markdown,
    ".markdown": report_markdown,
}


def report(run_id: str, store: Store, out: Path) -> Path:
    """Write the report to `out`, whose suffix tells the form, and return the file written.

    Raises:
        RunNotFound: there is no such run.
        ConfigError: the suffix is another one, or the file cannot be written.
    """
    writer = _WRITERS.get(out.suffix.lower())
    if writer is None:
        raise ConfigError(f"{out}: a report ends in .html or .md. Give --out such a name.")
    text = writer(report_of(run_id, store))
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{out}: cannot be written ({error.strerror}).") from error
    return out
