"""The report's three pictures: before and after, the score history, what made the difference."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from core.evaluation.statistics import Mean
from core.report.data import CreditShare, PartScores, Search
from core.report.svg import ACCENT, INK, MUTED, PALE, RULE, WIDTH, Drawing
from core.report.verdict import percent, percent_of

NAMES, ROOM = 74, 88
"""Room for names on the left and for numbers on the right, large enough for a phone's type."""
ROW, HEAD = 32, 34
"""Heights of a row and of a title above rows."""
BAR = 54
MOST_LETTERS = 50


def before_after_chart(parts: Sequence[PartScores]) -> Markup:
    """Scores of original and optimized on each part, with 95 % intervals."""
    said = "; ".join(f"{part.part} examples: {percent_of(part)}" for part in parts)
    rows = sum((part.before is not None) + (part.after is not None) for part in parts)
    height = HEAD * len(parts) + ROW * rows + 36
    drawing = Drawing(
        name="before-after", title="Scores before and after", said=said, height=height
    )
    bottom, y = height - 30, 0
    for step in range(6):
        drawing.words((_across(step / 5), height - 6), f"{20 * step}%", MUTED, anchor="middle")
    for part in parts:
        drawing.words((0, y + 20), f"{part.part.capitalize()} examples", bold=True)
        rows = (part.before is not None) + (part.after is not None)
        for step in range(6):
            across = _across(step / 5)
            drawing.line((across, y + HEAD), (across, min(bottom, y + HEAD + ROW * rows)), RULE)
        y += HEAD
        for name, mean in (("Before", part.before), ("After", part.after)):
            if mean is not None:
                _draw_mean(drawing, y + ROW / 2, name, mean)
                y += ROW
    return drawing.written()


def _draw_mean(drawing: Drawing, y: float, name: str, mean: Mean) -> None:
    colour = PALE if name == "Before" else ACCENT
    drawing.words((0, y + 6), name, MUTED)
    drawing.line((_across(mean.low), y), (_across(mean.high), y), colour, width=3)
    drawing.dot((_across(mean.value), y), 7, colour, filled=name == "After")
    drawing.words((WIDTH, y + 6), percent(mean.value), anchor="end", bold=True)


def _across(score: float) -> float:
    return NAMES + 16 + (WIDTH - NAMES - ROOM - 32) * score


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """Where a trial and a score are in the score history."""

    last: int
    floor: float
    """The lowest score that has a place."""
    step: float
    """Between two marked scores."""
    left: float = 62
    top: float = 14
    bottom: float = 210

    def x(self, trial: float) -> float:
        return self.left + 12 + (WIDTH - self.left - 28) * trial / self.last

    def y(self, score: float) -> float:
        return self.top + (self.bottom - self.top) * (1 - score) / (1 - self.floor)


def history_chart(search: Search) -> Markup:
    """Every full evaluation over the trials, and the best so far as a line."""
    points = search.history
    said = f"{search.full_count:,} combinations were measured on all validation examples"
    if best := [each for each in points if each.is_best]:
        said += f"; the best, {best[0].label}, scores {percent(best[0].mean.value)}"
    drawing = Drawing(name="history", title="Scores over the search", said=f"{said}.", height=262)
    lowest = min([0.85, *(each.mean.low for each in points)])
    step = 0.2 if lowest < 0.6 else 0.1
    floor = step * int(lowest / step)
    frame = _Frame(last=max([1, *(each.trial for each in points)]), floor=floor, step=step)
    _draw_axes(drawing, frame)
    if search.baseline is not None:
        y = frame.y(search.baseline.value)
        drawing.line((frame.left, y), (WIDTH, y), PALE, width=1.5, dash="5 4")
    if points:
        led = [(frame.x(each.trial), frame.y(each.led_by)) for each in points]
        drawing.steps([*led, (WIDTH - 4.0, led[-1][1])], ACCENT)
    for each in points:
        x, mean, colour = frame.x(each.trial), each.mean, ACCENT if each.is_best else PALE
        drawing.line((x, frame.y(mean.low)), (x, frame.y(mean.high)), colour)
        drawing.dot((x, frame.y(mean.value)), 6.5 if each.is_best else 4, colour, filled=True)
    return drawing.written()


def _draw_axes(drawing: Drawing, frame: _Frame) -> None:
    scores = [1 - frame.step * count for count in range(round((1 - frame.floor) / frame.step) + 1)]
    for score in scores:
        drawing.line((frame.left, frame.y(score)), (WIDTH, frame.y(score)), RULE)
        drawing.words((frame.left - 8, frame.y(score) + 5), f"{score:.0%}", MUTED, anchor="end")
    for trial in sorted({round(frame.last * quarter / 4) for quarter in range(5)}):
        drawing.words((frame.x(trial), frame.bottom + 24), f"{trial:,}", MUTED, anchor="middle")
    drawing.words((frame.x(frame.last / 2), frame.bottom + 48), "Trial", MUTED, anchor="middle")


def credit_chart(shares: Sequence[CreditShare]) -> Markup:
    """A bar for each source, the largest on top."""
    said = "; ".join(f"{each.name}: {each.share:.0%}" for each in shares)
    height = BAR * len(shares) + 4
    drawing = Drawing(name="credit", title="What made the difference", said=said, height=height)
    room = WIDTH - ROOM
    for place, each in enumerate(shares):
        y = BAR * place + 2
        drawing.words((0, y + 18), cut_name(each.name), INK)
        drawing.bar((0, y + 26), room, "#EEF2F5")
        drawing.bar((0, y + 26), max(2.0, room * each.share), ACCENT)
        drawing.words((WIDTH, y + 40), f"{each.share:.0%}", anchor="end", bold=True)
    return drawing.written()


def cut_name(name: str) -> str:
    """The name, or as much of it as has room."""
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
