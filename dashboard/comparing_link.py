"""What the Compare page shows, as the address of the page says it: every view has a link.

Plain values; who keeps them is `dashboard.session`, who draws them `views/compare.py`. An address
may have been typed by anybody: what makes no sense in it is left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from core.comparison.entrants import MOST_COMPARED, Entrant
from core.comparison.table import SHOWS, Show, View
from core.comparison.table import Sort as SortKey
from core.runs.decisions import ExamplePart

T = TypeVar("T")

Section = Literal["examples", "prompts", "labels"]
SECTIONS: tuple[Section, ...] = get_args(Section)

Sort = Literal["spread", "gain", "loss", "highest", "lowest", "example"]
SORTS: dict[Sort, tuple[SortKey, bool]] = {
    "spread": ("spread", True),
    "gain": ("change", True),
    "loss": ("change", False),
    "highest": ("score", True),
    "lowest": ("score", False),
    "example": ("example", True),
}
"""Name of an order → by what, and whether the largest comes first."""

LONGEST_TEXT = 200
"""Characters of a search, and of a label."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """One view of a comparison."""

    entrants: tuple[Entrant, ...] = ()
    reference: int = 0
    part: ExamplePart = "validation"
    section: Section = "examples"
    show: Show = "all"
    by: int | None = None
    """The entrant whose changes and scores count; None for everybody's."""
    expected: str | None = None
    text: str = ""
    sort: Sort = "spread"
    page: int = 1
    example: str | None = None

    @property
    def view(self) -> View:
        """What it shows of the table."""
        sort, descending = SORTS[self.sort]
        return View(
            show=self.show,
            expected=self.expected,
            text=self.text,
            sort=sort,
            entrant=self.by,
            descending=descending,
        )


_NORMAL = Link()


def params_of(link: Link) -> dict[str, str]:
    """Name → value in the address; what is as usual is left out."""
    numbers = {
        "ref": (link.reference, _NORMAL.reference),
        "by": (link.by, _NORMAL.by),
        "page": (link.page, _NORMAL.page),
    }
    texts = {
        name: (getattr(link, field), getattr(_NORMAL, field))
        for name, field in (
            ("part", "part"), ("section", "section"), ("show", "show"), ("label", "expected"),
            ("text", "text"), ("sort", "sort"), ("example", "example"),
        )
    }  # fmt: skip
    said = {"entrants": ",".join(name_of(each) for each in link.entrants)}
    return said | {
        name: str(value)
        for name, (value, normal) in {**texts, **numbers}.items()
        if value is not None and value != normal
    }


def link_of(params: Mapping[str, str]) -> Link:
    """The view that the address describes."""
    entrants = entrants_of(params.get("entrants", "").split(","))
    count = len(entrants)
    by = _number(params.get("by"), count)
    return Link(
        entrants=entrants,
        reference=_number(params.get("ref"), count) or 0,
        part="test" if params.get("part") == "test" else "validation",
        section=_one_of(params.get("section"), SECTIONS, _NORMAL.section),
        show=_one_of(params.get("show"), SHOWS, _NORMAL.show),
        by=by,
        expected=params.get("label", "")[:LONGEST_TEXT] or None,
        text=params.get("text", "")[:LONGEST_TEXT],
        sort=_one_of(params.get("sort"), tuple(SORTS), _NORMAL.sort),
        page=_number(params.get("page"), 1_000_000) or 1,
        example=params.get("example") or None,
    )


PARAMS = (
    "entrants", "ref", "part", "section", "show", "by", "label", "text", "sort", "page", "example"
)  # fmt: skip
"""Every name that `params_of` can write."""


def name_of(entrant: Entrant) -> str:
    """`RUN.CANDIDATE`."""
    return f"{entrant.run_id}.{entrant.candidate}"


def entrants_of(names: Iterable[str]) -> tuple[Entrant, ...]:
    """The entrants of these names, each once, at most four; what is no name is left out."""
    split = [name.strip().partition(".") for name in names]
    found = [Entrant(run_id=run, candidate=own) for run, _, own in split if run and own]
    return tuple(dict.fromkeys(found))[:MOST_COMPARED]


def _one_of(value: str | None, known: tuple[T, ...], normal: T) -> T:
    return next((each for each in known if each == value), normal)


def _number(value: str | None, below: int) -> int | None:
    if value is None or not value.isdecimal() or len(value) > 9:
        return None
    return int(value) if int(value) < below else None
