"""A report as one HTML file: no script, nothing from the network, made to be read and printed.

Jinja escapes every value; what data hold is text here and nothing else.
"""

import datetime
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.report.charts import before_after_chart, credit_chart, history_chart
from core.report.data import ReportData
from core.report.text import visible
from core.report.verdict import percent

TEMPLATES = Path(__file__).with_name("templates")


def report_html(data: ReportData) -> str:
    """The report as a complete HTML document."""
    return _ENVIRONMENT.get_template("report.html").render(
        report=data,
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        before_after=before_after_chart(data.parts) if data.parts else None,
        history=history_chart(data.search) if data.search.history else None,
        credit=credit_chart(data.credit.shares) if data.credit.shares else None,
    )


def moment(at: float | None) -> str:
    """`21 November 2026, 14:49 UTC`."""
    if at is None:
        return "not yet"
    when = datetime.datetime.fromtimestamp(at, tz=datetime.UTC)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def duration(seconds: float) -> str:
    """`1 hour 5 minutes`, `19 seconds`."""
    if seconds < 90:
        return _many(round(seconds), "second")
    hours, minutes = divmod(round(seconds / 60), 60)
    parts = [_many(hours, "hour") if hours else "", _many(minutes, "minute") if minutes else ""]
    return " ".join(each for each in parts if each)


def money(usd: float | None) -> str:
    """`$1.20`, or that nobody knows."""
    return "price unknown" if usd is None else f"${usd:,.2f}"


def signed(points: float) -> str:
    """`+59.4`, with a true minus sign."""
    return f"{points:+.1f}".replace("-", "\N{MINUS SIGN}")


def points(value: float) -> str:
    """`59.4`, with a true minus sign."""
    return f"{value:.1f}".replace("-", "\N{MINUS SIGN}")


def score(value: float) -> str:
    """An example's score: `100 %`, `67 %`."""
    return f"{100 * value:.0f}\N{NO-BREAK SPACE}%"


FILTERS: Mapping[str, object] = {
    "percent": percent,
    "moment": moment,
    "duration": duration,
    "money": money,
    "signed": signed,
    "points": points,
    "score": score,
}


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _shown(value: object) -> object:
    """What Jinja escapes and writes: texts with their control characters made visible."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment


_ENVIRONMENT = _environment()
