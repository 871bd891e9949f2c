"""The colours of both themes, against WCAG 2.2 level AA."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from dashboard.theme import legible

ROOT = Path(__file__).resolve().parents[2]
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
TINT = 0.1
"""Share of the primary colour in the background of a chosen segment, fixed by Streamlit."""


def rgb(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def luminance(colour: list[float]) -> float:
    """Relative luminance as WCAG defines it."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: list[float], other: list[float]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_chosen_and_other_segments_can_be_read_and_told_apart(name):
    theme = THEME[name]
    text = re.fullmatch(r":(\w+)\[Trials\]", legible("Trials"))[1]
    colour, primary = rgb(theme[f"{text}TextColor"]), rgb(theme["primaryColor"])
    background = rgb(theme["backgroundColor"])
    chosen = [TINT * p + (1 - TINT) * b for p, b in zip(primary, background, strict=True)]
    assert contrast(colour, chosen) >= 4.5
    assert contrast(colour, background) >= 4.5
    assert contrast(primary, background) >= 3  # the border of the chosen one


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_and_primary_buttons_can_be_read(name):
    theme = THEME[name]
    for background in ("backgroundColor", "secondaryBackgroundColor"):
        assert contrast(rgb(theme["textColor"]), rgb(theme[background])) >= 4.5
        assert contrast(rgb(theme["linkColor"]), rgb(theme[background])) >= 4.5
    assert contrast([1, 1, 1], rgb(theme["primaryColor"])) >= 4.5


def test_every_segment_and_pill_is_written_in_a_legible_colour():
    for path in sorted((ROOT / "dashboard").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "st.segmented_control",
                "st.pills",
            ):
                named = {each.arg: ast.unparse(each.value) for each in node.keywords}
                assert "legible" in named.get("format_func", ""), f"{path}, line {node.lineno}"
