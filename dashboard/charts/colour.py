"""Colours of the theme with less weight."""


def faint(color: str, alpha: float) -> str:
    """`#RRGGBB` as an `rgba(...)` with this opacity, 0 to 1."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"
