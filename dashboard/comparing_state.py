"""Which view of a comparison this tab shows: from the URL on entering the page, then as clicked.

Widgets begin with what the view says and are named after a generation; a new one makes them all
begin anew, which is how a dialog changes what they show.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.comparison.entrants import MOST_COMPARED, Entrant
from core.runs.decisions import ExamplePart
from dashboard import comparing_link, session
from dashboard.comparing_link import PARAMS, Link

_LINK = "compare.link"
_GENERATION = "compare.generation"
_TURN = "compare.turn"
_ENTRANTS = "entrants"


def key(name: str) -> str:
    """Key of a widget of the page."""
    return f"compare.{_generation()}.{name}"


def entrants_key() -> str:
    """Key of the choice of entrants, which every visit of the page draws."""
    return key(_ENTRANTS)


def is_entered() -> bool:
    """Whether the page is drawn for the first time of this visit."""
    return session.chosen(entrants_key()) is None


def opened(run: str, contrast: Sequence[str]) -> Link:
    """The view to show; `contrast` are the candidates of the open run that are shown by default."""
    if not is_entered():
        return link()
    linked = comparing_link.link_of(session.in_url(PARAMS))
    if linked.entrants:
        return keep(linked)
    if asked := session.to_compare():
        return keep(replace(linked, entrants=_of(run, asked)))
    kept = link()
    if any(each.run_id == run for each in kept.entrants):
        return keep(kept)
    return keep(replace(linked, entrants=_of(run, contrast)))


def linked_run() -> str | None:
    """The run of the first entrant that the URL names."""
    entrants = comparing_link.link_of(session.in_url(PARAMS)).entrants
    return entrants[0].run_id if entrants else None


def link() -> Link:
    """The view of this tab."""
    kept = session.chosen(_LINK)
    return kept if isinstance(kept, Link) else Link()


def keep(changed: Link) -> Link:
    """Make it the view of this tab, and of the URL."""
    session.choose(_LINK, changed)
    session.keep_in_url(comparing_link.params_of(changed), PARAMS)
    return changed


def change(**changes: Any) -> Link:
    """Change the view."""
    return keep(replace(link(), **changes))


def show_entrants(entrants: Sequence[Entrant]) -> None:
    """Compare these from the next run of the page on."""
    keep(replace(link(), entrants=tuple(entrants), reference=0, by=None, page=1))
    session.choose(_GENERATION, _generation() + 1)


def show_part(part: ExamplePart) -> None:
    """Compare on these examples from the next run of the page on."""
    if part != link().part:
        change(part=part, page=1, example=None)
        session.choose(_GENERATION, _generation() + 1)


def turn_to(page: int) -> None:
    """List this page of the examples."""
    if page != link().page:
        change(page=page)
        session.choose(_TURN, _turn() + 1)


def page_key(pages: int) -> str:
    """Key of the choice of a page; another one after every turn that was not made there."""
    return key(f"page.{pages}.{_turn()}")


def begin(name: str, value: object) -> str:
    """Key of a widget, which begins with this value where it is drawn for the first time."""
    widget = key(name)
    if session.chosen(widget) is None:
        session.choose(widget, value)
    return widget


def _turn() -> int:
    kept = session.chosen(_TURN)
    return kept if isinstance(kept, int) else 0


def _generation() -> int:
    kept = session.chosen(_GENERATION)
    return kept if isinstance(kept, int) else 0


def _of(run: str, candidates: Sequence[str]) -> tuple[Entrant, ...]:
    known = dict.fromkeys(candidates)
    return tuple(Entrant(run_id=run, candidate=each) for each in known if each)[:MOST_COMPARED]
