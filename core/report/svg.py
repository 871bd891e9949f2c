"""Lines, dots, bars and words as inline SVG.

Written with the standard library's XML writer, which does all escaping. The libraries that draw
such pictures are too heavy for them: matplotlib is some 60 MB with what it needs.
"""

from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from markupsafe import Markup

from core.report.text import visible

INK, MUTED, RULE, ACCENT, PALE = "#0B1220", "#5A6472", "#D9DFE6", "#0F766E", "#7C828D"
"""Text, quiet text, rules, what is new, what was there before."""
WIDTH = 680

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A picture of a fixed width, with a title and a description for those who cannot see it."""

    name: str
    """Makes its ids unique on the page."""
    title: str
    said: str
    height: float
    _root: ET.Element = field(init=False)

    def __post_init__(self) -> None:
        root = ET.Element("svg", {
            "viewBox": f"0 0 {WIDTH} {self.height:g}", "role": "img", "class": "chart",
            "aria-labelledby": f"{self.name}-title {self.name}-said",
        })  # fmt: skip
        ET.SubElement(root, "title", {"id": f"{self.name}-title"}).text = self.title
        ET.SubElement(root, "desc", {"id": f"{self.name}-said"}).text = visible(self.said)
        object.__setattr__(self, "_root", root)

    def line(self, start: Point, end: Point, colour: str, width: float = 1, dash: str = "") -> None:
        """A straight line; `dash` as in SVG."""
        (x1, y1), (x2, y2) = start, end
        dashed = {"stroke_dasharray": dash} if dash else {}
        self._add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, stroke_width=width, **dashed)

    def steps(self, points: list[Point], colour: str) -> None:
        """A line that keeps its height until the next point."""
        (x, y), *others = points
        path = f"M{x:.1f},{y:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in others)
        self._add("path", d=path, fill="none", stroke=colour, stroke_width=2)

    def dot(self, at: Point, radius: float, colour: str, *, filled: bool) -> None:
        """A dot, or a ring."""
        fill = colour if filled else "#FFFFFF"
        self._add("circle", cx=at[0], cy=at[1], r=radius, stroke=colour, stroke_width=2, fill=fill)

    def bar(self, at: Point, length: float, colour: str) -> None:
        """A bar from its upper left corner to the right."""
        self._add("rect", x=at[0], y=at[1], width=length, height=14, rx=3, fill=colour)

    def words(
        self, at: Point, text: str, colour: str = INK, *, anchor: str = "start", bold: bool = False
    ) -> None:
        """A line of text that stands on the point; `anchor` is start, middle or end."""
        self._add(
            "text", x=at[0], y=at[1], fill=colour, text_anchor=anchor,
            font_weight=600 if bold else 400,
        ).text = visible(text)  # fmt: skip

    def written(self) -> Markup:
        """The picture as HTML."""
        return Markup(ET.tostring(self._root, encoding="unicode"))

    def _add(self, tag: str, **attributes: object) -> ET.Element:
        plain = {
            name.replace("_", "-"): f"{value:.1f}" if isinstance(value, float) else str(value)
            for name, value in attributes.items()
        }
        return ET.SubElement(self._root, tag, plain)
